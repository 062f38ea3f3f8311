// The shape of the world, as data: cities, data centers in them, machines in those, and the time between.
//
// Between cities a message takes half the mean of the round trips measured in both directions. Which half of
// an asymmetric round trip was the slow one cannot be measured without synchronised clocks, so both get the
// same. A pair that nobody measured is estimated (see geography.h), and its entry says so.
//
// Each city has one edge machine, where its users enter, and the same number of data centers. The data
// centers and the edge of one city are equally far from each other, the machines of one data center too.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/file_error.h"
#include "core/base/time.h"
#include "sim/geography.h"

namespace orrery::sim {

struct City {
  std::string name;
  std::string code;               // what the names of its nodes begin with: lower-case letters and digits, "lhr"
  std::optional<Coordinates> at;  // nothing: every round trip of the city was given
  std::string region;             // the location hint it belongs to; empty if that is not known
};

// Where the time between two cities comes from.
enum class Source : std::uint8_t { measured, model };

// The times between cities, as a table with both directions alike.
class RoundTrips {
 public:
  // All zero, until set.
  explicit RoundTrips(std::size_t city_count = 0) : city_count_(city_count), entries_(city_count * city_count) {}

  std::size_t city_count() const { return city_count_; }

  // Zero from a city to itself: times inside a city are the topology's.
  Duration one_way(std::size_t from, std::size_t to) const { return entry(from, to).one_way; }
  Source source(std::size_t from, std::size_t to) const { return entry(from, to).source; }

  // Sets both directions.
  void set(std::size_t a, std::size_t b, Duration one_way, Source source);

 private:
  struct Entry {
    Duration one_way{};
    Source source = Source::measured;
  };

  const Entry& entry(std::size_t from, std::size_t to) const { return entries_[from * city_count_ + to]; }

  std::size_t city_count_;
  std::vector<Entry> entries_;
};

// Where a node runs.
struct Site {
  static constexpr int edge = -1;

  std::size_t city = 0;
  int data_center = edge;  // from 0 in each city
  int machine = 0;         // from 0 in each data center
  friend constexpr auto operator<=>(const Site&, const Site&) = default;
};

struct Topology {
  std::vector<City> cities;
  RoundTrips round_trips;
  int data_centers_per_city = 3;
  int machines_per_data_center = 1;
  Duration between_data_centers = 600us;  // round trip, in one city; the edge counts as one
  Duration within_data_center = 100us;    // round trip
  bool has_strict_leases = true;          // checked before everything that leaves
  int followers = 0;                      // that keep an object's commits; none: only its owner's disk does
  int acceptors = 0;                      // that keep the registers; none: a directory in the first city does

  // Zero from a machine to itself.
  Duration one_way(const Site& from, const Site& to) const;

  // Five, or whatever is said, of the data centers other than this machine's, nearest first, no more than two of a city
  // unless there are too few: where the followers of its objects stand.
  std::vector<Site> follower_data_centers(const Site& owner) const;

  // Every machine but the edges, ordered by city, data center and number.
  std::vector<Site> machines() const;

  // Where the acceptors stand: in Dallas, London, Tokyo, Mumbai and Sao Paulo as far as there are such cities, then
  // each in the city that is farthest from all before it.
  std::vector<Site> acceptor_sites() const;
};

// A machine by its city's code, its data center and its number there, both from 1: "iad-1-1". Edges have no name.
std::string name_of(const Topology& topology, const Site& machine);
// Its place in `machines()`; nothing if none has this name.
std::optional<std::size_t> machine_named(const Topology& topology, std::string_view name);

// The 13 cities of sim/data.
Topology measured_world();

// The world of a user's own matrix, and of a user's own cities if `cities_csv_text` is not empty. The settings
// inside a city are the defaults.
//
//   from,to,rtt_ms                                      city,latitude_deg,longitude_deg,region,code
//   # ms, at most six decimals; either direction,       # the last column, or the last two, may be left
//   # or both, or neither: then it is estimated         # out: they are then derived
//   Zurich,London,18.25                                 Zurich,47.37,8.54,weur,zrh
//
// Cities come in the order in which the matrix names them, then those that only the second table has. A city
// that the second table does not place is looked up among those of sim/data. Estimates take their pace from the
// pairs of the matrix and from those of sim/data that the matrix does not give.
//
// The first mistake is returned: a broken line, a round trip that is no number above 0, a direction given
// twice, or a pair to be estimated with a city that is nowhere.
std::expected<Topology, FileError> read_topology(std::string_view rtt_csv_text, std::string_view file_name,
                                                 std::string_view cities_csv_text = {},
                                                 std::string_view cities_file_name = "cities.csv");

// A part of the world where an object can be asked to live, and the place that stands for it.
struct LocationHint {
  std::string_view name;
  std::string_view place;
  Coordinates at;
};

// The eleven hints of Durable Objects.
std::span<const LocationHint> location_hints();

// The city nearest to the place that stands for the hint; the first listed, if several are. Cities without
// coordinates come last. The hint must be one of `location_hints()`, and there must be a city.
std::size_t city_for_hint(const Topology& topology, std::string_view hint);

}  // namespace orrery::sim
