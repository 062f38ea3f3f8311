// Requests that were recorded elsewhere, to be sent again: CSV or JSON Lines, read as a stream.
//
//   time,from,client,key,operation,bytes          any of these but the time may be missing, in any order
//   0.120,LHR,u1,/seats/7,GET,512                 # a line that begins with # is left out
//   {"EdgeStartTimestamp":"2015-05-17T10:05:03Z","EdgeColoCode":"FRA","ClientRequestPath":"/"}
//   time_s,requests                               counts: so many requests in the interval that begins then
//
// The first line that is no comment names the columns, or is an object. Times are numbers of `unit`, or RFC 3339 (an
// offset that is left out is Z, a time that is left out is midnight); what is finer than a nanosecond is cut off. The
// first one is instant 0 of the run; `speed` divides the others. Lines that cannot be used are skipped, counted and
// named; they never end the run. A quoted field of CSV ends on the line where it begins.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/file_error.h"
#include "core/base/time.h"

namespace orrery::scenarios {

// The columns of a CSV file or the fields of JSON objects that hold these; empty: it holds none. Nested fields of
// JSON are written with dots.
struct TraceColumns {
  std::string time;
  std::string from;    // a region's hint, a city's name or code, an airport's code (data centers) or a country's
  std::string client;  // whoever has the same text is the same client
  std::string key;
  std::string operation;
  std::string bytes;
  std::string count;
  friend bool operator==(const TraceColumns&, const TraceColumns&) = default;
};

struct TracePlan {
  std::string file;
  std::string digest;  // SHA-256 of its bytes, hexadecimal: the experiment is a value, and a file can change
  TraceColumns columns;
  // As recorded, and the call of the mix that it is. A recorded operation that is not among them is the call of its
  // own name. If there is no such call, the row is not sent; but if nothing stands here, its call is drawn, as it is
  // for a row without an operation.
  std::vector<std::pair<std::string, std::string>> operations;
  // Of times that are plain numbers. Zero: as the column's name ends, in _s, _ms, _us or _ns, else a second. Plain
  // numbers of EdgeStartTimestamp may then be nanoseconds since 1970, too, which their size tells.
  Duration unit{};
  std::int64_t speed_millionths = 1'000'000;  // 50'000'000: the day in half an hour
  // Times given in whole seconds are no bursts: each request comes at a drawn moment within so long after its time.
  Duration spread{};
  // A line may come so much later in the file than its time wants, and is put in its place. Of the recording's time.
  Duration late{};
  // How long each count lasts, in the recording's time. Zero: the shortest step in the whole file from one time to a
  // later one, or 1 s if there is none. Not the step to the next row: an interval without requests may have no row.
  Duration interval{};
  friend bool operator==(const TracePlan&, const TracePlan&) = default;
};

// One line. The texts live until the next call of the reader.
struct TraceRow {
  std::uint64_t line = 0;
  Duration at{};  // since the first row, as recorded: neither speed nor spread are in it
  std::string_view from;
  std::string_view client;
  std::string_view key;
  std::string_view operation;
  std::uint64_t bytes = 0;
  std::uint64_t count = 1;
  Duration interval{};  // in which the count came, from `at` on; zero if the recording has no counts
};

// Why lines were skipped, and how many; with the first line of each.
struct TraceSkips {
  struct Reason {
    std::uint64_t lines = 0;
    std::uint64_t first_line = 0;
    std::string example{};  // what the first line has, if that says more; shortened
    bool and_later = false;  // all that comes later, too, which was not counted
  };
  std::map<std::string, Reason, std::less<>> reasons;  // a sentence without its stop
  void add(std::string_view reason, std::uint64_t line, std::string_view example = {});
  void add_all_from(std::string_view reason, std::uint64_t line);
};

// A sentence for each reason: "3 lines were skipped, the first is line 7: the time cannot be read".
std::vector<std::string> to_texts(const TraceSkips& skips, std::string_view one, std::string_view fate);

// What a recording is like, of the whole file and in its own time.
struct TraceFacts {
  std::uint64_t lines = 0;  // all of the file, with those that were skipped
  std::uint64_t requests = 0;
  Duration lasts{};  // from the first to the last, and its interval, or the plan's spread
  // Requests in the busiest second, of those that begin whole seconds after the first row. Counts of longer intervals
  // are spread evenly, and the sum is rounded up.
  std::uint64_t peak = 0;
  Duration peak_at{};
  std::uint64_t keys = 0;                  // different ones
  bool keys_are_all = true;                // else there are more, but not all can be told apart (trace_keys.h)
  std::string busiest_key;                 // of several the first in the alphabet
  std::uint64_t busiest_key_requests = 0;  // at most so many, and at most `busiest_key_error` fewer
  std::uint64_t busiest_key_error = 0;
  std::uint64_t bytes = 0;
  TraceSkips skipped;
  static constexpr std::size_t keys_counted_max = 1'000'000;
};

class TraceRows;

class TraceReader {
 public:
  // Opens the file and reads its first lines. Columns that are left empty are found by their usual names
  // (trace_columns.h); the error says which are there when none holds the time. The system's refusal is an error with
  // `line` 0. If the plan leaves the interval of counts open, the whole file is read for it.
  static std::expected<TraceReader, FileError> open(const TracePlan& plan);
  TraceReader(TraceReader&&) noexcept;
  TraceReader& operator=(TraceReader&&) noexcept;
  ~TraceReader();

  // The next row in order of time; nullptr at the end.
  const TraceRow* next();
  // So far. If the system refuses to read on, that is a reason too, and the end.
  const TraceSkips& skipped() const;
  std::uint64_t lines() const;
  // The columns in use, those that were found by their names among them.
  const TraceColumns& columns() const;

 private:
  explicit TraceReader(std::unique_ptr<TraceRows> rows);

  std::unique_ptr<TraceRows> rows_;
};

// Reads the whole file: its facts, and the plan with its digest, its columns and the interval of its counts filled
// in. If the plan has a digest already and the file has another, that is the error.
struct ScannedTrace {
  TracePlan plan;
  TraceFacts facts;
};
std::expected<ScannedTrace, FileError> scan_trace(const TracePlan& plan);

// The location hint ("weur") for a hint, an airport's code in capitals as data centers are named by ("LHR"), or a
// country's two letters ("GB"); nothing if the text is none of these. Of a city's own name and code the topology
// knows.
std::optional<std::string_view> hint_of_origin(std::string_view text);

}  // namespace orrery::scenarios
