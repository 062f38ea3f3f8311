#include "reports/trace_events.h"

#include <fmt/format.h>

#include <iterator>
#include <utility>

#include "core/base/invariant.h"
#include "reports/json_text.h"
#include "reports/text.h"

namespace orrery::reports {
namespace {

template <class... Args>
void append(std::string& out, fmt::format_string<Args...> format, Args&&... args) {
  fmt::format_to(std::back_inserter(out), format, std::forward<Args>(args)...);
}

// Process 0 is the idle one.
std::uint64_t process_of(NodeId node) { return std::uint64_t{node.value} + 1; }

std::string line_of(std::string_view phase, NodeId node) {
  return fmt::format(R"({{"ph":"{}","pid":{})", phase, process_of(node));
}

void add_time(std::string& line, Time at) {
  const std::int64_t ns = nanoseconds(at);
  append(line, R"(,"ts":{}.{:03})", ns / 1000, ns % 1000);
}

void add_thread(std::string& line, TraceEvents::Track track) {
  if (track.thread != 0) append(line, R"(,"tid":{})", track.thread);
}

void add_text(std::string& line, std::string_view name, std::string_view text) {
  append(line, R"(,"{}":)", name);
  append_json(line, text);
}

void add_id(std::string& line, std::uint64_t id) { append(line, R"(,"id2":{{"local":"{:#x}"}})", id); }

void add_args(std::string& line, const TraceArgs& args) {
  if (!args.text().empty()) append(line, R"(,"args":{{{}}})", args.text());
}

}  // namespace

TraceArgs& TraceArgs::add(std::string_view name, std::string_view text) {
  if (!text_.empty()) text_ += ',';
  append_json(text_, name);
  text_ += ':';
  append_json(text_, text);
  return *this;
}

TraceArgs& TraceArgs::add(std::string_view name, std::uint64_t number) {
  if (!text_.empty()) text_ += ',';
  append_json(text_, name);
  append(text_, ":{}", number);
  return *this;
}

TraceEvents::TraceEvents(WriteText write, const TraceBounds& bounds, TraceLabels labels)
    : bounds_(bounds), labels_(std::move(labels)), out_(std::move(write)) {
  out_.add("{\"traceEvents\":[");
}

bool TraceEvents::name_process(Time at, NodeId node, std::string_view name) {
  if (!admits(at, 2)) return false;
  std::string line = line_of("M", node) + R"(,"name":"process_name","args":{"name":)";
  append_json(line, name);
  put(line + "}");
  put(line_of("M", node) +
      fmt::format(R"(,"name":"process_sort_index","args":{{"sort_index":{}}})", process_of(node)));
  return true;
}

bool TraceEvents::name_thread(Time at, Track track, std::string_view name) {
  if (!admits(at, 1)) return false;
  std::string line = line_of("M", track.node);
  add_thread(line, track);
  line += R"(,"name":"thread_name","args":{"name":)";
  append_json(line, name);
  put(line + "}");
  return true;
}

TraceEvents::Slice TraceEvents::begin_on_thread(Time at, Track track, std::string_view name, const TraceArgs& args) {
  if (!admits(at, 2)) return 0;
  std::string line = line_of("B", track.node);
  add_thread(line, track);
  add_time(line, at);
  line += R"(,"cat":"turn")";
  add_text(line, "name", name);
  add_args(line, args);
  put(std::move(line));
  return opened({.track = track, .category = {}, .name = {}});
}

TraceEvents::Slice TraceEvents::begin(Time at, NodeId node, std::string_view category, std::uint64_t id,
                                      std::string_view name, const TraceArgs& args) {
  if (!admits(at, 2)) return 0;
  std::string line = line_of("b", node);
  add_time(line, at);
  add_text(line, "cat", category);
  add_id(line, id);
  add_text(line, "name", name);
  add_args(line, args);
  put(std::move(line));
  return opened({.track = {node}, .category = category, .id = id, .name = std::string(name)});
}

TraceEvents::Slice TraceEvents::opened(Open open) {
  open_.emplace(++slices_, std::move(open));
  return slices_;
}

void TraceEvents::end(Time at, Slice& slice, const TraceArgs& args) {
  const auto found = open_.find(std::exchange(slice, 0));
  if (is_closed_ || found == open_.end()) return;
  const Open open = std::move(found->second);
  open_.erase(found);
  write_end(at, open, args);
}

void TraceEvents::write_end(Time at, const Open& open, const TraceArgs& args) {
  const bool is_on_thread = open.category.empty();
  std::string line = line_of(is_on_thread ? "E" : "e", open.track.node);
  add_thread(line, open.track);
  add_time(line, at);
  if (!is_on_thread) {
    add_text(line, "cat", open.category);
    add_id(line, open.id);
    add_text(line, "name", open.name);
  }
  add_args(line, args);
  put(std::move(line));
}

bool TraceEvents::mark(Time at, NodeId node, std::string_view category, std::uint64_t id, std::string_view name,
                       const TraceArgs& args) {
  if (!admits(at, 1)) return false;
  std::string line = line_of("n", node);
  add_time(line, at);
  add_text(line, "cat", category);
  add_id(line, id);
  add_text(line, "name", name);
  add_args(line, args);
  put(std::move(line));
  return true;
}

bool TraceEvents::instant(Time at, Track track, Scope scope, std::string_view category, std::string_view name,
                          const TraceArgs& args) {
  if (!admits(at, 1)) return false;
  constexpr std::string_view letters[] = {"t", "p", "g"};
  std::string line = line_of("i", track.node);
  add_thread(line, track);
  add_time(line, at);
  add_text(line, "s", letters[static_cast<std::size_t>(scope)]);
  add_text(line, "cat", category);
  add_text(line, "name", name);
  add_args(line, args);
  put(std::move(line));
  return true;
}

bool TraceEvents::count(Time at, NodeId node, std::string_view name, std::uint64_t number) {
  if (!admits(at, 1)) return false;
  std::string line = line_of("C", node);
  add_time(line, at);
  add_text(line, "name", name);
  append(line, R"(,"args":{{"waiting":{}}})", number);
  put(std::move(line));
  return true;
}

// An arrow is the number of the line that it leaves from, from 1.
TraceEvents::Arrow TraceEvents::arrow_from_last() {
  if (is_closed_) return 0;
  INVARIANT(!window_.empty(), "the last event of {} is gone", written_);
  window_.back().waits = true;
  return written_;
}

TraceEvents::Line* TraceEvents::held(Arrow arrow) {
  return arrow > gone_ && !is_closed_ ? &window_[arrow - gone_ - 1] : nullptr;
}

void TraceEvents::arrive_at_last(Arrow& arrow) {
  Line* from = held(std::exchange(arrow, 0));
  if (from == nullptr || !from->waits) return;
  ++arrows_;
  append(from->text, R"(,"bind_id":"{:#x}","flow_out":true)", arrows_);
  append(window_.back().text, R"(,"bind_id":"{:#x}","flow_in":true)", arrows_);
  from->waits = false;
}

void TraceEvents::drop(Arrow& arrow) {
  if (Line* from = held(std::exchange(arrow, 0))) from->waits = false;
}

void TraceEvents::close(Time at) {
  if (is_closed_) return;
  for (const auto& [slice, open] : std::exchange(open_, {})) write_end(at, open, {});
  for (Line& line : window_) line.waits = false;
  is_closed_ = true;
  write_decided();
  std::string tail = "\n],\"metadata\":{\"tool\":";
  append_json(tail, std::string_view(labels_.tool));
  add_text(tail, "scenario", labels_.scenario);
  append(tail, R"(,"seed":"{}","events":{})", labels_.seed, written_);
  if (cut_at_)
    add_text(tail, "cut",
             fmt::format("at {} by the limit of {} events", instant_text(*cut_at_), with_separators(bounds_.limit)));
  out_.add(tail + "}}\n");
  out_.flush();
}

bool TraceEvents::admits(Time at, std::uint64_t events) {
  if (is_closed_ || at < bounds_.from || at >= bounds_.until) return false;
  if (written_ + open_.size() + events <= bounds_.limit) return true;
  cut_at_ = at;
  close(at);
  return false;
}

// The line that came last stays in the window: what comes next may be an arrow from it or to it.
void TraceEvents::put(std::string line) {
  if (window_.size() == window_max) window_.front().waits = false;
  write_decided();
  window_.push_back({.text = std::move(line)});
  ++written_;
}

void TraceEvents::write_decided() {
  while (!window_.empty() && !window_.front().waits) {
    out_.add(gone_ == 0 ? "\n" : ",\n");
    out_.add(window_.front().text);
    out_.add("}");
    window_.pop_front();
    ++gone_;
  }
}

}  // namespace orrery::reports
