#include "scenarios/design/trace.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/base/sha256.h"
#include "scenarios/design/trace_keys.h"
#include "scenarios/design/trace_rows.h"

namespace orrery::scenarios {
namespace {

std::string hex(const Digest& digest) {
  std::string text;
  for (const std::uint8_t byte : digest) text += fmt::format("{:02x}", byte);
  return text;
}

FileError mistake(const std::string& path, std::string message, std::string note) {
  return {.file = path, .message = std::move(message), .line_text = {}, .hint = {}, .note = std::move(note)};
}

// The busiest of the stretches that follow one another from the first row on: seconds, or the intervals of counts if
// those are longer.
class Peak {
 public:
  explicit Peak(Duration interval) : stretch_(std::max<Duration>(interval, 1s)) {}

  void add(Duration at, std::uint64_t requests) {
    const std::int64_t stretch = at / stretch_;
    if (stretch != current_) sum_ = 0;
    current_ = stretch;
    sum_ = capped_sum(sum_, requests);
    if (sum_ <= highest_) return;
    highest_ = sum_;
    at_ = stretch * stretch_;
  }
  std::uint64_t requests_per_second() const {
    __extension__ using Wide = unsigned __int128;
    const auto stretch_ns = static_cast<std::uint64_t>(nanoseconds(stretch_));
    constexpr std::uint64_t second_ns = 1'000'000'000;
    return static_cast<std::uint64_t>((Wide{highest_} * second_ns + stretch_ns - 1) / stretch_ns);
  }
  Duration at() const { return at_; }

 private:
  Duration stretch_;
  std::int64_t current_ = -1;
  std::uint64_t sum_ = 0;
  std::uint64_t highest_ = 0;
  Duration at_{};
};

TraceFacts facts_of(TraceRows& rows) {
  TraceFacts facts;
  TraceKeys keys(TraceFacts::keys_counted_max);
  Peak peak(rows.interval());
  while (const TraceRow* row = rows.next()) {
    facts.requests = capped_sum(facts.requests, row->count);
    facts.bytes = capped_sum(facts.bytes, row->bytes);
    facts.lasts = row->at + rows.interval();
    peak.add(row->at, row->count);
    if (!row->key.empty() && row->count > 0) keys.add(row->key, row->count);
  }
  facts.lines = rows.lines();
  facts.peak = peak.requests_per_second();
  facts.peak_at = peak.at();
  facts.keys = keys.different();
  facts.keys_are_all = keys.are_all();
  TraceKeys::Counted busiest = keys.busiest();
  facts.busiest_key = std::move(busiest.key);
  facts.busiest_key_requests = busiest.requests;
  facts.busiest_key_error = busiest.error;
  facts.skipped = rows.skipped();
  return facts;
}

}  // namespace

void TraceSkips::add(std::string_view reason, std::uint64_t line) {
  auto found = reasons.find(reason);
  if (found == reasons.end()) found = reasons.emplace(reason, Reason{0, line}).first;
  ++found->second.lines;
}

std::expected<TraceReader, FileError> TraceReader::open(const TracePlan& plan) {
  auto rows = TraceRows::open(plan);
  if (!rows) return std::unexpected(std::move(rows.error()));
  return TraceReader(std::move(*rows));
}

TraceReader::TraceReader(std::unique_ptr<TraceRows> rows) : rows_(std::move(rows)) {}
TraceReader::TraceReader(TraceReader&&) noexcept = default;
TraceReader& TraceReader::operator=(TraceReader&&) noexcept = default;
TraceReader::~TraceReader() = default;

const TraceRow* TraceReader::next() { return rows_->next(); }
const TraceSkips& TraceReader::skipped() const { return rows_->skipped(); }
std::uint64_t TraceReader::lines() const { return rows_->lines(); }
const TraceColumns& TraceReader::columns() const { return rows_->columns(); }

std::expected<ScannedTrace, FileError> scan_trace(const TracePlan& plan) {
  Sha256 digest;
  const auto rows = TraceRows::open(plan, &digest);
  if (!rows) return std::unexpected(rows.error());
  ScannedTrace scanned{plan, facts_of(**rows)};
  if (!(*rows)->refusal().empty()) return std::unexpected(mistake(plan.file, (*rows)->refusal(), ""));
  scanned.plan.digest = hex(digest.digest());
  scanned.plan.columns = (*rows)->columns();
  scanned.plan.interval = (*rows)->interval();
  if (!plan.digest.empty() && plan.digest != scanned.plan.digest)
    return std::unexpected(mistake(plan.file, "the file is not the one that was recorded in the experiment",
                                   fmt::format("its SHA-256 is {}, expected {}", scanned.plan.digest, plan.digest)));
  return scanned;
}

}  // namespace orrery::scenarios
