#include "scenarios/design/trace.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/base/sha256.h"
#include "reports/text.h"
#include "scenarios/design/trace_keys.h"
#include "scenarios/design/trace_rows.h"
#include "scenarios/toml_text.h"

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

// To 60 bytes at most, and no character cut in two.
std::string shortened(std::string_view text) {
  constexpr std::size_t bytes_max = 60;
  if (text.size() <= bytes_max) return std::string(text);
  std::size_t end = bytes_max - 3;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  return std::string(text.substr(0, end)) + "...";
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

// 292 years stand for whatever is longer.
Duration later(Duration at, Duration by) { return at > Duration::max() - by ? Duration::max() : at + by; }

TraceFacts facts_of(TraceRows& rows, Duration spread) {
  TraceFacts facts;
  TraceKeys keys(TraceFacts::keys_counted_max);
  Peak peak(rows.interval());
  while (const TraceRow* row = rows.next()) {
    facts.requests = capped_sum(facts.requests, row->count);
    facts.bytes = capped_sum(facts.bytes, row->bytes);
    facts.lasts = later(row->at, std::max(spread, rows.interval()));
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

void TraceSkips::add(std::string_view reason, std::uint64_t line, std::string_view example) {
  auto found = reasons.find(reason);
  if (found == reasons.end()) found = reasons.emplace(reason, Reason{0, line, shortened(example)}).first;
  ++found->second.lines;
}

void TraceSkips::add_all_from(std::string_view reason, std::uint64_t line) {
  add(reason, line);
  reasons.find(reason)->second.and_later = true;
}

std::vector<std::string> to_texts(const TraceSkips& skips, std::string_view one, std::string_view fate) {
  std::vector<std::string> texts;
  for (const auto& [reason, which] : skips.reasons) {
    const std::string several = fmt::format("{}s", one);
    std::string text = which.and_later ? fmt::format("{} from line {} on were {}", several, which.first_line, fate)
                                       : fmt::format("{} {} {}, the first is line {}",
                                                     reports::counted(which.lines, one, several),
                                                     which.lines == 1 ? "was" : "were", fate, which.first_line);
    text += ": " + reason;
    if (!which.example.empty()) text += ", " + quoted(which.example);
    texts.push_back(std::move(text));
  }
  return texts;
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
  ScannedTrace scanned{plan, facts_of(**rows, plan.spread)};
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
