// Numbers and times as recordings write them, in whole numbers.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "core/base/time.h"

namespace orrery::scenarios {

// How the column of times is to be read.
struct TimeForm {
  Duration unit = 1s;
  bool may_be_epoch_ns = false;  // whole numbers from 10^15 on are nanoseconds, whatever the unit
};

// Of a column of this name, when nobody says its unit: seconds, unless the name ends in _ms, _us or _ns.
TimeForm usual_time_form(std::string_view column);

// No time is further than this from zero: 146 years. So the time between two of them can be told, too.
constexpr std::int64_t recorded_ns_max = (std::int64_t{1} << 62) - 1;

// In nanoseconds: from 1970 for a date, else from wherever the numbers count. Nothing, if the text is neither a
// number (a sign, a point and an exponent may be in it) nor a time of RFC 3339, or is too far from zero.
//
//   2015-05-17T10:05:03.25Z   2015-05-17 12:05:03+02:00   20:05:03 after a date, +0200, +02, UTC, and no offset,
//   which 2015-05-17                is Z, are read as well: databases write them
std::optional<std::int64_t> time_in(std::string_view text, const TimeForm& form);

// A number from 0 to 10^15 without a fraction other than zeros; 0 for a text that is empty or "-".
std::optional<std::uint64_t> whole_number_in(std::string_view text);

}  // namespace orrery::scenarios
