#include "reports/objects.h"

#include <algorithm>
#include <variant>

namespace orrery::reports {

using namespace journal;

ObjectReport::ObjectReport(const Names& names) {
  for (const ClassNames& each : names.classes) class_names_.push_back(each.name);
}

Interest ObjectReport::interest() const { return Interest::in<InstanceStarted, Arrived, TurnStarted>(); }

void ObjectReport::on(const Record& record) {
  std::visit(
      [&](const auto& event) {
        if constexpr (requires { see(record.at, event); }) see(record.at, event);
      },
      record.event);
}

void ObjectReport::see(Time at, const InstanceStarted& started) {
  Use& use = use_of(started.object);
  settle(use, at);
  use.object_class = started.object_class;
  use.class_known = true;
  use.instance = started.instance;
  use.waiting = 0;
}

void ObjectReport::see(Time at, const Arrived& arrived) {
  Use& use = use_of(arrived.object);
  if (use.instance != arrived.instance) return;
  settle(use, at);
  ++use.waiting;
}

void ObjectReport::see(Time at, const TurnStarted& started) {
  Use& use = use_of(started.object);
  use.busy += started.ends - at;
  ++use.turns;
  if (use.instance != started.instance || started.kind != TurnKind::call) return;
  settle(use, at);
  if (use.waiting > 0) --use.waiting;
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
