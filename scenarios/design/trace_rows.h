// The rows of a recording, from lines to the order of their times.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/file_error.h"
#include "core/base/sha256.h"
#include "scenarios/design/trace.h"
#include "scenarios/design/trace_columns.h"
#include "scenarios/design/trace_file.h"
#include "scenarios/design/trace_lines.h"
#include "scenarios/design/trace_time.h"

namespace orrery::scenarios {

// A row before it is known which is the first. Its `at` is not set.
struct RecordedRow {
  std::int64_t time_ns = 0;
  TraceRow row;
};

class RowParser {
 public:
  RowParser(const TraceHead& head, const TraceColumns& columns, const TimeForm& time_form);

  // Why the line is no row, as a sentence without its stop; empty if it is one. The row's texts live as long as the
  // line, and until the next call.
  std::string_view parse(const TraceFile::Line& line, RecordedRow& recorded);

 private:
  std::string_view fields_of(std::string_view text, std::span<const std::string_view>& fields);

  TimeForm time_form_;
  std::size_t columns_ = 0;                       // of CSV
  std::array<int, column_roles.size()> place_{};  // among the fields of a line; -1: nowhere
  CsvLine csv_;
  std::optional<JsonLine> json_;
};

// Rows that are held until no earlier one can come. Of one time, the first line is the first.
class LateWindow {
 public:
  bool empty() const { return order_.empty(); }
  std::int64_t first_time_ns() const { return order_.front().time_ns; }

  void put(const RecordedRow& recorded);
  // Its texts live until the next call.
  const RecordedRow& take();

 private:
  struct Held {
    RecordedRow recorded;
    std::string texts;
  };
  struct Place {
    std::int64_t time_ns = 0;
    std::uint64_t line = 0;
    Held* held = nullptr;
  };
  static bool comes_later(const Place& a, const Place& b);

  std::deque<Held> slots_;
  std::vector<Held*> free_;
  std::vector<Place> order_;  // a heap: the first is in front
  Held* taken_ = nullptr;
};

class TraceRows {
 public:
  // What is read goes into the digest, if there is one; it must outlive this.
  static std::expected<std::unique_ptr<TraceRows>, FileError> open(const TracePlan& plan, Sha256* digest = nullptr);

  const TraceRow* next();
  const TraceSkips& skipped() const { return skipped_; }
  std::uint64_t lines() const { return file_->lines(); }
  const std::string& refusal() const { return file_->refusal(); }
  const TraceColumns& columns() const { return columns_; }
  // Of counts; else zero.
  Duration interval() const { return interval_; }

 private:
  TraceRows(std::unique_ptr<TraceFile> file, const TraceHead& head, const TraceColumns& columns,
            const TracePlan& plan);

  bool read();
  const TraceRow* handed_out(const RecordedRow& recorded);

  std::unique_ptr<TraceFile> file_;
  TraceColumns columns_;
  RowParser parser_;
  std::uint64_t header_line_;  // that holds no row; 0: none
  std::int64_t late_ns_;
  Duration interval_{};
  RecordedRow read_;
  TraceRow row_;
  LateWindow window_;
  std::optional<std::int64_t> newest_ns_;
  std::optional<std::int64_t> first_ns_;
  TraceSkips skipped_;
};

}  // namespace orrery::scenarios
