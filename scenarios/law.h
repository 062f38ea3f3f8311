// A workload's law, as the operations it stands for.
//
// Operation n of client c is a pure function of the seed, c and n, but for its time, which is the sum of the
// gaps up to it, or hangs on the answer before it: so each client's operations are taken in order.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/base/distributions.h"
#include "core/base/draws.h"
#include "scenarios/experiment.h"

namespace orrery::scenarios {

class LawDraws {
 public:
  struct Drawn {
    std::uint64_t number = 0;                  // among the client's operations
    Duration at{};                             // unless it is one of a closed loop
    std::optional<Duration> after_previous{};  // then
    std::size_t share = 0;                     // its place in the law's mix
    std::uint64_t key = 0;                     // its rank among the keys of the class
  };

  // The experiment must outlive this; its workload is a law.
  explicit LawDraws(const Experiment& experiment);

  // The client's next operation; nothing when the next one would come after the end. A closed loop does not end here.
  std::optional<Drawn> next(ClientId client);

  bool draws_arguments(std::size_t share) const;
  // What this operation passes to the call of that share.
  std::vector<Value> arguments(ClientId client, const Drawn& drawn) const;

  std::uint32_t clients() const { return static_cast<std::uint32_t>(cursors_.size()); }

 private:
  struct Cursor {
    std::uint64_t number = 0;  // of the next operation
    Duration at{};             // of the one before
    Duration mean_gap{};       // of an open loop
    bool sends = false;
    std::size_t group = 0;
  };

  const Experiment& experiment_;
  const Draws draws_;
  std::vector<std::vector<std::uint64_t>> weights_;  // of the shares, added up, by group
  std::vector<ClassId> class_of_share_;
  std::vector<Zipf> keys_;  // by class
  std::vector<Cursor> cursors_;
};

}  // namespace orrery::scenarios
