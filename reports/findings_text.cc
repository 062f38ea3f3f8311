#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "reports/run_blocks.h"

namespace orrery::reports {
namespace {

// Where nothing is wrong there is nothing to find.
bool shows_findings(const RunSummary& run, const Style& style) { return style.verbose || !meets_all_objectives(run); }

std::span<const Finding> shown_findings(const RunSummary& run) {
  return std::span(run.findings).first(std::min(findings_shown_max, run.findings.size()));
}

// "  1  hot-object: one object …", and the lines that follow below its words.
std::string numbered(std::size_t number, const Finding& finding, const Style& style) {
  std::string text = wrapped(fmt::format("{}: {}", finding.rule, finding.text), 5, style);
  text.replace(0, 5, fmt::format("{:>3}  ", number));
  if (!finding.next.empty()) text += fmt::format("     next: {}\n", finding.next);
  return text;
}

std::string closed_loop_lines(const RunSummary& run, const Style& style) {
  const ClosedLoopView& view = *run.closed_loop;
  const bool is_shorter = view.counted < run.duration - run.warmup;
  return wrapped(fmt::format("A closed-loop load test of {} at the same mean rate{} would have shown p99 {} ms",
                             counted(view.connections, "connection", "connections"),
                             is_shorter ? fmt::format(", {} long,", length_text(view.counted)) : "",
                             milliseconds_text(view.p99)),
                 2, style);
}

}  // namespace

bool meets_all_objectives(const RunSummary& run) {
  return !run.objectives.empty() &&
         std::ranges::all_of(run.objectives, [](const Judged& each) { return each.kind == Judged::Kind::met; });
}

std::optional<std::string> next_command(const RunSummary& run, const Style& style) {
  if (!shows_findings(run, style)) return std::nullopt;
  for (const Finding& each : shown_findings(run))
    if (!each.next.empty()) return each.next;
  return std::nullopt;
}

std::string findings_block(const RunSummary& run, const Style& style) {
  if (!shows_findings(run, style)) return "";
  std::string text;
  std::size_t number = 0;
  for (const Finding& each : shown_findings(run)) text += numbered(++number, each, style);
  if (run.closed_loop) text += closed_loop_lines(run, style);
  return text.empty() ? "" : "\nFindings\n" + text;
}

std::string recording_block(const RunSummary& run, const Style& style) {
  std::string text;
  for (const std::string& line : run.trace_lines) text += wrapped(line, 2, style);
  return text.empty() ? "" : "\nRecording\n" + text;
}

}  // namespace orrery::reports
