#include "sim/topology.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <utility>

#include "core/base/invariant.h"
#include "sim/data/measured.h"

namespace orrery::sim {
namespace {

std::size_t index_of(const Topology& world, std::string_view name) {
  for (std::size_t i = 0; i < world.cities.size(); ++i)
    if (world.cities[i].name == name) return i;
  ADD_FAILURE() << "no city " << name;
  return 0;
}

Duration one_way(const Topology& world, std::string_view from, std::string_view to) {
  return world.round_trips.one_way(index_of(world, from), index_of(world, to));
}

Source source(const Topology& world, std::string_view from, std::string_view to) {
  return world.round_trips.source(index_of(world, from), index_of(world, to));
}

// Milliseconds by direction, read by other means than the reader under test.
std::map<std::pair<std::string, std::string>, double> compiled_in_matrix() {
  std::map<std::pair<std::string, std::string>, double> matrix;
  std::istringstream text{std::string(rtt_csv)};
  for (std::string line; std::getline(text, line);) {
    if (line.starts_with("#") || line.starts_with("from,")) continue;
    std::istringstream fields(line);
    std::string from, to, ms;
    std::getline(fields, from, ',');
    std::getline(fields, to, ',');
    std::getline(fields, ms, ',');
    matrix[{from, to}] = std::strtod(ms.c_str(), nullptr);
  }
  return matrix;
}

// --- The 13 cities ---

TEST(MeasuredWorld, IsTheMatrixToTheNanosecond) {
  const auto matrix = compiled_in_matrix();
  const Topology world = measured_world();

  ASSERT_EQ(world.cities.size(), 13u);
  ASSERT_EQ(matrix.size(), 156u);
  std::size_t pairs = 0;
  std::size_t asymmetric = 0;
  for (std::size_t a = 0; a < 13; ++a)
    for (std::size_t b = a + 1; b < 13; ++b) {
      const double there = matrix.at({world.cities[a].name, world.cities[b].name});
      const double back = matrix.at({world.cities[b].name, world.cities[a].name});
      EXPECT_EQ(static_cast<double>(world.round_trips.one_way(a, b).count()), (there + back) * 250'000);
      EXPECT_EQ(world.round_trips.one_way(a, b), world.round_trips.one_way(b, a));
      EXPECT_EQ(world.round_trips.source(a, b), Source::measured);
      ++pairs;
      asymmetric += there != back;
    }
  EXPECT_EQ(pairs, 78u);
  EXPECT_EQ(asymmetric, 47u);
}

TEST(MeasuredWorld, HalvesTheMeanOfAnAsymmetricPair) {
  const Topology world = measured_world();
  EXPECT_EQ(one_way(world, "Chennai", "Osaka"), 58'500us);    // 112 and 122 ms
  EXPECT_EQ(one_way(world, "Dallas", "Toronto"), 17'250us);   // 35 and 34 ms
  EXPECT_EQ(one_way(world, "Frankfurt", "London"), 6'500us);  // 13 ms both ways
}

TEST(MeasuredWorld, NamesItsCities) {
  const Topology world = measured_world();
  std::string codes;
  for (const City& city : world.cities) codes += city.code + " ";
  EXPECT_EQ(codes, "dfw yyz iad fra lhr mad yul maa bom kix syd nrt gru ");
  EXPECT_EQ(world.cities[index_of(world, "Sydney")].region, "oc");
  EXPECT_EQ(world.cities[index_of(world, "Sydney")].at, (Coordinates{-33'870'000, 151'210'000}));
}

TEST(MeasuredWorld, IsSlowerThanLightInGlass) {
  const Topology world = measured_world();
  for (std::size_t a = 0; a < 13; ++a)
    for (std::size_t b = a + 1; b < 13; ++b)
      EXPECT_GT(2 * world.round_trips.one_way(a, b).count(),
                10 * distance_metres(*world.cities[a].at, *world.cities[b].at));
}

TEST(MeasuredWorld, HasNoGreatShortcutThroughAThirdCity) {
  const RoundTrips trips = measured_world().round_trips;
  for (std::size_t a = 0; a < 13; ++a)
    for (std::size_t b = 0; b < 13; ++b)
      for (std::size_t through = 0; through < 13; ++through) {
        if (a == b || through == a || through == b) continue;
        const Duration detour = trips.one_way(a, through) + trips.one_way(through, b);
        EXPECT_LE(trips.one_way(a, b) * 10, detour * 13);
      }
}

// --- Inside a city ---

TEST(Topology, TakesNoTimeFromAMachineToItself) {
  const Topology world = measured_world();
  const Site machine{.city = 4, .data_center = 1, .machine = 0};
  const Site edge{.city = 4};
  EXPECT_EQ(world.one_way(machine, machine), 0us);
  EXPECT_EQ(world.one_way(edge, edge), 0us);
}

TEST(Topology, TakesTheTimesOfItsSettingsInsideACity) {
  Topology world = measured_world();
  const Site edge{.city = 4};
  const Site machine{.city = 4, .data_center = 1, .machine = 0};
  const Site neighbour{.city = 4, .data_center = 1, .machine = 1};
  const Site across_town{.city = 4, .data_center = 2, .machine = 0};
  EXPECT_EQ(world.one_way(machine, neighbour), 50us);
  EXPECT_EQ(world.one_way(machine, across_town), 300us);
  EXPECT_EQ(world.one_way(edge, machine), 300us);
  EXPECT_EQ(world.one_way(across_town, edge), 300us);

  world.between_data_centers = 2ms;
  world.within_data_center = 30us;
  EXPECT_EQ(world.one_way(machine, neighbour), 15us);
  EXPECT_EQ(world.one_way(edge, across_town), 1ms);
}

TEST(Topology, TakesTheTimeBetweenTheCitiesWhereverInThem) {
  const Topology world = measured_world();
  const Site edge{.city = 3};
  const Site machine{.city = 4, .data_center = 2, .machine = 0};
  EXPECT_EQ(world.one_way(edge, machine), 6'500us);
  EXPECT_EQ(world.one_way(machine, edge), 6'500us);
}

TEST(Topology, ListsItsMachinesCityByCity) {
  Topology world = measured_world();
  world.machines_per_data_center = 2;
  const std::vector<Site> machines = world.machines();

  ASSERT_EQ(machines.size(), 13u * 3 * 2);
  EXPECT_EQ(machines[0], (Site{.city = 0, .data_center = 0, .machine = 0}));
  EXPECT_EQ(machines[1], (Site{.city = 0, .data_center = 0, .machine = 1}));
  EXPECT_EQ(machines[2], (Site{.city = 0, .data_center = 1, .machine = 0}));
  EXPECT_EQ(machines[77], (Site{.city = 12, .data_center = 2, .machine = 1}));
}

// --- Location hints ---

TEST(LocationHints, LeadToTheNearestCity) {
  const Topology world = measured_world();
  std::string table;
  for (const LocationHint& hint : location_hints())
    table += std::string(hint.name) + " " + world.cities[city_for_hint(world, hint.name)].code + ", ";
  EXPECT_EQ(table,
            "wnam dfw, enam iad, sam gru, weur lhr, eeur fra, apac kix, apac-ne nrt, apac-se maa, oc syd, afr mad, "
            "me bom, ");
}

TEST(LocationHints, HaveNoPlaceForAnUnknownOne) { EXPECT_THROW(city_for_hint(measured_world(), "eanm"), Bug); }

TEST(LocationHints, SkipCitiesWithoutCoordinates) {
  const auto world = read_topology("from,to,rtt_ms\nNowhere,Tokyo,10\nNowhere,Sydney,20\n", "m.csv");
  ASSERT_TRUE(world);
  EXPECT_EQ(world->cities[city_for_hint(*world, "oc")].name, "Sydney");
}

// --- A user's own matrix ---

TEST(OwnMatrix, NeedsNoCoordinatesIfItIsComplete) {
  const auto world = read_topology(
      "# mine\r\n"
      "from,to,rtt_ms\r\n"
      "\r\n"
      " Here , There,10.000002\r\n"
      "There,Here,12\r\n"
      "There,Beyond,0.5\r\n"
      "Here,Beyond,7",
      "m.csv");

  ASSERT_TRUE(world);
  ASSERT_EQ(world->cities.size(), 3u);
  EXPECT_EQ(world->cities[0].name, "Here");
  EXPECT_EQ(world->cities[0].code, "her");
  EXPECT_EQ(world->cities[0].at, std::nullopt);
  EXPECT_EQ(world->cities[0].region, "");
  EXPECT_EQ(one_way(*world, "Here", "There"), 5'500'001ns);
  EXPECT_EQ(one_way(*world, "Beyond", "There"), 250us);
  EXPECT_EQ(source(*world, "Beyond", "There"), Source::measured);
}

TEST(OwnMatrix, LooksUpTheCitiesItDoesNotPlace) {
  const auto world = read_topology("from,to,rtt_ms\nLondon,Madrid,30\nMadrid,Tokyo,250\n", "m.csv");

  ASSERT_TRUE(world);
  EXPECT_EQ(world->cities[0].code, "lhr");
  EXPECT_EQ(world->cities[0].region, "weur");
  EXPECT_EQ(one_way(*world, "London", "Madrid"), 15ms);
  EXPECT_EQ(source(*world, "London", "Madrid"), Source::measured);
  EXPECT_EQ(source(*world, "London", "Tokyo"), Source::model);
  EXPECT_EQ(one_way(*world, "London", "Tokyo"), 119'272'500ns);
}

TEST(OwnMatrix, PlacesNewCitiesByTheTableOfCities) {
  const auto world = read_topology("from,to,rtt_ms\nZurich,London,18.25\n", "m.csv",
                                   "city,latitude_deg,longitude_deg,region,code\n"
                                   "Zurich,47.3768866,8.54,weur,zrh\n"
                                   "Lima,-12.05,-77.04\n"
                                   "Perth,-31.95,115.86,,\n",
                                   "c.csv");

  ASSERT_TRUE(world) << to_text(world.error());
  ASSERT_EQ(world->cities.size(), 4u);
  EXPECT_EQ(world->cities[0].code, "zrh");
  EXPECT_EQ(world->cities[0].at, (Coordinates{47'376'887, 8'540'000}));
  EXPECT_EQ(world->cities[2].name, "Lima");
  EXPECT_EQ(world->cities[2].code, "lim");
  EXPECT_EQ(world->cities[2].region, "sam");
  EXPECT_EQ(world->cities[2].at, (Coordinates{-12'050'000, -77'040'000}));
  EXPECT_EQ(world->cities[3].region, "oc");
  EXPECT_EQ(one_way(*world, "London", "Zurich"), 9'125us);
  EXPECT_EQ(source(*world, "Zurich", "Lima"), Source::model);
}

TEST(OwnMatrix, MayBeEmptyIfThereAreCities) {
  const auto world =
      read_topology("", "m.csv", "city,latitude_deg,longitude_deg\nOslo,59.91,10.75\nRome,41.9,12.5\n");
  ASSERT_TRUE(world);
  EXPECT_EQ(source(*world, "Oslo", "Rome"), Source::model);
}

TEST(OwnMatrix, GivesEveryCityACodeOfItsOwn) {
  const auto world = read_topology(
      "from,to,rtt_ms\nLondon,Sanford,5\nSanford,San Jose,6\nSan "
      "Jose,London,7\nLondon,\xc3\x9c,1\n\xc3\x9c,Sanford,1\n"
      "San Jose,\xc3\x9c,1\n",
      "m.csv", "city,latitude_deg,longitude_deg,region,code\nSan Jose,37.34,-121.89,wnam,lhr\n");

  ASSERT_TRUE(world) << to_text(world.error());
  EXPECT_EQ(world->cities[0].code, "lon");  // the user gave lhr to another
  EXPECT_EQ(world->cities[1].code, "san");
  EXPECT_EQ(world->cities[2].code, "lhr");
  EXPECT_EQ(world->cities[3].code, "c4");
}

TEST(OwnMatrix, EstimatesByItsOwnPaceWhereItHasOne) {
  const std::string cities =
      "city,latitude_deg,longitude_deg\nOslo,59.91,10.75\nBergen,60.39,5.32\nDrammen,59.74,10.2\n";
  const auto slow = read_topology("from,to,rtt_ms\nOslo,Bergen,60\n", "m.csv", cities);
  const auto fast = read_topology("from,to,rtt_ms\nOslo,Bergen,6\n", "m.csv", cities);

  ASSERT_TRUE(slow && fast);
  EXPECT_GT(one_way(*slow, "Drammen", "Bergen"), 4 * one_way(*fast, "Drammen", "Bergen"));
}

// --- Mistakes in it ---

std::string error_in(std::string_view matrix, std::string_view cities = {}) {
  const auto world = read_topology(matrix, "m.csv", cities, "c.csv");
  return world ? "no error" : to_text(world.error());
}

TEST(OwnMatrix, ShowsAWrongNumber) {
  EXPECT_EQ(error_in("from,to,rtt_ms\nLondon,Madrid,30\nMadrid, Tokyo, fast\n"),
            "m.csv:3:16: \"fast\" is not a number of milliseconds\n"
            "    3 | Madrid, Tokyo, fast\n"
            "      |                ^~~~\n");
}

TEST(OwnMatrix, RefusesARoundTripThatTakesNoTime) {
  EXPECT_TRUE(
      error_in("from,to,rtt_ms\nA,B,0.0\n").starts_with("m.csv:2:5: \"0.0\" is not a round trip: it must be above"));
  EXPECT_TRUE(
      error_in("from,to,rtt_ms\nA,B,-3\n").starts_with("m.csv:2:5: \"-3\" is not a round trip: it must be above"));
  EXPECT_TRUE(error_in("from,to,rtt_ms\nA,B,\n").starts_with("m.csv:2:5: \"\" is not a number"));
  EXPECT_TRUE(error_in("from,to,rtt_ms\nA,B,1e3\n").starts_with("m.csv:2:5: \"1e3\" is not a number"));
  EXPECT_TRUE(error_in("from,to,rtt_ms\nA,B,nan\n").starts_with("m.csv:2:5: \"nan\" is not a number"));
}

TEST(OwnMatrix, RefusesARoundTripThatDoesNotFit) {
  EXPECT_TRUE(
      error_in("from,to,rtt_ms\nA,B,60000.1\n").starts_with("m.csv:2:5: \"60000.1\" is longer than a minute"));
  EXPECT_TRUE(error_in("from,to,rtt_ms\nA,B,99999999999999999999\n").contains("is longer than a minute"));
  EXPECT_TRUE(error_in("from,to,rtt_ms\nA,B,1.0000001\n").contains("has more than 6 decimals"));
}

TEST(OwnMatrix, ShowsABrokenLine) {
  EXPECT_EQ(error_in("from,to,rtt_ms\nLondon,Madrid\n"),
            "m.csv:2:8: expected 3 fields, found 2\n"
            "    2 | London,Madrid\n"
            "      |        ^~~~~~\n");
  EXPECT_TRUE(error_in("from,to,rtt_ms\nA,B,3,4\n").starts_with("m.csv:2:7: expected 3 fields, found 4"));
  EXPECT_TRUE(error_in("from,to,rtt_ms\n,B,3\n").starts_with("m.csv:2:1: a city without a name"));
  EXPECT_TRUE(error_in("from,to,rtt_ms\nA,A,3\n").starts_with("m.csv:2:3: from \"A\" to itself"));
}

TEST(OwnMatrix, ShowsAMissingHeader) {
  EXPECT_TRUE(error_in("# c\n\nLondon,Madrid,30\n").starts_with("m.csv:3:1: expected the header from,to,rtt_ms"));
  EXPECT_TRUE(error_in("from,to\n").starts_with("m.csv:1:6: expected the header from,to,rtt_ms"));
  EXPECT_TRUE(error_in("from,to,rtt_ms,jitter\n").starts_with("m.csv:1:16: expected the header from,to,rtt_ms"));
}

TEST(OwnMatrix, NamesBothLinesOfADuplicate) {
  EXPECT_EQ(error_in("from,to,rtt_ms\nLondon,Madrid,30\nMadrid,London,31\nLondon,Madrid,30\n"),
            "m.csv:4:1: \"London\" to \"Madrid\" was given before, on line 2\n"
            "    4 | London,Madrid,30\n"
            "      | ^~~~~~\n");
}

TEST(OwnMatrix, AsksForThePlaceOfACityItMustEstimate) {
  EXPECT_EQ(
      error_in("from,to,rtt_ms\nMadrid,Londno,30\nMadrid,Tokyo,250\n"),
      "m.csv:2:8: no round trip between \"Londno\" and \"Tokyo\", and no coordinates of \"Londno\" to estimate it\n"
      "    2 | Madrid,Londno,30\n"
      "      |        ^~~~~~ did you mean \"London\"?\n"
      "  add the pair to the matrix, or the city to a table of cities\n");
}

TEST(OwnMatrix, MustHaveACity) {
  EXPECT_EQ(error_in(""), "m.csv: there is no city in it\n");
  EXPECT_EQ(error_in("from,to,rtt_ms\n"), "m.csv: there is no city in it\n");
}

TEST(OwnMatrix, ToleratesAByteOrderMark) {
  EXPECT_EQ(error_in("\xef\xbb\xbf"
                     "from,to,rtt_ms\nA,B,1\n"),
            "no error");
}

TEST(OwnCities, ShowTheirMistakes) {
  const std::string header = "city,latitude_deg,longitude_deg,region,code\n";
  auto error = [&](const std::string& rows) { return error_in("", header + rows); };

  EXPECT_TRUE(
      error_in("", "name,lat,lon\n").starts_with("c.csv:1:1: expected the header city,latitude_deg,longitude_deg"));
  EXPECT_TRUE(error_in("", "city,latitude_deg,longitude_deg\nOslo,1,2,weur\n")
                  .starts_with("c.csv:2:10: expected 3 fields, found 4"));
  EXPECT_TRUE(error("Oslo,59\n").starts_with("c.csv:2:6: expected 3 to 5 fields, found 2"));
  EXPECT_TRUE(error(",59,10\n").starts_with("c.csv:2:1: a city without a name"));
  EXPECT_TRUE(error("Oslo,north,10\n").starts_with("c.csv:2:6: \"north\" is not a number of degrees"));
  EXPECT_TRUE(error("Oslo,90.000001,10\n").starts_with("c.csv:2:6: \"90.000001\" is beyond 90 degrees"));
  EXPECT_TRUE(error("Oslo,59,-181\n").starts_with("c.csv:2:9: \"-181\" is beyond 180 degrees"));
  EXPECT_TRUE(error("Oslo,59,10,weur,OSL\n").starts_with("c.csv:2:17: \"OSL\" is not a code"));
  EXPECT_TRUE(error("Oslo,59,10\nOslo,59,10\n").starts_with("c.csv:3:1: \"Oslo\" was given before, on line 2"));
  EXPECT_TRUE(error("Oslo,59,10,weur,osl\nRome,42,12,weur,osl\n")
                  .starts_with("c.csv:3:17: code \"osl\" was given before, on line 2"));
  EXPECT_EQ(error("Oslo,59,10,wuer\n"),
            "c.csv:2:12: unknown location hint \"wuer\"\n"
            "    2 | Oslo,59,10,wuer\n"
            "      |            ^~~~ did you mean \"weur\"?\n"
            "  known: wnam enam sam weur eeur apac apac-ne apac-se oc afr me\n");
}

TEST(Topology, RefusesATableThatIsNotUtf8) {
  for (const char* text :
       {"from,to,rtt_ms\nLondon,S\xe3o Paulo,180\n", "# S\xe3o Paulo\nfrom,to,rtt_ms\nLondon,Tokyo,180\n"}) {
    const auto read = read_topology(text, "m.csv");

    ASSERT_FALSE(read);
    EXPECT_EQ(to_text(read.error()), "m.csv: this is not UTF-8 text\n  save it as UTF-8\n");
  }
}

}  // namespace
}  // namespace orrery::sim
