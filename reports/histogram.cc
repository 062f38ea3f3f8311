#include "reports/histogram.h"

#include <algorithm>
#include <array>

#include "core/base/invariant.h"

namespace orrery::reports {
namespace {

__extension__ using Wide = unsigned __int128;

constexpr std::uint64_t whole = 100'000;

std::uint64_t unsigned_of(Duration duration) { return static_cast<std::uint64_t>(nanoseconds(duration)); }
Duration duration_of(Wide count) { return Duration(static_cast<std::int64_t>(count)); }

std::uint64_t rank_below(std::uint64_t count, Percentile percentile) {
  return static_cast<std::uint64_t>(Wide{count} * percentile.per_100k / whole);
}
std::uint64_t rank_above(std::uint64_t count, Percentile percentile) {
  return static_cast<std::uint64_t>((Wide{count} * percentile.per_100k + whole - 1) / whole);
}

void add(std::uint64_t& sum, std::uint64_t more) {
  const bool overflow = __builtin_add_overflow(sum, more, &sum);
  INVARIANT(!overflow, "a bucket's times sum to more than 2^64 ns");
}

}  // namespace

std::uint64_t samples_needed(Percentile percentile) {
  PRECONDITION(percentile.per_100k < whole, "nothing lies above percentile {}", percentile.per_100k);
  const std::uint64_t above = whole - percentile.per_100k;
  return (samples_above_min * whole + above - 1) / above;
}

void Histogram::record(Duration duration, std::uint64_t count) {
  PRECONDITION(duration >= Duration::zero(), "a duration of {} ns", duration.count());
  if (count == 0) return;
  counts_.cell_of(Buckets<std::uint64_t>::bucket_of(unsigned_of(duration))) += count;
  count_ += count;
  sum_ += Wide{unsigned_of(duration)} * count;
  min_ = std::min(min_, duration);
  max_ = std::max(max_, duration);
}

void Histogram::merge(const Histogram& other) {
  counts_.merge(other.counts_);
  count_ += other.count_;
  sum_ += other.sum_;
  min_ = std::min(min_, other.min_);
  max_ = std::max(max_, other.max_);
}

Duration Histogram::min() const {
  PRECONDITION(count_ > 0, "of an empty histogram");
  return min_;
}

Duration Histogram::max() const {
  PRECONDITION(count_ > 0, "of an empty histogram");
  return max_;
}

Duration Histogram::mean() const {
  PRECONDITION(count_ > 0, "of an empty histogram");
  return duration_of((sum_ + count_ / 2) / count_);
}

Duration Histogram::percentile(Percentile percentile) const {
  PRECONDITION(count_ > 0, "of an empty histogram");
  PRECONDITION(percentile.per_100k <= whole, "percentile {} of {}", percentile.per_100k, whole);
  const std::uint64_t rank = std::max<std::uint64_t>(1, rank_above(count_, percentile));
  std::uint64_t seen = 0;
  Duration found = max_;
  counts_.walk([&](std::size_t bucket, std::uint64_t count) {
    seen += count;
    if (seen < rank) return true;
    found = std::min(max_, duration_of(Buckets<std::uint64_t>::highest_in(bucket)));
    return false;
  });
  return found;
}

std::optional<Duration> Histogram::honest_percentile(Percentile wanted) const {
  const std::uint64_t rank = std::max<std::uint64_t>(1, rank_above(count_, wanted));
  if (count_ < rank + samples_above_min) return std::nullopt;
  return percentile(wanted);
}

StagedHistogram::Cell& StagedHistogram::Cell::operator+=(const Cell& other) {
  count += other.count;
  for (std::size_t i = 0; i < stage_count; ++i) add(sums[i], other.sums[i]);
  return *this;
}

void StagedHistogram::record(Duration total, const StageTimes& stages) {
  PRECONDITION(total >= Duration::zero(), "a duration of {} ns", total.count());
  PRECONDITION(sum_of(stages) == total, "stages sum to {} ns of {}", sum_of(stages).count(), total.count());
  Cell& cell = cells_.cell_of(Buckets<Cell>::bucket_of(unsigned_of(total)));
  ++cell.count;
  for (std::size_t i = 0; i < stage_count; ++i) add(cell.sums[i], unsigned_of(stages[i]));
  ++count_;
}

void StagedHistogram::merge(const StagedHistogram& other) {
  cells_.merge(other.cells_);
  count_ += other.count_;
}

Band StagedHistogram::band(std::uint64_t from_rank, std::uint64_t to_rank) const {
  PRECONDITION(from_rank < to_rank && to_rank <= count_, "ranks {} to {} of {}", from_rank, to_rank, count_);
  std::array<Wide, stage_count> sums{};
  Wide sum = 0;
  std::uint64_t seen = 0;
  cells_.walk([&](std::size_t, const Cell& cell) {
    const std::uint64_t first = std::max(seen, from_rank);
    const std::uint64_t last = std::min(seen + cell.count, to_rank);
    seen += cell.count;
    if (first < last) {
      Wide in_cell = 0;
      for (std::size_t i = 0; i < stage_count; ++i) {
        sums[i] += Wide{cell.sums[i]} * (last - first) / cell.count;
        in_cell += cell.sums[i];
      }
      sum += in_cell * (last - first) / cell.count;
    }
    return seen < to_rank;
  });

  Band band{.requests = to_rank - from_rank};
  band.total = duration_of((sum + band.requests / 2) / band.requests);
  for (std::size_t i = 0; i < stage_count; ++i) band.stages[i] = duration_of(sums[i] / band.requests);
  *std::ranges::max_element(band.stages) += band.total - sum_of(band.stages);
  return band;
}

Band StagedHistogram::band_between(Percentile from, Percentile to) const {
  return band(rank_below(count_, from), rank_above(count_, to));
}

}  // namespace orrery::reports
