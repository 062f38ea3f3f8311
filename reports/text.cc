#include "reports/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "core/base/duration_text.h"
#include "core/base/invariant.h"

namespace orrery::reports {
namespace {

constexpr std::size_t width_max = 120;

std::size_t columns_of(const Style& style) {
  return std::min(width_max, static_cast<std::size_t>(std::max(style.width, 20)));
}

struct CodePoints {
  char32_t first;
  char32_t last;
};

constexpr std::array wide{CodePoints{0x1100, 0x115f},  CodePoints{0x2e80, 0xa4cf},   CodePoints{0xac00, 0xd7a3},
                          CodePoints{0xf900, 0xfaff},  CodePoints{0xfe30, 0xfe6f},   CodePoints{0xff00, 0xff60},
                          CodePoints{0xffe0, 0xffe6},  CodePoints{0x1f300, 0x1f64f}, CodePoints{0x1f900, 0x1f9ff},
                          CodePoints{0x20000, 0x3fffd}};
constexpr std::array combining{CodePoints{0x0300, 0x036f}, CodePoints{0x200b, 0x200f}, CodePoints{0x20d0, 0x20ff},
                               CodePoints{0xfe00, 0xfe0f}};

template <std::size_t N>
bool is_in(const std::array<CodePoints, N>& ranges, char32_t point) {
  return std::ranges::any_of(ranges, [&](CodePoints r) { return r.first <= point && point <= r.last; });
}

// Takes one code point off the front. A byte that begins none counts as one.
char32_t take_code_point(std::string_view& text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  const std::size_t size = lead < 0xc0 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  char32_t point = size == 1 ? lead : lead & (0xffu >> (size + 1));
  std::size_t taken = 1;
  for (; taken < size && taken < text.size() && (byte(taken) & 0xc0) == 0x80; ++taken)
    point = point << 6 | (byte(taken) & 0x3fu);
  text.remove_prefix(taken);
  return point;
}

std::size_t digits_after_point(std::string_view cell) {
  const std::size_t point = cell.rfind('.');
  if (point == std::string_view::npos) return 0;
  std::size_t digits = 0;
  while (point + 1 + digits < cell.size() && cell[point + 1 + digits] >= '0' && cell[point + 1 + digits] <= '9')
    ++digits;
  return digits;
}

}  // namespace

std::string_view glyph(Glyph glyph, const Style& style) {
  switch (glyph) {
    case Glyph::pass: return style.utf8 ? "✓" : "ok";
    case Glyph::fail: return style.utf8 ? "✗" : "FAIL";
    case Glyph::separator: return style.utf8 ? "·" : ".";
    case Glyph::arrow: return style.utf8 ? "→" : "->";
  }
  return "";
}

std::string toned(std::string_view text, Tone tone, const Style& style) {
  if (!style.color) return std::string(text);
  const int code = tone == Tone::good ? 32 : tone == Tone::bad ? 31 : 33;
  return fmt::format("\x1b[{}m{}\x1b[0m", code, text);
}

std::string with_separators(std::uint64_t number) {
  std::string text = fmt::to_string(number);
  for (std::size_t digits = 3; digits < text.size(); digits += 4) text.insert(text.size() - digits, 1, ',');
  return text;
}

std::string counted(std::uint64_t number, std::string_view singular, std::string_view plural) {
  return fmt::format("{} {}", with_separators(number), number == 1 ? singular : plural);
}

std::string milliseconds_text(Duration duration) {
  PRECONDITION(duration >= Duration::zero(), "a duration of {} ns", duration.count());
  const auto ns = static_cast<std::uint64_t>(duration.count());
  constexpr std::uint64_t shown_as_ten = 9'995'000;
  if (ns >= shown_as_ten) {
    const std::uint64_t tenths = (ns + 50'000) / 100'000;
    return fmt::format("{}.{}", with_separators(tenths / 10), tenths % 10);
  }
  const std::uint64_t hundredths = (ns + 5'000) / 10'000;
  return fmt::format("{}.{:02}", hundredths / 100, hundredths % 100);
}

std::string mean_text(std::uint64_t sum, std::uint64_t count) {
  PRECONDITION(count > 0, "the mean of {} over nothing", sum);
  __extension__ using Wide = unsigned __int128;
  const Wide hundredths = (Wide{sum} * 100 + count / 2) / count;
  if (hundredths < 1'000) {
    const auto shown = static_cast<std::uint64_t>(hundredths);
    return fmt::format("{}.{:02}", shown / 100, shown % 100);
  }
  const Wide tenths = (Wide{sum} * 10 + count / 2) / count;
  return fmt::format("{}.{}", with_separators(static_cast<std::uint64_t>(tenths / 10)),
                     static_cast<std::uint64_t>(tenths % 10));
}

std::string percent_text(std::uint64_t part, std::uint64_t whole) {
  __extension__ using Wide = unsigned __int128;
  const auto per_mille = static_cast<std::uint64_t>((Wide{part} * 1'000 + whole / 2) / whole);
  return fmt::format("{}.{} %", per_mille / 10, per_mille % 10);
}

std::string instant_text(Time time) {
  const std::int64_t ns = nanoseconds(time);
  std::string text = fmt::format("{}.{:09}", ns / 1'000'000'000, ns % 1'000'000'000);
  for (int i = 0; i < 2 && text.ends_with("000"); ++i) text.resize(text.size() - 3);
  return text + " s";
}

std::string length_text(Duration duration) {
  using namespace std::chrono;
  if (duration >= 100h) return orrery::to_text(Duration(floor<hours>(duration)));
  if (duration >= 10h)
    return fmt::format("{}h {}m", duration / 1h, floor<minutes>(duration % 1h).count());
  if (duration >= 1min) return orrery::to_text(Duration(floor<seconds>(duration)));
  if (duration >= 10s) return orrery::to_text(Duration(floor<milliseconds>(duration)));
  return orrery::to_text(duration);
}

std::string wall_text(Duration duration) {
  const std::int64_t ns = duration.count();
  if (ns < 95'000'000) return fmt::format("{} ms", (ns + 500'000) / 1'000'000);
  const std::int64_t tenths = (ns + 50'000'000) / 100'000'000;
  return fmt::format("{}.{} s", with_separators(static_cast<std::uint64_t>(tenths / 10)), tenths % 10);
}

std::string fingerprint_text(std::uint64_t fingerprint) {
  const std::string hex = fmt::format("{:016x}", fingerprint);
  return fmt::format("{} {} {} {}", hex.substr(0, 4), hex.substr(4, 4), hex.substr(8, 4), hex.substr(12));
}

std::size_t display_width(std::string_view text) {
  std::size_t width = 0;
  while (!text.empty()) {
    if (text.starts_with("\x1b[")) {
      const std::size_t end = text.find('m');
      text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
      continue;
    }
    const char32_t point = take_code_point(text);
    width += is_in(combining, point) ? 0 : is_in(wide, point) ? 2 : 1;
  }
  return width;
}

std::string padded_left(std::string_view text, std::size_t width) {
  const std::size_t taken = display_width(text);
  return std::string(taken < width ? width - taken : 0, ' ') + std::string(text);
}

std::string padded_right(std::string_view text, std::size_t width) {
  const std::size_t taken = display_width(text);
  return std::string(text) + std::string(taken < width ? width - taken : 0, ' ');
}

std::string wrapped(std::string_view text, std::size_t indent, const Style& style) {
  const std::size_t width = columns_of(style);
  std::string all;
  std::string line;
  const auto end_line = [&] {
    if (!line.empty()) all += std::string(indent, ' ') + line + "\n";
    line.clear();
  };
  while (!text.empty()) {
    const std::size_t end = std::min(text.find_first_of(" \n"), text.size());
    const std::string_view word = text.substr(0, end);
    const bool breaks = end < text.size() && text[end] == '\n';
    text.remove_prefix(std::min(end + 1, text.size()));
    if (!word.empty()) {
      if (!line.empty() && indent + display_width(line) + 1 + display_width(word) > width) end_line();
      if (!line.empty()) line += ' ';
      line += word;
    }
    if (breaks) end_line();
  }
  end_line();
  return all;
}

void Table::row(std::vector<std::string> cells) {
  PRECONDITION(cells.size() == columns_.size(), "{} cells in {} columns", cells.size(), columns_.size());
  rows_.push_back({.cells = std::move(cells), .lines = {}});
}

void Table::lines(std::string text) { rows_.push_back({.cells = {}, .lines = std::move(text)}); }

Table::Width Table::width_of(std::size_t column) const {
  Width width{.all = std::max(columns_[column].width_min, display_width(columns_[column].head))};
  if (!columns_[column].left)
    for (const Row& row : rows_)
      if (!row.cells.empty()) width.decimals = std::max(width.decimals, digits_after_point(row.cells[column]));
  for (const Row& row : rows_) {
    if (row.cells.empty()) continue;
    const std::string& cell = row.cells[column];
    const std::size_t digits = digits_after_point(cell);
    const std::size_t shift = digits == 0 || columns_[column].left ? 0 : width.decimals - digits;
    width.all = std::max(width.all, display_width(cell) + shift);
  }
  return width;
}

std::string Table::line(const std::vector<std::string>& cells,
                        const std::vector<std::optional<Width>>& widths) const {
  std::string line;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (!widths[i]) continue;
    if (i > 0) line += "  ";
    line += columns_[i].left ? padded_right(cells[i], widths[i]->all) : padded_left(cells[i], widths[i]->all);
  }
  line.erase(line.find_last_not_of(' ') + 1);
  return line + "\n";
}

std::string Table::text(const Style& style) const {
  std::vector<std::optional<Width>> widths;
  std::size_t taken = 0;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    widths.push_back(width_of(i));
    taken += widths[i]->all + (i > 0 ? 2 : 0);
  }
  while (taken > columns_of(style)) {
    std::size_t next = columns_.size();
    for (std::size_t i = 1; i < columns_.size(); ++i)
      if (widths[i] && columns_[i].gives_way > (next < columns_.size() ? columns_[next].gives_way : 0)) next = i;
    if (next == columns_.size()) break;
    taken -= widths[next]->all + 2;
    widths[next].reset();
  }

  std::string text;
  std::vector<std::string> heads;
  heads.reserve(columns_.size());
  for (const Column& column : columns_) heads.push_back(column.head);
  if (std::ranges::any_of(heads, [](const std::string& head) { return !head.empty(); })) text += line(heads, widths);
  for (const Row& row : rows_) {
    if (row.cells.empty()) {
      text += row.lines;
      continue;
    }
    std::vector<std::string> cells = row.cells;
    for (std::size_t i = 0; i < cells.size(); ++i) {
      const std::size_t digits = digits_after_point(cells[i]);
      if (widths[i] && !columns_[i].left && digits > 0) cells[i].append(widths[i]->decimals - digits, ' ');
    }
    text += line(cells, widths);
  }
  return text;
}

}  // namespace orrery::reports
