#include "scenarios/design/trace_columns.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstddef>
#include <limits>
#include <optional>
#include <set>
#include <utility>

#include "core/base/nearest.h"
#include "scenarios/design/trace_file.h"
#include "scenarios/design/trace_lines.h"

namespace orrery::scenarios {
namespace {

constexpr std::string_view wanted_forms =
    "expected CSV whose first line names the columns, as in time,from,client,key, or one JSON object a line";

// --- The first lines ---

FileError mistake(const std::string& path, std::uint64_t line, std::string message, std::string note) {
  return {.file = path,
          .line = static_cast<int>(std::min<std::uint64_t>(line, std::numeric_limits<int>::max())),
          .message = std::move(message),
          .line_text = {},
          .hint = {},
          .note = std::move(note)};
}

// What is wrong with a first line, whatever the columns are.
std::optional<FileError> first_line_mistake(const std::string& path, const TraceFile::Line& line) {
  const auto wrong = [&](std::string message, std::string_view note) {
    return mistake(path, line.number, std::move(message), std::string(note));
  };
  if (line.text.starts_with("\x1f\x8b") || line.text.starts_with("\x28\xb5\x2f\xfd"))
    return wrong("the file is compressed", "unpack it first");
  if (line.state == TraceFile::State::too_long) return wrong("the first line is longer than 1 MB", wanted_forms);
  if (line.state == TraceFile::State::not_utf8) return wrong("this is not UTF-8 text", "save it as UTF-8");
  if (line.text.starts_with('['))
    return wrong("this is a JSON array", "expected one JSON object a line; `jq -c '.[]'` makes it so");
  return std::nullopt;
}

std::expected<void, FileError> read_csv_names(const std::string& path, TraceHead& head) {
  CsvLine csv;
  if (!csv.read(head.text))
    return std::unexpected(mistake(path, head.line, "a quotation mark is not closed", std::string(wanted_forms)));
  head.names.assign(csv.fields().begin(), csv.fields().end());
  return {};
}

std::expected<void, FileError> read_json_names(const std::string& path, TraceHead& head, TraceFile& file) {
  std::string text = head.text;
  std::set<std::string> seen;
  for (int read = 0; read < TraceHead::objects_read; ++read) {
    for (std::string& name : JsonLine::names_in(text))
      if (seen.insert(name).second) head.names.push_back(std::move(name));
    const TraceFile::Line* line = file.next();
    if (line == nullptr) break;
    text = line->state == TraceFile::State::whole ? line->text : "";
  }
  if (!head.names.empty()) return {};
  return std::unexpected(mistake(path, head.line, "the first lines are no JSON objects with fields",
                                 "expected one object a line; `jq -c .` makes it so"));
}

// --- Columns ---

std::string found_by_usual_name(const TraceHead& head, std::string_view usual_names) {
  while (!usual_names.empty()) {
    const std::size_t space = std::min(usual_names.find(' '), usual_names.size());
    const std::string usual = in_lower_case(usual_names.substr(0, space));
    usual_names.remove_prefix(std::min(space + 1, usual_names.size()));
    for (const std::string& name : head.names)
      if (in_lower_case(name) == usual) return name;
  }
  return "";
}

FileError column_mistake(const TraceHead& head, const std::string& path, std::string message, std::string note) {
  constexpr std::size_t shown_bytes_max = 200;
  constexpr std::size_t listed_max = 40;
  FileError error = mistake(path, head.line, std::move(message), "");
  if (head.text.size() <= shown_bytes_max) error.line_text = head.text;
  const std::size_t listed = std::min(head.names.size(), listed_max);
  error.note =
      fmt::format("there are: {}{}{}",
                  fmt::join(head.names.begin(), head.names.begin() + static_cast<std::ptrdiff_t>(listed), ", "),
                  listed < head.names.size() ? ", ..." : "", note);
  return error;
}

FileError no_such_column(const TraceHead& head, const std::string& path, const ColumnRole& role,
                         const std::string& name) {
  FileError error = column_mistake(
      head, path, fmt::format("there is no {} \"{}\" for {}", head.is_json ? "field" : "column", name, role.holds),
      "");
  if (const auto nearest = nearest_name(name, head.names)) error.hint = fmt::format("did you mean \"{}\"?", *nearest);
  return error;
}

FileError no_time(const TraceHead& head, const std::string& path) {
  std::string usual(column_roles.front().usual_names);
  FileError error =
      column_mistake(head, path, fmt::format("no {} holds the time", head.is_json ? "field" : "column"),
                     fmt::format("; the time is found by one of the names {}, or by the plan's", usual));
  if (!head.is_json) error.hint = "the first line must name the columns";
  return error;
}

}  // namespace

std::string in_lower_case(std::string_view text) {
  std::string lower(text);
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return lower;
}

std::expected<TraceHead, FileError> read_head(const std::string& path) {
  auto file = TraceFile::open(path);
  if (!file) return std::unexpected(file.error());
  const TraceFile::Line* first = (*file)->next();
  if (first == nullptr) return std::unexpected(mistake(path, 0, "there is no line in it", std::string(wanted_forms)));
  if (auto wrong = first_line_mistake(path, *first)) return std::unexpected(std::move(*wrong));
  TraceHead head{first->text.starts_with('{'), first->number, std::string(first->text), {}};
  const auto named = head.is_json ? read_json_names(path, head, **file) : read_csv_names(path, head);
  if (!named) return std::unexpected(named.error());
  return head;
}

std::expected<TraceColumns, FileError> columns_in_use(const TraceHead& head, const TracePlan& plan) {
  TraceColumns columns = plan.columns;
  for (const ColumnRole& role : column_roles) {
    std::string& name = columns.*role.name;
    if (name.empty()) {
      name = found_by_usual_name(head, role.usual_names);
    } else if (std::ranges::find(head.names, name) == head.names.end()) {
      return std::unexpected(no_such_column(head, plan.file, role, name));
    }
  }
  if (columns.time.empty()) return std::unexpected(no_time(head, plan.file));
  return columns;
}

}  // namespace orrery::scenarios
