// How often which duration occurred, in memory that does not depend on how many were recorded.
//
// Durations up to 2,047 ns are kept as they are; a longer one is known to within 1/1,024 of itself, which is
// three significant digits. Everything is an integer, so two machines agree to the last digit, and merging is
// exact: the histogram of two runs is the histogram of both recorded into one.
#pragma once

#include <cstdint>
#include <optional>

#include "core/base/time.h"
#include "reports/buckets.h"
#include "reports/stage_times.h"

namespace orrery::reports {

// 99 % is Percentile{99'000}.
struct Percentile {
  std::uint32_t per_100k = 0;
  friend constexpr bool operator==(Percentile, Percentile) = default;
};

// A percentile is honest if at least this many of the recorded lie above its rank: with fewer, another seed
// would give quite another number.
inline constexpr std::uint64_t samples_above_min = 10;

// How many must be recorded before the percentile is honest. Below 100 % only.
std::uint64_t samples_needed(Percentile percentile);

class Histogram {
 public:
  // From 0 ns to the longest Duration there is.
  void record(Duration duration, std::uint64_t count = 1);
  void merge(const Histogram& other);

  std::uint64_t count() const { return count_; }

  // Exact. Only of a histogram that is not empty, as with all that follow.
  Duration min() const;
  Duration max() const;
  // Exact, rounded to the nearest nanosecond.
  Duration mean() const;

  // Of n recorded durations in order, the one at rank ceil(n * p), counted from 1 and at least 1. What is
  // returned is the longest duration of its bucket, but never more than max(): at most 1/1,024 too long and
  // never too short.
  Duration percentile(Percentile percentile) const;

  // The same, or nothing if it is not honest. Nothing for an empty histogram.
  std::optional<Duration> honest_percentile(Percentile percentile) const;

  friend bool operator==(const Histogram&, const Histogram&) = default;

 private:
  friend struct OutcomeBytes;  // outcome_bytes.cc takes it apart and puts it together
  __extension__ using Wide = unsigned __int128;

  Buckets<std::uint64_t> counts_;
  std::uint64_t count_ = 0;
  Wide sum_ = 0;
  Duration min_ = Duration::max();
  Duration max_{};
};

// The mean of the requests between two ranks, and where its time went.
struct Band {
  std::uint64_t requests = 0;
  Duration total{};
  StageTimes stages{};  // they sum to `total`
  friend bool operator==(const Band&, const Band&) = default;
};

// A histogram that also keeps, per bucket, how much time its requests spent in each stage. So the question
// "what are the slowest 1 % waiting for" has an answer without the requests being kept.
class StagedHistogram {
 public:
  // The stages must sum to `total`.
  void record(Duration total, const StageTimes& stages);
  void merge(const StagedHistogram& other);

  std::uint64_t count() const { return count_; }

  // The requests at ranks from_rank + 1 .. to_rank in order of their total; from_rank < to_rank <= count().
  // Means are exact where whole buckets are taken. A bucket at the border, whose requests differ by at most
  // 1/1,024 in total, gives the share of its sums that its requests inside the band are of all its requests.
  // Means are whole nanoseconds; what rounding leaves over goes to the largest stage.
  Band band(std::uint64_t from_rank, std::uint64_t to_rank) const;

  // From the rank at or below `from` to the rank at or above `to`, so never empty if from < to.
  Band band_between(Percentile from, Percentile to) const;

  friend bool operator==(const StagedHistogram&, const StagedHistogram&) = default;

 private:
  friend struct OutcomeBytes;
  // Nanoseconds are summed in 64 bits: 584 years of waiting in one bucket.
  struct Cell {
    std::uint64_t count = 0;
    std::array<std::uint64_t, stage_count> sums{};
    Cell& operator+=(const Cell& other);
    friend bool operator==(const Cell&, const Cell&) = default;
  };

  Buckets<Cell> cells_;
  std::uint64_t count_ = 0;
};

}  // namespace orrery::reports
