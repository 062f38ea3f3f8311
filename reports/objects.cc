#include "reports/objects.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <variant>

#include "core/base/invariant.h"
#include "reports/json_text.h"

namespace orrery::reports {

using namespace journal;

namespace {

using Wide = Waits::Wide;

Duration duration_of(Wide time) {
  return Duration(static_cast<std::int64_t>(std::min<Wide>(time, std::numeric_limits<std::int64_t>::max())));
}

Wide square_of(Duration duration) { return static_cast<Wide>(nanoseconds(duration)) * nanoseconds(duration); }

}  // namespace

Interest ObjectReport::interest() const {
  return Interest::in<InstanceStarted, Arrived, TurnStarted, TurnEnded, InstanceEnded, Crashed>();
}

void ObjectReport::on(const Record& record) {
  now_ = record.at;
  std::visit(
      [&](const auto& event) {
        if constexpr (requires { see(record, event); }) see(record, event);
      },
      record.event);
}

void ObjectReport::see(const Record& record, const InstanceStarted& started) {
  Use& use = use_of(started.object);
  use.waits.end_instance(record.at);
  use.node = record.node;
  use.object_class = started.object_class;
  use.class_known = true;
  use.instance = started.instance;
}

void ObjectReport::see(const Record& record, const Arrived& arrived) {
  Use& use = use_of(arrived.object);
  count_arrival(use, record.at);
  if (use.instance == arrived.instance) use.waits.arrive(record.at, arrived.call);
}

void ObjectReport::see(const Record& record, const TurnStarted& started) {
  Use& use = use_of(started.object);
  const bool enters = started.kind == TurnKind::call;
  use.busy += started.ends - record.at;
  use.busy_since = record.at;
  use.busy_until = started.ends;
  use.squares += square_of(started.ends - record.at);
  ++use.turns;
  use.calls += enters ? 1 : 0;
  if (use.instance != started.instance) return;
  use.waits.begin_turn(record.at, started.method);
  if (enters) use.waits.enter(record.at, started.call);
}

void ObjectReport::see(const Record& record, const TurnEnded& ended) {
  Use& use = use_of(ended.object);
  if (use.instance == ended.instance) use.waits.end_turn(record.at);
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

void ObjectReport::count_arrival(Use& use, Time at) {
  const std::int64_t number = nanoseconds(at) / nanoseconds(window);
  if (number != use.window_number) use.window_calls = 0;
  use.window_number = number;
  if (++use.window_calls <= use.busiest_calls) return;
  use.busiest_calls = use.window_calls;
  use.busiest_number = number;
}

void ObjectReport::end_instance(Use& use, Time at) {
  use.waits.end_instance(at);
  use.instance = InstanceId{};
  if (use.busy_until <= at) return;
  use.busy -= use.busy_until - at;
  use.squares -= square_of(use.busy_until - use.busy_since);
  use.squares += square_of(at - use.busy_since);
  use.busy_until = at;
}

Waits ObjectReport::settled(const Use& use) const {
  Waits waits = use.waits;
  waits.end_instance(now_);
  INVARIANT(waits.waited() == waits.charged(), "the calls of object {} waited {} ns, of which {} are charged",
            to_hex(use.object), waits.waited(), waits.charged());
  return waits;
}

ObjectUse ObjectReport::shown(const Use& use) const {
  const Waits waits = settled(use);
  ObjectUse result{.object = to_hex(use.object),
                   .class_name = {},
                   .busy = use.busy,
                   .turns = use.turns,
                   .longest_queue = std::max<std::uint64_t>(waits.longest_queue(), use.waits.waiting()),
                   .waited = duration_of(waits.waited()),
                   .calls = use.calls,
                   .busiest_calls = use.busiest_calls,
                   .busiest_from = Time(window * use.busiest_number)};
  if (use.turns > 0) {
    const Wide turns_in_square_us = static_cast<Wide>(use.turns) * 1'000'000;
    const Wide mean = (use.squares + turns_in_square_us / 2) / turns_in_square_us;
    result.mean_square_us2 =
        static_cast<std::uint64_t>(std::min<Wide>(mean, std::numeric_limits<std::uint64_t>::max()));
  }

  const std::size_t of_class = use.object_class.value;
  const bool named = use.class_known && of_class < classes_.size();
  if (named) result.class_name = classes_[of_class].name;
  std::vector<Waits::Charge> charges = waits.charges();
  std::ranges::sort(charges, [](const Waits::Charge& a, const Waits::Charge& b) {
    return a.total() != b.total() ? a.total() > b.total() : a.method < b.method;
  });
  for (const Waits::Charge& each : charges) {
    const bool method_named = named && each.method.value < classes_[of_class].methods.size();
    result.behind.push_back({method_named ? classes_[of_class].methods[each.method.value] : std::string(),
                             duration_of(each.running), duration_of(each.held)});
  }
  return result;
}

void ObjectReport::write_to(Outcome& outcome) const {
  std::vector<const Use*> busiest;
  busiest.reserve(uses_.size());
  for (const Use& use : uses_) {
    settled(use);
    busiest.push_back(&use);
  }
  const std::size_t shown_count = std::min(busiest.size(), objects_shown_max);
  std::ranges::partial_sort(
      busiest, busiest.begin() + static_cast<std::ptrdiff_t>(shown_count),
      [](const Use* a, const Use* b) { return a->busy != b->busy ? a->busy > b->busy : a->object < b->object; });
  busiest.resize(shown_count);

  outcome.objects_used = uses_.size();
  outcome.objects.clear();
  for (const Use* use : busiest) outcome.objects.push_back(shown(*use));
}

std::string name_of(const ObjectUse& use) {
  constexpr std::size_t bytes_max = 32;
  if (use.name.empty()) return fmt::format("{} {}", use.class_name, use.object.substr(0, 8));
  const auto is_plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
           c == '.' || c == ':' || c == '@';
  };
  // A key may be any bytes, of a recording.
  if (use.name.size() <= bytes_max && std::ranges::all_of(use.name, is_plain))
    return fmt::format("{}/{}", use.class_name, use.name);
  std::string text = brief_text(Value(use.name), bytes_max);
  constexpr std::string_view cut = "…";
  if (const std::size_t at = text.rfind(cut); at != text.npos && use.name.size() > bytes_max)
    text.replace(at, cut.size(), "...");
  return fmt::format("{}/{}", use.class_name, text);
}

}  // namespace orrery::reports
