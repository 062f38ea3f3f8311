// Which column of a recording holds what.
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/file_error.h"
#include "scenarios/design/trace.h"

namespace orrery::scenarios {

// What a column can hold, and the names by which it is found if the plan gives none: the first of them that is there.
// Capitals do not matter.
struct ColumnRole {
  std::string_view holds;
  std::string TraceColumns::*name;
  std::string_view usual_names;  // a space between them
};

inline constexpr std::array<ColumnRole, 7> column_roles{{
    {"the time", &TraceColumns::time,
     "time time_s time_ms time_us time_ns timestamp ts @timestamp datetime date EdgeStartTimestamp"},
    {"the origin", &TraceColumns::from, "from region city country colo location EdgeColoCode ClientCountry"},
    {"the client", &TraceColumns::client, "client user user_id ip ClientIP"},
    {"the key", &TraceColumns::key, "key path url uri object id ClientRequestPath ClientRequestURI"},
    {"the operation", &TraceColumns::operation, "operation op method verb ClientRequestMethod"},
    {"the bytes", &TraceColumns::bytes, "bytes size ClientRequestBytes"},
    {"the count", &TraceColumns::count, "count requests hits"},
}};

// Of the letters A to Z.
std::string in_lower_case(std::string_view text);

// What the first lines say about the others.
struct TraceHead {
  static constexpr int objects_read = 100;  // for the names of their fields, at most

  bool is_json = false;
  std::uint64_t line = 0;  // the first that is no comment: the header of CSV, or an object
  std::string text;
  std::vector<std::string> names;  // of the columns, or of the fields of the first objects, in their order
};
std::expected<TraceHead, FileError> read_head(const std::string& path);

// The plan's columns, and those that are found by their usual names.
std::expected<TraceColumns, FileError> columns_in_use(const TraceHead& head, const TracePlan& plan);

}  // namespace orrery::scenarios
