// A user's tables of round trips and cities, read from text.
//
// The forms are those of read_topology (topology.h). What is read here is what stands in the lines: whether it
// makes a world is decided there.
#pragma once

#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/file_error.h"
#include "sim/topology.h"

namespace orrery::sim {

struct Field {
  std::string_view text;
  int column;  // from 1
};

struct Line {
  int number;  // from 1
  std::string_view text;
  std::vector<Field> fields;
};

// One direction.
struct GivenRoundTrip {
  std::string from;
  std::string to;
  std::int64_t ns;
  Line line;
};

struct Tables {
  std::vector<City> cities;
  std::vector<GivenRoundTrip> matrix;
};

// The mistake in this field of this line.
FileError mistake(std::string_view file, const Line& line, const Field& field, std::string message,
                  std::string hint = {});
// A hint for it; empty if no known name is near.
std::string did_you_mean(std::string_view wrong, std::span<const std::string> known);

// The first mistake in either text, or what stands in both.
std::expected<Tables, FileError> read_tables(std::string_view rtt_text, std::string_view rtt_file,
                                             std::string_view cities_text, std::string_view cities_file);

}  // namespace orrery::sim
