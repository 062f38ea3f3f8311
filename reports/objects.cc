#include "reports/objects.h"

#include <algorithm>
#include <variant>

namespace orrery::reports {

using namespace journal;

ObjectReport::ObjectReport(const Names& names) {
  for (const ClassNames& each : names.classes) class_names_.push_back(each.name);
}

Interest ObjectReport::interest() const {
  return Interest::in<InstanceStarted, Arrived, TurnStarted, InstanceEnded, Crashed>();
}

void ObjectReport::on(const Record& record) {
  std::visit(
      [&](const auto& event) {
        if constexpr (requires { see(record, event); }) see(record, event);
      },
      record.event);
}

void ObjectReport::see(const Record& record, const InstanceStarted& started) {
  Use& use = use_of(started.object);
  settle(use, record.at);
  use.node = record.node;
  use.object_class = started.object_class;
  use.class_known = true;
  use.instance = started.instance;
  use.waiting = 0;
}

void ObjectReport::see(const Record& record, const Arrived& arrived) {
  Use& use = use_of(arrived.object);
  if (use.instance != arrived.instance) return;
  settle(use, record.at);
  ++use.waiting;
}

void ObjectReport::see(const Record& record, const TurnStarted& started) {
  Use& use = use_of(started.object);
  use.busy += started.ends - record.at;
  use.busy_until = started.ends;
  ++use.turns;
  if (use.instance != started.instance || started.kind != TurnKind::call) return;
  settle(use, record.at);
  if (use.waiting > 0) --use.waiting;
}

void ObjectReport::see(const Record& record, const InstanceEnded& ended) {
  Use& use = use_of(ended.object);
  if (use.instance == ended.instance) end_instance(use, record.at);
}

void ObjectReport::see(const Record& record, const Crashed&) {
  for (Use& use : uses_)
    if (use.node == record.node && use.instance != InstanceId{}) end_instance(use, record.at);
}

ObjectReport::Use& ObjectReport::use_of(const ObjectId& object) {
  std::uint32_t& place = places_[object];
  if (place == 0) {
    uses_.emplace_back().object = object;
    place = static_cast<std::uint32_t>(uses_.size());
  }
  return uses_[place - 1];
}

void ObjectReport::settle(Use& use, Time at) {
  if (at > use.since) use.longest_queue = std::max(use.longest_queue, use.waiting);
  use.since = at;
}

void ObjectReport::end_instance(Use& use, Time at) {
  settle(use, at);
  use.instance = InstanceId{};
  use.waiting = 0;
  if (use.busy_until <= at) return;
  use.busy -= use.busy_until - at;
  use.busy_until = at;
}

void ObjectReport::write_to(Outcome& outcome) const {
  std::vector<const Use*> busiest;
  busiest.reserve(uses_.size());
  for (const Use& use : uses_) busiest.push_back(&use);
  const std::size_t shown = std::min(busiest.size(), objects_shown_max);
  std::ranges::partial_sort(
      busiest, busiest.begin() + static_cast<std::ptrdiff_t>(shown),
      [](const Use* a, const Use* b) { return a->busy != b->busy ? a->busy > b->busy : a->object < b->object; });
  busiest.resize(shown);

  outcome.objects_used = uses_.size();
  outcome.objects.clear();
  for (const Use* use : busiest) {
    const std::size_t of_class = use->object_class.value;
    const bool named = use->class_known && of_class < class_names_.size();
    outcome.objects.push_back({.object = to_hex(use->object),
                               .class_name = named ? class_names_[of_class] : std::string(),
                               .busy = use->busy,
                               .turns = use->turns,
                               .longest_queue = std::max(use->longest_queue, use->waiting)});
  }
}

}  // namespace orrery::reports
