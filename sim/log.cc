#include "sim/log.h"

#include <fmt/format.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/ostream_sink.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "core/base/invariant.h"

namespace orrery::sim {
namespace {

// The message's time, which is the node's: seconds with microseconds, cut off.
class NodeTime final : public spdlog::custom_flag_formatter {
 public:
  void format(const spdlog::details::log_msg& message, const std::tm&, spdlog::memory_buf_t& line) override {
    const std::int64_t us = std::chrono::floor<std::chrono::microseconds>(message.time.time_since_epoch()).count();
    fmt::format_to(std::back_inserter(line), "{:>5}.{:06}", us / 1'000'000, us % 1'000'000);
  }
  std::unique_ptr<custom_flag_formatter> clone() const override { return std::make_unique<NodeTime>(); }
};

// What the sink leaves out is never formatted: a node asks wants() first.
class SpdlogLog final : public Log {
 public:
  SpdlogLog(const LogSettings& settings, std::vector<std::string> node_names)
      : level_(settings.level), node_names_(std::move(node_names)), sink_(*settings.to) {
    for (const std::string& name : node_names_) width_ = std::max(width_, name.size());
    auto formatter = std::make_unique<spdlog::pattern_formatter>(spdlog::pattern_time_type::utc, "\n");
    formatter->add_flag<NodeTime>('*').set_pattern(fmt::format("%* %-{}n %L %v", std::min<std::size_t>(width_, 60)));
    sink_.set_formatter(std::move(formatter));
  }

  bool wants(ports::LogLevel level) const override {
    return level == ports::LogLevel::info ? level_ >= LogLevel::info : level_ >= LogLevel::debug;
  }
  void write(NodeId node, ports::LogLevel level, LocalTime when, std::string_view text) override {
    using Instant = spdlog::log_clock::time_point;
    const Instant at(std::chrono::duration_cast<Instant::duration>(when.time_since_epoch()));
    const auto severity = level == ports::LogLevel::info ? spdlog::level::info : spdlog::level::debug;
    sink_.log({at, spdlog::source_loc{}, node_names_.at(node.value), severity, {text.data(), text.size()}});
  }

 private:
  const LogLevel level_;
  const std::vector<std::string> node_names_;
  std::size_t width_ = 0;
  spdlog::sinks::ostream_sink_st sink_;
};

}  // namespace

std::unique_ptr<Log> make_log(const LogSettings& settings, std::vector<std::string> node_names) {
  if (settings.level == LogLevel::off) return nullptr;
  PRECONDITION(settings.to, "a log that is on needs somewhere to be written");
  return std::make_unique<SpdlogLog>(settings, std::move(node_names));
}

}  // namespace orrery::sim
