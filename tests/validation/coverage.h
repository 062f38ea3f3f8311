// An interval for the mean of one run, and how often such intervals may miss what they are about.
//
// The waits of a queue depend on each other, for long if it is busy, so their own variance says nothing of the error
// of their mean. The means of a few long batches are nearly independent and nearly normal: Student's law applies to
// them. Few batches, because each must be long, and five are enough.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace orrery::validation {

inline constexpr std::size_t batches = 5;
inline constexpr double student = 2.776445;  // its 97.5 % quantile with batches - 1 degrees of freedom

struct Estimate {
  double mean = 0;
  double error = 0;  // its standard error

  // Whether the 95 % interval does.
  bool covers(double value) const;
};

// What is left over when all batches are equally long is left out. PRECONDITION: there are as many as batches.
Estimate batch_means(std::span<const double> series);

// So many of the intervals at least, and at most, cover the truth, if each does with a chance of 95 %: fewer, or more,
// do so in at most one case of 500. For 200 intervals these are 180 and 198: 90 and 99 %.
struct Limits {
  std::uint64_t least = 0;
  std::uint64_t most = 0;
  bool include(std::uint64_t covered) const { return covered >= least && covered <= most; }
  friend bool operator==(const Limits&, const Limits&) = default;
};
Limits limits(std::uint64_t intervals);

}  // namespace orrery::validation
