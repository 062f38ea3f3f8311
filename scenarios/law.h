// A workload's law, as the operations it stands for.
//
// Operation n of client c is a pure function of the seed, c and n, but for its time, which is the sum of the
// gaps up to it, or hangs on the answer before it: so each client's operations are taken in order. The operations of
// a recording come in the order of their times, whosever they are (trace_feed.h).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/distributions.h"
#include "core/base/draws.h"
#include "scenarios/arrivals.h"
#include "scenarios/experiment.h"

namespace orrery::scenarios {

class LawDraws {
 public:
  struct Drawn {
    std::uint64_t number = 0;                  // among the client's operations
    Duration at{};                             // unless it is one of a closed loop
    std::optional<Duration> after_previous{};  // then
    std::size_t share = 0;                     // its place in the law's mix
    std::uint64_t key = 0;                     // among the keys of the class
  };

  // The experiment must outlive this; its workload is a law.
  explicit LawDraws(const Experiment& experiment);

  // The client's next operation; nothing when the next one would come after the end. A closed loop does not end here.
  // Those of a recording are not here.
  std::optional<Drawn> next(ClientId client);

  // What is not recorded of an operation of this group is drawn for its cause.
  std::size_t share_of(std::size_t group, Cause cause) const;
  std::uint64_t key_of(std::size_t group, std::size_t share, Cause cause) const;
  // The share of this call, which is written "Class.call" or "call"; nothing if the group makes no such call.
  std::optional<std::size_t> share_named(std::size_t group, std::string_view call) const;

  bool draws_arguments(std::size_t share) const;
  // What this operation passes to the call of that share.
  std::vector<Value> arguments(Cause cause, std::size_t share) const;

  std::uint32_t clients() const { return static_cast<std::uint32_t>(cursors_.size()); }

 private:
  struct Cursor {
    std::uint64_t number = 0;  // of the next operation
    Duration at{};             // of the one before
    bool sends = false;
    std::uint32_t group = 0;
    std::uint32_t place = 0;  // in its group
  };

  std::span<const CallShare> mix() const { return std::get<Law>(experiment_.workload).mix; }

  const Experiment& experiment_;
  const Draws draws_;
  std::vector<std::vector<std::uint64_t>> weights_;  // of the shares, added up, by group
  std::vector<ClassId> class_of_share_;
  std::vector<Zipf> keys_;              // by class
  std::vector<ArrivalDraws> arrivals_;  // by group
  std::vector<Cursor> cursors_;
};

}  // namespace orrery::scenarios
