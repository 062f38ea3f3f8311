#include "reports/histogram.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <bit>
#include <limits>
#include <vector>

#include "core/base/invariant.h"

using namespace orrery;
using namespace orrery::reports;

namespace {

// Durations of every magnitude, so that every octave is met.
rc::Gen<std::vector<Duration>> durations() {
  const auto one = rc::gen::map(
      rc::gen::pair(rc::gen::arbitrary<std::uint64_t>(), rc::gen::inRange(1, 64)),
      [](const auto& drawn) { return Duration(static_cast<std::int64_t>(drawn.first >> drawn.second)); });
  return rc::gen::nonEmpty(rc::gen::container<std::vector<Duration>>(one));
}

Histogram histogram_of(const std::vector<Duration>& durations) {
  Histogram histogram;
  for (const Duration duration : durations) histogram.record(duration);
  return histogram;
}

StageTimes half_queue_half_cpu(Duration total) {
  StageTimes times{};
  time_in(times, Stage::queue) = total / 2;
  time_in(times, Stage::cpu) = total - total / 2;
  return times;
}

Histogram of_counts(std::uint64_t count) {
  Histogram histogram;
  for (std::uint64_t i = 1; i <= count; ++i) histogram.record(Duration(static_cast<std::int64_t>(i)));
  return histogram;
}

}  // namespace

TEST(Buckets, FollowEachOtherWithoutGaps) {
  std::uint64_t next = 0;
  for (std::size_t bucket = 0; bucket < 56'000 && next <= std::uint64_t{1} << 62; ++bucket) {
    ASSERT_EQ(Buckets<int>::bucket_of(next), bucket);
    ASSERT_EQ(Buckets<int>::bucket_of(Buckets<int>::highest_in(bucket)), bucket);
    next = Buckets<int>::highest_in(bucket) + 1;
  }
  EXPECT_GT(next, std::uint64_t{1} << 62);
}

TEST(Histogram, HoldsTheLongestDurationThereIs) {
  Histogram histogram;
  histogram.record(Duration::max());
  histogram.record(Duration::zero());

  EXPECT_EQ(histogram.max(), Duration::max());
  EXPECT_EQ(histogram.min(), 0ns);
  EXPECT_EQ(histogram.percentile({50'000}), 0ns);
  EXPECT_EQ(histogram.percentile({100'000}), Duration::max());
  EXPECT_EQ(histogram.mean(), Duration(std::int64_t{1} << 62));
  EXPECT_THROW(histogram.record(Duration(-1)), Bug);
}

TEST(Histogram, GivesTheExactValueBelow2048Nanoseconds) {
  const Histogram histogram = of_counts(1'000);

  EXPECT_EQ(histogram.percentile({0}), 1ns);
  EXPECT_EQ(histogram.percentile({50'000}), 500ns);
  EXPECT_EQ(histogram.percentile({99'900}), 999ns);
  EXPECT_EQ(histogram.percentile({100'000}), 1'000ns);
}

TEST(Histogram, RefusesAPercentileWithFewerThanTenAboveIt) {
  EXPECT_EQ(of_counts(19).honest_percentile({50'000}), std::nullopt);
  EXPECT_EQ(of_counts(20).honest_percentile({50'000}), 10ns);
  EXPECT_EQ(of_counts(999).honest_percentile({99'000}), std::nullopt);
  EXPECT_EQ(of_counts(1'000).honest_percentile({99'000}), 990ns);
  EXPECT_EQ(Histogram().honest_percentile({50'000}), std::nullopt);
}

TEST(Histogram, SaysHowManySamplesAPercentileNeeds) {
  EXPECT_EQ(samples_needed({50'000}), 20u);
  EXPECT_EQ(samples_needed({99'000}), 1'000u);
  EXPECT_EQ(samples_needed({99'900}), 10'000u);
  for (const std::uint32_t per_100k : {50'000u, 66'667u, 90'000u, 99'000u}) {
    const std::uint64_t needed = samples_needed({per_100k});
    EXPECT_TRUE(of_counts(needed).honest_percentile({per_100k}).has_value()) << per_100k;
    EXPECT_FALSE(of_counts(needed - 1).honest_percentile({per_100k}).has_value()) << per_100k;
  }
}

TEST(Histogram, CountsSeveralAtOnce) {
  Histogram one_by_one;
  for (int i = 0; i < 5; ++i) one_by_one.record(3ms);
  Histogram at_once;
  at_once.record(3ms, 5);
  at_once.record(7ms, 0);

  EXPECT_EQ(at_once, one_by_one);
}

RC_GTEST_PROP(Histogram, IsWithinAThousandthOfTheSortedDurations, ()) {
  std::vector<Duration> sorted = *durations();
  const auto per_100k = *rc::gen::inRange<std::uint32_t>(0, 100'001);
  const Histogram histogram = histogram_of(sorted);
  std::ranges::sort(sorted);
  const std::size_t rank = std::max<std::size_t>(1, (sorted.size() * per_100k + 99'999) / 100'000);
  const Duration exact = sorted[rank - 1];
  const Duration found = histogram.percentile({per_100k});

  RC_ASSERT(found >= exact);
  RC_ASSERT(found - exact <= exact / 1'000);
  RC_ASSERT(histogram.min() == sorted.front());
  RC_ASSERT(histogram.max() == sorted.back());
}

RC_GTEST_PROP(Histogram, MergedEqualsRecordedTogether, ()) {
  const std::vector<Duration> first = *durations();
  const std::vector<Duration> second = *durations();
  std::vector<Duration> together = second;
  together.insert(together.end(), first.begin(), first.end());

  Histogram merged = histogram_of(first);
  merged.merge(histogram_of(second));
  merged.merge(Histogram());

  RC_ASSERT(merged == histogram_of(together));
  RC_ASSERT(merged.mean() == histogram_of(together).mean());
}

RC_GTEST_PROP(StagedHistogram, MeansOfStagesSumToTheMeanOfTheBand, ()) {
  StagedHistogram histogram;
  const auto count = *rc::gen::inRange<std::size_t>(1, 50);
  for (std::size_t i = 0; i < count; ++i) {
    StageTimes times{};
    for (Duration& time : times) time = Duration(*rc::gen::inRange<std::int64_t>(0, 5'000));
    histogram.record(sum_of(times), times);
  }
  const auto from = *rc::gen::inRange<std::uint64_t>(0, histogram.count());
  const auto to = *rc::gen::inRange<std::uint64_t>(from + 1, histogram.count() + 1);
  const Band band = histogram.band(from, to);

  RC_ASSERT(band.requests == to - from);
  RC_ASSERT(sum_of(band.stages) == band.total);
  RC_ASSERT(*std::ranges::min_element(band.stages) >= Duration::zero());
}

RC_GTEST_PROP(StagedHistogram, MergedEqualsRecordedTogether, ()) {
  const std::vector<Duration> first = *durations();
  const std::vector<Duration> second = *durations();
  StagedHistogram merged;
  StagedHistogram other;
  StagedHistogram together;
  for (const Duration each : second) together.record(each / 64, half_queue_half_cpu(each / 64));
  for (const Duration each : first) together.record(each / 64, half_queue_half_cpu(each / 64));
  for (const Duration each : first) merged.record(each / 64, half_queue_half_cpu(each / 64));
  for (const Duration each : second) other.record(each / 64, half_queue_half_cpu(each / 64));
  merged.merge(other);

  RC_ASSERT(merged == together);
}

TEST(StagedHistogram, SeparatesTheSlowestFromTheMiddle) {
  StagedHistogram histogram;
  StageTimes slow{};
  time_in(slow, Stage::access) = 1ms;
  time_in(slow, Stage::queue) = 99ms;
  StageTimes quick{};
  time_in(quick, Stage::access) = 1ms;
  time_in(quick, Stage::cpu) = 1ms;
  for (int i = 0; i < 99; ++i) histogram.record(2ms, quick);
  histogram.record(100ms, slow);

  EXPECT_EQ(histogram.band_between({45'000}, {55'000}), (Band{.requests = 10, .total = 2ms, .stages = quick}));
  EXPECT_EQ(histogram.band_between({99'000}, {100'000}), (Band{.requests = 1, .total = 100ms, .stages = slow}));
}

TEST(StagedHistogram, SharesABucketAtTheBorderInProportion) {
  StagedHistogram histogram;
  StageTimes queued{};
  time_in(queued, Stage::queue) = 1us;
  StageTimes computed{};
  time_in(computed, Stage::cpu) = 1us;
  histogram.record(1us, queued);
  histogram.record(1us, computed);

  const Band half = histogram.band(0, 1);

  EXPECT_EQ(half.requests, 1u);
  EXPECT_EQ(half.total, 1us);
  EXPECT_EQ(half.stages, half_queue_half_cpu(1us));
}

TEST(StagedHistogram, RefusesStagesThatDoNotSumToTheTotal) {
  StagedHistogram histogram;
  EXPECT_THROW(histogram.record(3us, half_queue_half_cpu(2us)), Bug);
}
