// Numbers, columns and lines for people.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/time.h"

namespace orrery::reports {

struct Style {
  bool utf8 = true;
  bool color = false;
  int width = 120;       // columns of the screen; at most 120 are used
  bool verbose = false;  // print the blocks that are left out where they decide nothing
};

enum class Glyph : std::uint8_t { pass, fail, separator, arrow };
std::string_view glyph(Glyph glyph, const Style& style);

// Colour repeats what the words say and carries nothing alone.
enum class Tone : std::uint8_t { good, bad, doubtful };
std::string toned(std::string_view text, Tone tone, const Style& style);

// 356,452
std::string with_separators(std::uint64_t number);

// "1 seed", "1,000 seeds".
std::string counted(std::uint64_t number, std::string_view singular, std::string_view plural);

// Without the unit, to the nearest: one decimal from 10 ms on, two below. 2,563.0 and 0.04
std::string milliseconds_text(Duration duration);

// sum / count to the nearest, with decimals as milliseconds have them: "101.0", "0.50". `count` is not 0.
std::string mean_text(std::uint64_t sum, std::uint64_t count);

// Tenths of a percent, to the nearest: "88.6 %". `whole` is not 0.
std::string percent_text(std::uint64_t part, std::uint64_t whole);

// In seconds, exactly, with three, six or nine decimals: "41.203 s".
std::string instant_text(Time time);

// For a length that need not be exact: whole seconds from a minute on, whole minutes from 10 hours on, whole
// hours from 100 hours on.
std::string length_text(Duration duration);

// Time on the wall: "0.3 s", "41 ms".
std::string wall_text(Duration duration);

// 16 hexadecimal digits, in groups of four: "b1f4 9c02 7e35 d8a1".
std::string fingerprint_text(std::uint64_t fingerprint);

// Columns on a screen that the text takes: wide characters take two, combining marks and colours none.
std::size_t display_width(std::string_view text);

std::string padded_left(std::string_view text, std::size_t width);
std::string padded_right(std::string_view text, std::size_t width);

// Words in lines of at most `width` columns, each line after `indent` spaces and with its line end. A word
// that is longer than a line has a line of its own.
std::string wrapped(std::string_view text, std::size_t indent, const Style& style);

// A table that fits the screen by leaving columns out.
class Table {
 public:
  struct Column {
    std::string head;
    bool left = false;  // else its cells are at the right, decimal points below each other
    std::size_t width_min = 0;
    int gives_way = 0;  // if the table is too wide the highest of these goes first; 0 never goes
  };

  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

  void row(std::vector<std::string> cells);
  // Printed as it is, between the rows; complete lines.
  void lines(std::string text);

  // Columns are two apart, lines have no spaces at their end; no line of heads if all are empty.
  std::string text(const Style& style) const;

 private:
  struct Row {
    std::vector<std::string> cells;
    std::string lines;
  };
  struct Width {
    std::size_t all = 0;
    std::size_t decimals = 0;  // of the cells with a point, the most digits after it
  };

  Width width_of(std::size_t column) const;
  std::string line(const std::vector<std::string>& cells, const std::vector<std::optional<Width>>& widths) const;

  std::vector<Column> columns_;
  std::vector<Row> rows_;
};

}  // namespace orrery::reports
