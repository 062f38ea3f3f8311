// The journal: what happened, as data.
//
// One closed vocabulary. The runtime reports events through its Observer port; whoever runs the world
// stamps each with the true time and the node, which makes it a record. Properties and reports are folds
// over the stream of records and know nothing else of a run.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>
#include <variant>

#include "core/base/ids.h"
#include "core/base/time.h"
#include "core/journal/platform.h"
#include "core/journal/runtime.h"
#include "core/journal/world.h"

namespace orrery::journal {

// The place in this list is part of every fingerprint: add at the end.
using Event =
    std::variant<Requested, Called, Placed, InstanceStarted, Arrived, TurnStarted, TurnEnded, Replied, FetchStarted,
                 FetchEnded, Answered, StubBroken, Completed, InternalError, StubClosed, Committed, Confirmed,
                 Recovered, RecoveryFailed, OutputLeft, InstanceEnded, FaultStruck, Crashed, Restarted, Paused,
                 Resumed, DiskFull, DiskHasRoom, SyncFailed, ReadBack, InvariantChecked, SleepStarted, SleepEnded,
                 Unawaited, ReadStarted, ReadEnded, FetchQueued, NetworkImpaired, NetworkHealed, DiskReplaced,
                 LeaseTaken, LeaseEnded, LeaseSealed, Marked, TakenOver, OwnerRefused>;

inline constexpr std::size_t kinds_of_event = std::variant_size_v<Event>;

struct Record {
  Time at;
  NodeId node;  // where it was seen
  Event event;
};

// The place of event type E in the list.
template <class E, std::size_t I = 0>
consteval std::size_t kind_of() {
  static_assert(I < kinds_of_event, "no such event");
  if constexpr (std::is_same_v<E, std::variant_alternative_t<I, Event>>)
    return I;
  else
    return kind_of<E, I + 1>();
}

// A set of event kinds: what a fold wants to see.
class Interest {
 public:
  template <class... E>
  static constexpr Interest in() {
    return Interest((std::uint64_t{0} | ... | (std::uint64_t{1} << kind_of<E>())));
  }
  static_assert(kinds_of_event < 64);
  static constexpr Interest everything() { return Interest((std::uint64_t{1} << kinds_of_event) - 1); }
  constexpr bool includes(std::size_t kind) const { return (kinds_ >> kind & 1u) != 0; }

 private:
  explicit constexpr Interest(std::uint64_t kinds) : kinds_(kinds) {}
  std::uint64_t kinds_;
};

// Whoever reads the stream of records: a property, a report, a file.
class Sink {
 public:
  virtual ~Sink() = default;
  // Asked once, before the first record; only these kinds are handed to on().
  virtual Interest interest() const = 0;
  virtual void on(const Record& record) = 0;
};

}  // namespace orrery::journal
