#include "scenarios/design/trace_rows.h"

#include <algorithm>
#include <cstddef>
#include <span>
#include <utility>

namespace orrery::scenarios {
namespace {

// By their places in column_roles.
enum Role : std::size_t { time_role, from_role, client_role, key_role, operation_role, bytes_role, count_role };

TimeForm time_form_of(const TracePlan& plan, const TraceColumns& columns) {
  return plan.unit > Duration::zero() ? TimeForm{.unit = plan.unit} : usual_time_form(columns.time);
}

// From one time to a later one in the whole recording.
std::expected<Duration, FileError> shortest_step(TracePlan plan) {
  plan.interval = 1s;  // of no consequence
  auto rows = TraceRows::open(plan);
  if (!rows) return std::unexpected(rows.error());
  std::optional<Duration> shortest;
  Duration before{};
  while (const TraceRow* row = (*rows)->next()) {
    const Duration step = row->at - before;
    if (step > Duration::zero()) shortest = std::min(shortest.value_or(step), step);
    before = row->at;
  }
  return shortest.value_or(1s);
}

}  // namespace

// --- One line ---

RowParser::RowParser(const TraceHead& head, const TraceColumns& columns, const TimeForm& time_form)
    : time_form_(time_form), columns_(head.names.size()) {
  std::vector<std::string> wanted;
  for (std::size_t role = 0; role < column_roles.size(); ++role) {
    const std::string& name = columns.*column_roles[role].name;
    place_[role] = -1;
    if (name.empty()) continue;
    if (head.is_json) {
      place_[role] = static_cast<int>(wanted.size());
      wanted.push_back(name);
    } else {
      place_[role] = static_cast<int>(std::ranges::find(head.names, name) - head.names.begin());
    }
  }
  if (head.is_json) json_.emplace(std::move(wanted));
}

std::string_view RowParser::fields_of(std::string_view text, std::span<const std::string_view>& fields) {
  if (json_) {
    if (!json_->read(text)) return "the line is no JSON object";
    fields = json_->fields();
    return {};
  }
  if (!csv_.read(text)) return "a quotation mark is not closed";
  fields = csv_.fields();
  if (fields.size() < columns_) return "columns are missing";
  if (fields.size() > columns_) return "there are more columns than names of columns";
  return {};
}

std::string_view RowParser::parse(const TraceFile::Line& line, RecordedRow& recorded) {
  if (line.state == TraceFile::State::too_long) return "the line is longer than 1 MB";
  if (line.state == TraceFile::State::not_utf8) return "the line is not UTF-8 text";
  std::span<const std::string_view> fields;
  if (const std::string_view wrong = fields_of(line.text, fields); !wrong.empty()) return wrong;
  const auto field = [&](Role role) {
    return place_[role] < 0 ? std::string_view() : fields[static_cast<std::size_t>(place_[role])];
  };
  const auto time_ns = time_in(field(time_role), time_form_);
  if (!time_ns) return "the time cannot be read";
  const auto bytes = whole_number_in(field(bytes_role));
  if (!bytes) return "the bytes are no whole number";
  const std::string_view count_text = field(count_role);
  const auto count = count_text.empty() ? 1 : whole_number_in(count_text);
  if (!count) return "the count is no whole number";
  recorded.time_ns = *time_ns;
  TraceRow& row = recorded.row;
  row.line = line.number;
  row.from = field(from_role);
  row.client = field(client_role);
  row.key = field(key_role);
  row.operation = field(operation_role);
  row.bytes = *bytes;
  row.count = *count;
  return {};
}

// --- Lines that come late ---

bool LateWindow::comes_later(const Place& a, const Place& b) {
  return a.time_ns != b.time_ns ? a.time_ns > b.time_ns : a.line > b.line;
}

void LateWindow::put(const RecordedRow& recorded) {
  if (free_.empty()) free_.push_back(&slots_.emplace_back());
  Held* held = free_.back();
  free_.pop_back();
  held->recorded = recorded;
  TraceRow& row = held->recorded.row;
  held->texts.clear();
  for (const std::string_view text : {row.from, row.client, row.key, row.operation}) held->texts += text;
  const char* at = held->texts.data();
  for (std::string_view* text : {&row.from, &row.client, &row.key, &row.operation}) {
    *text = {at, text->size()};
    at += text->size();
  }
  order_.push_back({recorded.time_ns, row.line, held});
  std::ranges::push_heap(order_, comes_later);
}

const RecordedRow& LateWindow::take() {
  if (taken_) free_.push_back(taken_);
  std::ranges::pop_heap(order_, comes_later);
  taken_ = order_.back().held;
  order_.pop_back();
  return taken_->recorded;
}

// --- All lines ---

std::expected<std::unique_ptr<TraceRows>, FileError> TraceRows::open(const TracePlan& plan, Sha256* digest) {
  const auto head = read_head(plan.file);
  if (!head) return std::unexpected(head.error());
  const auto columns = columns_in_use(*head, plan);
  if (!columns) return std::unexpected(columns.error());
  TracePlan complete = plan;
  if (!columns->count.empty() && plan.interval <= Duration::zero()) {
    const auto step = shortest_step(plan);
    if (!step) return std::unexpected(step.error());
    complete.interval = *step;
  }
  auto file = TraceFile::open(plan.file, digest);
  if (!file) return std::unexpected(file.error());
  return std::unique_ptr<TraceRows>(new TraceRows(std::move(*file), *head, *columns, complete));
}

TraceRows::TraceRows(std::unique_ptr<TraceFile> file, const TraceHead& head, const TraceColumns& columns,
                     const TracePlan& plan)
    : file_(std::move(file)),
      columns_(columns),
      parser_(head, columns, time_form_of(plan, columns)),
      header_line_(head.is_json ? 0 : head.line),
      late_ns_(std::min(nanoseconds(plan.late), recorded_ns_max)),
      interval_(columns.count.empty() ? Duration::zero() : plan.interval) {}

const TraceRow* TraceRows::next() {
  if (late_ns_ == 0) return read() ? handed_out(read_) : nullptr;
  while (window_.empty() || window_.first_time_ns() > *newest_ns_ - late_ns_) {
    if (!read()) break;
    window_.put(read_);
  }
  return window_.empty() ? nullptr : handed_out(window_.take());
}

// The next row as the file has it, unless it is too late.
bool TraceRows::read() {
  while (const TraceFile::Line* line = file_->next()) {
    if (line->number == header_line_) continue;
    std::string_view wrong = parser_.parse(*line, read_);
    if (wrong.empty() && newest_ns_ && read_.time_ns < *newest_ns_ - late_ns_)
      wrong = "the line goes back in time by more than `late`";
    if (!wrong.empty()) {
      skipped_.add(wrong, line->number);
      continue;
    }
    newest_ns_ = std::max(newest_ns_.value_or(read_.time_ns), read_.time_ns);
    return true;
  }
  const std::string& refusal = file_->refusal();
  if (!refusal.empty() && !skipped_.reasons.contains(refusal)) skipped_.add(refusal, file_->lines() + 1);
  return false;
}

const TraceRow* TraceRows::handed_out(const RecordedRow& recorded) {
  if (!first_ns_) first_ns_ = recorded.time_ns;
  row_ = recorded.row;
  row_.at = Duration{recorded.time_ns - *first_ns_};
  row_.interval = interval_;
  return &row_;
}

}  // namespace orrery::scenarios
