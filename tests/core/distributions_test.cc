#include "core/base/distributions.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "core/base/fixed_point.h"
#include "core/base/invariant.h"
#include "core/base/mix.h"

namespace orrery {
namespace {

constexpr std::uint64_t bits_max = std::numeric_limits<std::uint64_t>::max();

double as_double(Fixed value) { return static_cast<double>(value) / static_cast<double>(fixed_one); }

// The bits below which a share of all bits lies.
std::uint64_t bits_at(double share) { return static_cast<std::uint64_t>(std::ldexp(share, 64)); }

double sample_at(const Distribution& distribution, double share) {
  return static_cast<double>(nanoseconds(distribution.sample(bits_at(share))));
}

// Over evenly spaced bits, so that the sum is an integral and not a matter of luck.
double mean_of(const Distribution& distribution) {
  constexpr std::uint64_t strata = 1 << 18;
  double sum = 0;
  for (std::uint64_t i = 0; i < strata; ++i)
    sum += static_cast<double>(nanoseconds(distribution.sample((2 * i + 1) * (bits_max / (2 * strata)))));
  return sum / static_cast<double>(strata);
}

// A number that changes when any of 10,000 samples does.
std::uint64_t fingerprint_of(auto sampler) {
  std::uint64_t hash = 0;
  for (std::uint64_t i = 0; i < 10'000; ++i) hash = mix(hash, static_cast<std::uint64_t>(sampler(mix(i, 0xd1ce))));
  return hash;
}

std::uint64_t fingerprint_of(const Distribution& distribution) {
  return fingerprint_of([&](std::uint64_t bits) { return nanoseconds(distribution.sample(bits)); });
}

std::vector<Distribution> one_of_each_kind() {
  return {Distribution::constant(5ms), Distribution::uniform(1ms, 3ms), Distribution::exponential(5ms),
          Distribution::lognormal(8ms, 300'000), Distribution::pareto(1ms, 1'500'000)};
}

TEST(FixedPoint, LogarithmIsWithinTwoTenMillionths) {
  for (std::uint64_t i = 1; i < 200'000; ++i) {
    const std::uint64_t x = (mix(i, 1) >> (i % 64)) | 1;
    ASSERT_NEAR(as_double(fixed_log2(x)), std::log2(static_cast<double>(x)), 2e-7) << x;
  }
  EXPECT_EQ(fixed_log2(1), 0);
  EXPECT_EQ(fixed_log2(1024), 10 * fixed_one);
  EXPECT_THROW(fixed_log2(0), Bug);
}

TEST(FixedPoint, PowerIsWithinOneTenMillionth) {
  for (std::uint64_t i = 0; i < 200'000; ++i) {
    const Fixed power = static_cast<Fixed>(mix(i, 2) >> 18) - 32 * fixed_one;  // -32 to 32
    const double exact = 1e12 * std::exp2(as_double(power));
    if (exact > 9e18) continue;
    const auto got = times_exp2(1'000'000'000'000, power, std::numeric_limits<std::int64_t>::max());
    ASSERT_NEAR(static_cast<double>(got), exact, exact * 1e-7 + 1);
  }
}

TEST(FixedPoint, PowerStopsAtItsLimitAndAtZero) {
  EXPECT_EQ(times_exp2(3, 2 * fixed_one, 100), 12);
  EXPECT_EQ(times_exp2(3, 62 * fixed_one, 100), 100);
  EXPECT_EQ(times_exp2(3, std::numeric_limits<Fixed>::max(), 100), 100);
  EXPECT_EQ(times_exp2(3, std::numeric_limits<Fixed>::min(), 100), 0);
  EXPECT_EQ(times_exp2(0, 90 * fixed_one, 100), 0);
  EXPECT_EQ(times_exp2(3, -fixed_one, 100), 2);  // 1.5 rounds up
}

TEST(FixedPoint, NormalIsRightInTheMiddleAndFarOut) {
  for (int halvings = 1; halvings <= 63; ++halvings)
    for (std::uint64_t i = 0; i < 500; ++i) {
      const std::uint64_t bits = mix(i, 3) >> halvings;
      const double z = as_double(fixed_normal(bits));
      const double wanted = (static_cast<double>(bits) + 0.5) / std::ldexp(1.0, 64);
      const double got = std::erfc(-z / std::sqrt(2.0)) / 2;
      const double density = std::exp(-z * z / 2) / std::sqrt(2 * std::acos(-1.0));
      ASSERT_NEAR((got - wanted) / density, 0, 2e-5) << bits << " gives " << z;  // the error of z, by Newton
    }
}

TEST(FixedPoint, NormalIsSymmetric) {
  for (std::uint64_t i = 0; i < 1'000; ++i) EXPECT_EQ(fixed_normal(mix(i, 4)), -fixed_normal(~mix(i, 4)));
}

TEST(Distribution, HasTheQuantilesOfTheory) {
  const auto exponential = Distribution::exponential(5ms);
  const auto lognormal = Distribution::lognormal(8ms, 300'000);
  const auto pareto = Distribution::pareto(1ms, 1'500'000);
  const auto uniform = Distribution::uniform(1ms, 3ms);
  const double normal_99 = 2.3263478740408408;
  const double normal_999999 = 4.753424308822899;

  for (const double share : {0.001, 0.01, 0.25, 0.5, 0.75, 0.9, 0.99, 0.999, 0.999999}) {
    EXPECT_NEAR(sample_at(exponential, share), -5e6 * std::log1p(-share), 2);
    EXPECT_NEAR(sample_at(pareto, share), 1e6 * std::pow(1 - share, -1 / 1.5), 1 + sample_at(pareto, share) * 2e-7);
    EXPECT_NEAR(sample_at(uniform, share), 1e6 + 2e6 * share, 2);
  }
  EXPECT_NEAR(sample_at(lognormal, 0.5), 8e6, 2);
  EXPECT_NEAR(sample_at(lognormal, 0.99), 8e6 * std::exp(0.3 * normal_99), 8e6 * 2e-5);
  EXPECT_NEAR(sample_at(lognormal, 0.01), 8e6 * std::exp(-0.3 * normal_99), 8e6 * 2e-5);
  EXPECT_NEAR(sample_at(lognormal, 0.999999), 8e6 * std::exp(0.3 * normal_999999), 8e6 * 1e-4);
}

TEST(Distribution, HasTheMeanOfTheory) {
  EXPECT_NEAR(mean_of(Distribution::uniform(1ms, 3ms)), 2e6, 10);
  EXPECT_NEAR(mean_of(Distribution::exponential(5ms)), 5e6, 5e6 * 1e-5);
  EXPECT_NEAR(mean_of(Distribution::lognormal(8ms, 300'000)), 8e6 * std::exp(0.045), 8e6 * 1e-4);
  EXPECT_NEAR(mean_of(Distribution::pareto(1ms, 3'000'000)), 1.5e6, 1.5e6 * 1e-3);
}

TEST(Distribution, HasTheMeanOfTheoryUnderScatteredBits) {
  const auto exponential = Distribution::exponential(5ms);
  double sum = 0;
  for (std::uint64_t i = 0; i < 100'000; ++i) sum += static_cast<double>(nanoseconds(exponential.sample(mix(i, 5))));
  EXPECT_NEAR(sum / 100'000, 5e6, 5e6 * 0.015);  // 4.7 standard errors
}

TEST(Distribution, IncludesBothEndsOfAUniform) {
  const auto die = Distribution::uniform(1ns, 6ns);
  EXPECT_EQ(die.sample(0), 1ns);
  EXPECT_EQ(die.sample(bits_max), 6ns);
  EXPECT_EQ(Distribution::uniform(4ms, 4ms).sample(bits_max), 4ms);
}

TEST(Distribution, StaysWithinItsLimits) {
  EXPECT_EQ(Distribution::exponential(5ms).sample(0), 0ns);
  EXPECT_LE(Distribution::exponential(1h).sample(bits_max), 45h);
  EXPECT_GE(Distribution::exponential(Distribution::parameter_max).sample(bits_max), 0ns);
  EXPECT_EQ(Distribution::lognormal(1s, 10'000'000).sample(bits_max), Distribution::tail_max);
  EXPECT_EQ(Distribution::lognormal(1s, 10'000'000).sample(0), 0ns);
  EXPECT_EQ(Distribution::pareto(1ms, 100'000).sample(bits_max), Distribution::tail_max);
  EXPECT_EQ(Distribution::pareto(1ms, 100'000).sample(0), 1ms);
  EXPECT_EQ(Distribution{}.sample(bits_max), 0ns);
}

RC_GTEST_PROP(Distribution, NeverGivesLessForMoreBits, (std::uint64_t a, std::uint64_t b)) {
  const std::uint64_t apart = *rc::gen::element<std::uint64_t>(1, 1u << 20, std::uint64_t{1} << 50, bits_max);
  const std::uint64_t low = std::min(a, b);
  const std::uint64_t high = std::min(std::max(a, b), low + std::min(apart, bits_max - low));
  const Zipf zipf(5'000, 1'000'000);
  for (const Distribution& distribution : one_of_each_kind())
    RC_ASSERT(distribution.sample(low) <= distribution.sample(high));
  RC_ASSERT(zipf.sample(low) <= zipf.sample(high));
  RC_ASSERT(fixed_normal(low) <= fixed_normal(high));
  RC_ASSERT(fixed_exponential(low) <= fixed_exponential(high));
}

TEST(Distribution, IsMonotoneAcrossEveryPowerOfTwo) {
  for (const Distribution& distribution : one_of_each_kind())
    for (int bit = 0; bit < 64; ++bit)
      for (const std::uint64_t at : {std::uint64_t{1} << bit, 0 - (std::uint64_t{1} << bit)}) {
        ASSERT_LE(distribution.sample(at - 1), distribution.sample(at)) << distribution.to_text() << " at " << at;
        ASSERT_LE(distribution.sample(at), distribution.sample(at | 1)) << distribution.to_text() << " at " << at;
      }
}

// Equal on every compiler and at every optimisation, or a seed would give another run elsewhere.
TEST(Distribution, HasTheSameBitsInEveryBuild) {
  EXPECT_EQ(fingerprint_of(Distribution::constant(5ms)), 12660832366568998672u);
  EXPECT_EQ(fingerprint_of(Distribution::uniform(1ms, 3ms)), 5966091908053274895u);
  EXPECT_EQ(fingerprint_of(Distribution::exponential(5ms)), 15659561494438526501u);
  EXPECT_EQ(fingerprint_of(Distribution::lognormal(8ms, 300'000)), 2836183138845399493u);
  EXPECT_EQ(fingerprint_of(Distribution::pareto(1ms, 1'500'000)), 4714475099666062923u);
  const Zipf zipf(1'000'000, 990'000);
  EXPECT_EQ(fingerprint_of([&](std::uint64_t bits) { return zipf.sample(bits); }), 12840515229870526704u);
  EXPECT_EQ(fingerprint_of([](std::uint64_t bits) { return fixed_normal(bits); }), 18254430062155929180u);
}

TEST(Distribution, IsWrittenAsAPersonWould) {
  EXPECT_EQ(Distribution::constant(5ms).to_text(), "5ms");
  EXPECT_EQ(Distribution::uniform(1ms, 3ms).to_text(), "uniform 1ms..3ms");
  EXPECT_EQ(Distribution::exponential(5ms).to_text(), "exponential 5ms");
  EXPECT_EQ(Distribution::lognormal(8ms, 300'000).to_text(), "lognormal 8ms sigma 0.3");
  EXPECT_EQ(Distribution::pareto(1ms, 1'500'000).to_text(), "pareto 1ms alpha 1.5");
}

TEST(Distribution, OfEachKindReadsBack) {
  for (const Distribution& distribution : one_of_each_kind())
    EXPECT_EQ(parse_distribution(distribution.to_text()), distribution);
  EXPECT_EQ(parse_distribution("uniform 1.5ms..1m30s"), Distribution::uniform(1500us, 90s));
}

RC_GTEST_PROP(Distribution, ReadsBackAsItWasWritten, ()) {
  const auto duration = [] { return Duration{*rc::gen::inRange<std::int64_t>(0, 3'600'000'000'001)}; };
  const Duration a = duration();
  const Duration b = duration();
  const auto distribution = *rc::gen::element(
      Distribution::constant(a), Distribution::uniform(std::min(a, b), std::max(a, b)), Distribution::exponential(a),
      Distribution::lognormal(a, *rc::gen::inRange<std::int64_t>(0, 10'000'001)),
      Distribution::pareto(a, *rc::gen::inRange<std::int64_t>(100'000, 100'000'001)));
  const bool same = parse_distribution(distribution.to_text()) == distribution;
  RC_ASSERT(same);
}

TEST(Distribution, SaysWhatIsWrongWithAText) {
  const auto complaint = [](std::string_view text) {
    const auto parsed = parse_distribution(text);
    return parsed ? "accepted as " + parsed->to_text() : parsed.error();
  };

  EXPECT_EQ(complaint("gaussian 5ms"),
            "\"gaussian 5ms\" is not a distribution: write 5ms, uniform 1ms..3ms, exponential 5ms, lognormal 8ms "
            "sigma 0.3 or pareto 1ms alpha 1.5");
  EXPECT_EQ(complaint("exponential 5 apples"),
            "\"exponential 5 apples\" is not a distribution: write 5ms, uniform 1ms..3ms, exponential 5ms, lognormal "
            "8ms sigma 0.3 or pareto 1ms alpha 1.5");
  EXPECT_EQ(complaint("exponential 5apples"),
            "\"5apples\" is not a duration: write a number and a unit, as in 5ms, 1.5s or 10m");
  EXPECT_EQ(complaint("-5ms"), "\"-5ms\" is negative: a duration is 0 or more");
  EXPECT_EQ(complaint("uniform 3ms..1ms"), "\"uniform 3ms..1ms\" cannot be: its least is more than its most");
  EXPECT_EQ(complaint("lognormal 8ms sigma big"), "sigma \"big\" is not a number with at most six decimals");
  EXPECT_EQ(complaint("lognormal 8ms sigma 11"), "\"lognormal 8ms sigma 11\" cannot be: sigma must be from 0 to 10");
  EXPECT_EQ(complaint("pareto 1ms alpha 0"), "\"pareto 1ms alpha 0\" cannot be: alpha must be from 0.1 to 100");
  EXPECT_EQ(complaint("pareto 2h alpha 1"), "\"pareto 2h alpha 1\" cannot be: its durations must be from 0s to 1h");
  for (const char* text : {"", " ", "uniform", "uniform 1ms", "uniform 1ms-3ms", "lognormal 8ms", "exponential  5ms",
                           "lognormal 8ms alpha 1", "5ms ", "exponential 5ms 6ms"})
    EXPECT_NE(complaint(text).find("is not a "), std::string::npos) << text << ": " << complaint(text);
}

TEST(Distribution, BlamesWhoeverMakesAnImpossibleOne) {
  EXPECT_THROW(Distribution::uniform(3ms, 1ms), Bug);
  EXPECT_THROW(Distribution::constant(-1ns), Bug);
  EXPECT_THROW(Distribution::pareto(1ms, 0), Bug);
}

TEST(Zipf, DrawsEachRankAsOftenAsItsWeightSays) {
  for (const double s : {0.0, 0.5, 0.99, 1.0, 2.0}) {
    constexpr std::uint64_t n = 20'000;
    constexpr std::uint64_t draws = 1 << 19;
    const Zipf zipf(n, static_cast<std::int64_t>(std::llround(s * 1e6)));
    std::vector<double> count(n);
    for (std::uint64_t i = 0; i < draws; ++i) count[zipf.sample((2 * i + 1) * (bits_max / (2 * draws)))] += 1;
    double total = 0;
    for (std::uint64_t rank = 0; rank < n; ++rank) total += std::pow(static_cast<double>(rank + 1), -s);

    // Evenly spaced bits fall into an interval as often as its length says, give or take one.
    for (std::uint64_t rank = 0; rank < n; ++rank) {
      const double wanted = std::pow(static_cast<double>(rank + 1), -s) / total * static_cast<double>(draws);
      ASSERT_NEAR(count[rank], wanted, 1.01 + wanted * (1e-6 + s / 2'000)) << "rank " << rank << " of s " << s;
    }
    const double tail = std::accumulate(count.begin() + 10'000, count.end(), 0.0);
    double tail_wanted = 0;
    for (std::uint64_t rank = 10'000; rank < n; ++rank) tail_wanted += std::pow(static_cast<double>(rank + 1), -s);
    EXPECT_NEAR(tail, tail_wanted / total * static_cast<double>(draws), 2 + tail * 1e-5) << "s " << s;
  }
}

TEST(Zipf, ReachesFromTheFirstRankToTheLast) {
  for (const std::uint64_t n : {1u, 2u, 100u, 4'095u, 4'096u, 4'097u, 10'000'000u}) {
    const Zipf zipf(n, 1'000'000);
    EXPECT_EQ(zipf.sample(0), 0u);
    EXPECT_EQ(zipf.sample(bits_max), n - 1);
  }
}

TEST(Zipf, WithSZeroIsUniform) {
  const Zipf zipf(Zipf::ranks_max, 0);
  for (std::uint64_t i = 0; i < 1'000; ++i) EXPECT_EQ(zipf.sample(mix(i, 6)), scaled(mix(i, 6), Zipf::ranks_max));
}

TEST(Zipf, BlamesWhoeverAsksForNoRanks) {
  EXPECT_THROW(Zipf(0, 1'000'000), Bug);
  EXPECT_THROW(Zipf(Zipf::ranks_max + 1, 1'000'000), Bug);
}

}  // namespace
}  // namespace orrery
