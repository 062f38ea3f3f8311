// A history as text: one record a line.
//
//   line    = time ' ' node ' ' event { ' ' field '=' value }
//   time    = nanoseconds since the world began
//   node    = the number of the node where it was seen
//   event   = its name, such as called
//   field   = its name; all fields of the event, in the order of its fields()
//   value   = number, for ids, counts, instants and durations (nanoseconds)
//           | 64 hexadecimal digits, for an object
//           | ok | failed | unknown, for a status
//           | call | continuation, for a kind of turn
//           | reply | fetch | call, for a kind of output
//           | evicted | aborted | storage_failed, for the end of an instance
//           | null | true | false | integer | real | text, for what a call carries; a real has a '.', an
//             exponent, or is nan or inf; text stands in quotes, in which \" \\ and \u00XX are escapes
//
//   1204500000 3 turn_started object=00…2a instance=1 turn=4 kind=call call=17 stub=2 sequence=5 ends=1205000000
//
// What is written can be read back, and is then the same record.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "core/journal/event.h"

namespace orrery::journal {

// Appends the line, without its end.
void write(std::string& out, const Record& record);

// Or what is wrong with the line.
std::expected<Record, std::string> read_record(std::string_view line);

}  // namespace orrery::journal
