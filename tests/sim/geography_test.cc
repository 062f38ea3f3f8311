#include "sim/geography.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <numbers>
#include <string_view>
#include <vector>

#include "sim/topology.h"

namespace orrery::sim {
namespace {

constexpr Coordinates london{51'510'000, -130'000};
constexpr Coordinates new_york{40'710'000, -74'010'000};
constexpr Coordinates singapore{1'350'000, 103'820'000};
constexpr Coordinates munich{48'140'000, 11'580'000};
constexpr Coordinates auckland{-36'850'000, 174'760'000};
constexpr Coordinates anadyr{64'730'000, -177'510'000};

// By the C library, for comparison only.
double reference_metres(Coordinates a, Coordinates b) {
  auto radians = [](std::int64_t angle) { return static_cast<double>(angle) * std::numbers::pi / 180e6; };
  const double sine_latitude = std::sin(radians(std::int64_t{a.latitude} - b.latitude) / 2);
  const double sine_longitude = std::sin(radians(std::int64_t{a.longitude} - b.longitude) / 2);
  const double haversine = sine_latitude * sine_latitude + std::cos(radians(a.latitude)) *
                                                               std::cos(radians(b.latitude)) * sine_longitude *
                                                               sine_longitude;
  return 2 * 6'371'009.0 * std::asin(std::min(1.0, std::sqrt(haversine)));
}

std::vector<MeasuredPair> measured_without(const Topology& world, std::vector<std::size_t> left_out) {
  std::vector<MeasuredPair> measured;
  auto is_out = [&](std::size_t city) { return std::ranges::find(left_out, city) != left_out.end(); };
  for (std::size_t a = 0; a < world.cities.size(); ++a)
    for (std::size_t b = a + 1; b < world.cities.size(); ++b)
      if (!is_out(a) && !is_out(b))
        measured.push_back({*world.cities[a].at, *world.cities[b].at, 2 * world.round_trips.one_way(a, b)});
  return measured;
}

// In thousandths of what was measured.
std::int64_t error_of(const RoundTripModel& model, const Topology& world, std::size_t a, std::size_t b) {
  const std::int64_t measured = 2 * world.round_trips.one_way(a, b).count();
  const std::int64_t estimated = model.round_trip(*world.cities[a].at, *world.cities[b].at).count();
  return std::abs(estimated - measured) * 1000 / measured;
}

std::int64_t percentile(std::vector<std::int64_t> sample, std::size_t percent) {
  std::ranges::sort(sample);
  return sample[sample.size() * percent / 100];
}

TEST(Geography, AgreesWithTheCLibraryWithinMetres) {
  double largest = 0;
  double largest_below_15000_km = 0;
  std::int64_t state = 1;
  auto next = [&state](std::int64_t limit) {
    state = state * 48'271 % 2'147'483'647;
    return static_cast<std::int32_t>(state % (2 * limit + 1) - limit);
  };
  for (int i = 0; i < 20'000; ++i) {
    const Coordinates a{next(90'000'000), next(180'000'000)};
    const Coordinates b{next(90'000'000), next(180'000'000)};
    const double reference = reference_metres(a, b);
    if (reference > 19'900'000) continue;  // near the antipodes the sine is flat and a metre hard to tell
    const double error = std::abs(static_cast<double>(distance_metres(a, b)) - reference);
    largest = std::max(largest, error);
    if (reference < 15'000'000) largest_below_15000_km = std::max(largest_below_15000_km, error);
  }
  EXPECT_LT(largest, 200);
  EXPECT_LT(largest_below_15000_km, 10);
}

TEST(Geography, KnowsTheEdgesOfTheMap) {
  const Coordinates north_pole{90'000'000, 0};
  EXPECT_EQ(distance_metres(london, london), 0);
  EXPECT_EQ(distance_metres(north_pole, {90'000'000, 135'000'000}), 0);
  EXPECT_EQ(distance_metres(north_pole, {-90'000'000, 0}), 20'015'114);
  EXPECT_EQ(distance_metres({0, 0}, {0, 180'000'000}), 20'015'114);
  EXPECT_EQ(distance_metres({0, 180'000'000}, {0, -180'000'000}), 0);
  EXPECT_EQ(distance_metres({0, 179'500'000}, {0, -179'500'000}), distance_metres({0, 0}, {0, 1'000'000}));
}

TEST(Geography, GivesTheSameMetresInEveryBuild) {
  EXPECT_EQ(distance_metres(london, new_york), 5'570'452);
  EXPECT_EQ(distance_metres(london, singapore), 10'848'147);
  EXPECT_EQ(distance_metres(munich, auckland), 18'157'744);
  EXPECT_EQ(distance_metres(auckland, anadyr), 11'315'388);
}

TEST(RoundTripModel, GivesTheSameTimesInEveryBuild) {
  const RoundTripModel model(measured_without(measured_world(), {}));

  EXPECT_EQ(model.round_trip(london, new_york), 76'741us);
  EXPECT_EQ(model.round_trip(london, singapore), 198'756us);
  EXPECT_EQ(model.round_trip(munich, london), 17'527us);
  EXPECT_EQ(model.round_trip(munich, auckland), 286'072us);
}

TEST(RoundTripModel, EstimatesACityThatWasTakenOut) {
  const Topology world = measured_world();
  std::vector<std::int64_t> errors;
  for (std::size_t out = 0; out < world.cities.size(); ++out) {
    const RoundTripModel model(measured_without(world, {out}));
    for (std::size_t other = 0; other < world.cities.size(); ++other)
      if (other != out) errors.push_back(error_of(model, world, out, other));
  }

  ASSERT_EQ(errors.size(), 156u);
  EXPECT_NEAR(static_cast<double>(percentile(errors, 50)), 46, 4);
  EXPECT_NEAR(static_cast<double>(percentile(errors, 90)), 238, 12);
  EXPECT_LE(std::ranges::max(errors), 600);
}

TEST(RoundTripModel, EstimatesAPairOfWhichBothWereTakenOut) {
  const Topology world = measured_world();
  std::vector<std::int64_t> errors;
  for (std::size_t a = 0; a < world.cities.size(); ++a)
    for (std::size_t b = a + 1; b < world.cities.size(); ++b)
      errors.push_back(error_of(RoundTripModel(measured_without(world, {a, b})), world, a, b));

  ASSERT_EQ(errors.size(), 78u);
  EXPECT_NEAR(static_cast<double>(percentile(errors, 50)), 55, 6);
  EXPECT_NEAR(static_cast<double>(percentile(errors, 90)), 325, 16);
}

TEST(RoundTripModel, IsTheSameInBothDirections) {
  const RoundTripModel model(measured_without(measured_world(), {}));
  const std::vector<Coordinates> places{london, new_york, singapore, munich, auckland, anadyr};
  for (const Coordinates a : places)
    for (const Coordinates b : places) EXPECT_EQ(model.round_trip(a, b), model.round_trip(b, a));
}

TEST(RoundTripModel, InheritsTheDetoursOfAMeasuredNeighbour) {
  const Topology world = measured_world();
  const RoundTripModel model(measured_without(world, {}));
  const Coordinates near_london{51'600'000, -200'000};

  for (std::size_t i = 0; i < world.cities.size(); ++i) {
    if (world.cities[i].name == "London") continue;
    const std::int64_t of_london = 2 * world.round_trips.one_way(4, i).count();
    const std::int64_t of_neighbour = model.round_trip(near_london, *world.cities[i].at).count();
    EXPECT_LT(std::abs(of_neighbour - of_london) * 100 / of_london, 10) << world.cities[i].name;
  }
}

TEST(RoundTripModel, NeverBeatsLightInGlass) {
  const RoundTripModel hasty({{london, new_york, 1us}});
  EXPECT_EQ(hasty.round_trip(london, new_york).count(), (distance_metres(london, new_york) * 10 + 999) / 1000 * 1000);

  const RoundTripModel model(measured_without(measured_world(), {}));
  const std::vector<Coordinates> places{london, new_york, singapore, munich, auckland, anadyr};
  for (const Coordinates a : places)
    for (const Coordinates b : places) EXPECT_GE(model.round_trip(a, b).count(), distance_metres(a, b) * 10);
}

TEST(RoundTripModel, KeepsTwoCitiesAsFarApartAsTwoDataCenters) {
  const RoundTripModel hasty({{london, new_york, 1us}});
  EXPECT_EQ(hasty.round_trip(munich, munich), 600us);
}

TEST(RoundTripModel, WorksWithNothingMeasured) {
  EXPECT_EQ(RoundTripModel({}).round_trip(london, new_york), 88'577us);
}

}  // namespace
}  // namespace orrery::sim
