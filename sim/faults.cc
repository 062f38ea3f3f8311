#include "sim/faults.h"

#include <utility>

namespace orrery::sim {

Faults::Faults(std::vector<Fault> plan, EventQueue& queue, std::uint16_t strikes)
    : plan_(std::move(plan)), queue_(queue), strikes_(strikes), passed_(plan_.size()) {
  for (std::size_t i = 0; i < plan_.size(); ++i)
    if (plan_[i].point == FaultPoint::at_time)
      queue_.push(Time(plan_[i].at), Class::world, strikes_, 0, i);
    else
      at_points_.push_back(i);
}

std::optional<NodeId> Faults::target_of(std::uint64_t number) const {
  const auto& target = plan_[number].target;
  if (const auto* node = std::get_if<NodeId>(&target)) return *node;
  const auto* object = std::get_if<ObjectId>(&target);
  const NodeId* owner = object ? owners_.find(*object) : nullptr;
  if (!owner) return std::nullopt;
  return *owner;
}

std::vector<std::uint64_t> Faults::due_after_sync(NodeId node, std::uint64_t began) {
  std::vector<std::uint64_t> due;
  std::erase_if(armed_, [&](const Armed& each) {
    const bool is_due = each.node == node && began >= each.committed;
    if (is_due) due.push_back(each.number);
    return is_due;
  });
  return due;
}

journal::Interest Faults::interest() const {
  using namespace journal;
  return Interest::in<Placed, TurnStarted, OutputLeft, Committed, Crashed>();
}

void Faults::on(const journal::Record& record) {
  if (const auto* placed = std::get_if<journal::Placed>(&record.event)) {
    owners_[placed->object] = placed->owner;
  } else if (const auto* turn = std::get_if<journal::TurnStarted>(&record.event)) {
    pass(FaultPoint::in_turn, record.node, turn->object);
  } else if (const auto* output = std::get_if<journal::OutputLeft>(&record.event)) {
    if (output->kind != journal::OutputKind::reply)
      pass(FaultPoint::at_await, record.node, output->object);
  } else if (const auto* commit = std::get_if<journal::Committed>(&record.event)) {
    pass(FaultPoint::before_sync, record.node, commit->object);
    pass(FaultPoint::after_sync, record.node, commit->object);
  } else if (std::holds_alternative<journal::Crashed>(record.event)) {
    std::erase_if(armed_, [&](const Armed& each) { return each.node == record.node; });
  }
}

void Faults::pass(FaultPoint point, NodeId node, const ObjectId& object) {
  for (const std::uint64_t number : at_points_) {
    const Fault& each = plan_[number];
    if (each.point != point) continue;
    const bool is_target = each.target == FaultTarget(node) || each.target == FaultTarget(object);
    if (!is_target || ++passed_[number] != each.nth) continue;
    if (point == FaultPoint::after_sync)
      armed_.push_back({number, node, queue_.pushed()});
    else
      queue_.push(queue_.now(), Class::world, strikes_, 0, number);
  }
}

}  // namespace orrery::sim
