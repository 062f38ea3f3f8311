#include "sim/impairments.h"

#include <algorithm>
#include <utility>

#include "core/base/mix.h"

namespace orrery::sim {

void Impairments::begin(std::uint64_t number, const Fault& fault, std::vector<bool> target) {
  on_.push_back({number, fault, std::move(target), {}});
}

NetworkToll Impairments::end(std::uint64_t number) {
  const auto ended = std::ranges::find(on_, number, &Impairment::number);
  const NetworkToll toll = ended->toll;
  on_.erase(ended);
  return toll;
}

bool Impairments::Impairment::stops(NodeId from, NodeId to) const {
  if (fault.kind != FaultKind::partition || has(from) == has(to)) return false;
  return fault.stops == Direction::both || (fault.stops == Direction::out) == has(from);
}

bool Impairments::stop(NodeId from, NodeId to) const {
  return std::ranges::any_of(on_, [&](const Impairment& each) { return each.stops(from, to); });
}

bool Impairments::lose(NodeId from, NodeId to, Cause cause) {
  if (stop(from, to)) {
    count_datagram(from, to);
    return true;
  }
  return meeting(FaultKind::drop, from, to, Purpose::datagram_dropped, cause) != nullptr;
}

bool Impairments::duplicate(NodeId from, NodeId to, Cause cause) {
  return meeting(FaultKind::duplicate, from, to, Purpose::datagram_duplicated, cause) != nullptr;
}

Duration Impairments::delay(NodeId from, NodeId to, Cause cause) {
  const Impairment* met = meeting(FaultKind::delay, from, to, Purpose::datagram_delayed, cause);
  if (!met) return {};
  const auto most = static_cast<std::uint64_t>(nanoseconds(met->fault.by));
  constexpr std::uint64_t how_long = 1;  // the place of this draw; 0 is whether at all
  return Duration(static_cast<std::int64_t>(draws_.below(most + 1, Purpose::datagram_delayed, cause, how_long)));
}

Impairments::Impairment* Impairments::worst(FaultKind kind, NodeId from, NodeId to) {
  Impairment* worst = nullptr;
  if (from == to) return worst;
  for (Impairment& each : on_) {
    if (each.fault.kind != kind || (!each.has(from) && !each.has(to))) continue;
    if (!worst || each.fault.rate_millionths > worst->fault.rate_millionths) worst = &each;
  }
  return worst;
}

// Nothing, if none meets this datagram.
Impairments::Impairment* Impairments::meeting(FaultKind kind, NodeId from, NodeId to, Purpose purpose, Cause cause) {
  Impairment* found = worst(kind, from, to);
  if (!found) return nullptr;
  const std::uint64_t drawn = draws_.below(1'000'000, purpose, cause);
  if (drawn >= static_cast<std::uint64_t>(found->fault.rate_millionths)) return nullptr;
  ++found->toll.datagrams;
  return found;
}

void Impairments::count(std::uint64_t NetworkToll::*what, NodeId a, NodeId b) {
  const auto between = [&](const Impairment& each) { return each.stops(a, b) || each.stops(b, a); };
  const auto found = std::ranges::find_if(on_, between);
  if (found != on_.end()) ++(found->toll.*what);
}

}  // namespace orrery::sim
