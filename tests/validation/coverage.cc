#include "tests/validation/coverage.h"

#include <cmath>
#include <numeric>
#include <vector>

#include "core/base/invariant.h"

namespace orrery::validation {
namespace {

constexpr double chance = 0.95;
constexpr double rare = 1.0 / 500;

// That exactly so many cover.
double probability(std::uint64_t intervals, std::uint64_t covered) {
  const double n = static_cast<double>(intervals);
  const double k = static_cast<double>(covered);
  const double ways = std::lgamma(n + 1) - std::lgamma(k + 1) - std::lgamma(n - k + 1);
  return std::exp(ways + k * std::log(chance) + (n - k) * std::log(1 - chance));
}

double mean_of(std::span<const double> series) {
  return std::accumulate(series.begin(), series.end(), 0.0) / static_cast<double>(series.size());
}

}  // namespace

bool Estimate::covers(double value) const { return std::abs(mean - value) <= student * error; }

Estimate batch_means(std::span<const double> series) {
  const std::size_t length = series.size() / batches;
  PRECONDITION(length > 0, "{} values in {} batches", series.size(), batches);
  std::vector<double> means;
  for (std::size_t batch = 0; batch < batches; ++batch)
    means.push_back(mean_of(series.subspan(batch * length, length)));

  const double mean = mean_of(means);
  double squares = 0;
  for (const double each : means) squares += (each - mean) * (each - mean);
  return {mean, std::sqrt(squares / static_cast<double>((batches - 1) * batches))};
}

Limits limits(std::uint64_t intervals) {
  Limits found{0, intervals};
  for (double below = probability(intervals, 0); below <= rare; below += probability(intervals, found.least))
    ++found.least;
  for (double above = probability(intervals, intervals); above <= rare; above += probability(intervals, found.most))
    --found.most;
  return found;
}

}  // namespace orrery::validation
