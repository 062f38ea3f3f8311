// The seeds of one experiment, taken in one by one: their outcomes need not be kept.
//
// Memory grows by a few percentiles and the busiest objects and keys of each seed, not by its histograms.
#pragma once

#include <cstdint>
#include <vector>

#include "core/base/time.h"
#include "reports/objectives.h"
#include "reports/outcome.h"
#include "reports/summary.h"

namespace orrery::reports {

// The results are those of merged(), seed_outcomes() and judge() in summary.h for these seeds in this order.
class Seeds {
 public:
  // `counted` is how long requests are counted in each seed.
  Seeds(std::vector<Objective> objectives, Duration counted);

  void add(const Outcome& next);
  std::uint64_t count() const { return seeds_.size(); }

  // PRECONDITION of these: at least one was added.
  Outcome merged() const;
  std::vector<SeedOutcome> seed_outcomes() const;
  std::vector<Judged> judged() const;

 private:
  struct Seed {
    SeedOutcome outcome;               // with a row for each operation, whether it is used or not
    std::vector<Judged> objectives{};  // as this seed alone met them
  };
  void become_several();

  std::vector<Objective> objectives_;
  Duration counted_;
  Outcome sum_;                        // with more objects and keys than are shown
  std::size_t first_operation_ = 0;    // in SeedOutcome::percentiles
  std::vector<bool> used_operations_;  // in one seed at least
  std::vector<Seed> seeds_;
};

}  // namespace orrery::reports
