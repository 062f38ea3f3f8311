// The rules of Chrome trace JSON as Perfetto reads it, for what PerfettoTrace writes.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

namespace orrery::tests {

class TraceSchema {
 public:
  using Json = nlohmann::json;

  // Empty for a trace that is well made; else the names of the rules that it breaks.
  static std::set<std::string> offences_of(const std::string& text) {
    TraceSchema schema;
    try {
      schema.read(Json::parse(text));
    } catch (const Json::exception& error) { schema.offences_.insert(std::string("json: ") + error.what()); }
    return schema.offences_;
  }

 private:
  using Thread = std::pair<int, int>;
  using Async = std::tuple<int, std::string, std::string>;

  void expect(bool holds, const std::string& rule) {
    if (!holds) offences_.insert(rule);
  }

  void read(const Json& trace) {
    for (const char* label : {"tool", "scenario", "seed"})
      expect(trace.at("metadata").at(label).is_string(), "metadata");
    for (const Json& event : trace.at("traceEvents")) read_event(event);
    for (const auto& [thread, open] : open_) expect(open <= 0, "every B has its E");
    for (const auto& [key, open] : open_async_) expect(open.empty(), "every b has its e");
    for (const auto& [id, ends] : flows_) expect(ends == 2, "every arrow has two ends");
    expect(trace.at("metadata").at("events") == trace.at("traceEvents").size(), "events are counted");
  }

  void read_event(const Json& event) {
    const std::string phase = event.at("ph");
    if (phase == "M") return read_name(event);
    expect(named_.contains(event.at("pid")), "processes are named");
    const double at = event.at("ts");
    expect(at >= last_, "times are in order");
    last_ = at;
    if (phase == "B" || phase == "E")
      read_on_thread(event, phase);
    else if (phase == "b" || phase == "e" || phase == "n")
      read_async(event, phase);
    else if (phase == "i")
      read_instant(event);
    else if (phase == "C")
      expect(event.at("args").at("waiting").is_number_unsigned(), "counters count");
    else
      offences_.insert("phases are known");
    if (event.contains("bind_id")) read_arrow(event);
  }

  void read_name(const Json& event) {
    const std::string name = event.at("name");
    if (name == "process_name")
      named_.insert(event.at("pid").get<int>());
    else if (name == "thread_name")
      named_threads_.insert(thread_of(event));
    else
      expect(name == "process_sort_index" || name == "thread_sort_index", "only four names of metadata");
  }

  void read_on_thread(const Json& event, const std::string& phase) {
    expect(named_threads_.contains(thread_of(event)), "threads are named");
    int& open = open_[thread_of(event)];
    open += phase == "B" ? 1 : -1;
    expect(open >= 0, "every E has its B");
    expect(open <= 1, "turns do not overlap");
    if (phase == "B") expect(event.at("name").is_string(), "slices are named");
  }

  void read_async(const Json& event, const std::string& phase) {
    auto& open = open_async_[{event.at("pid"), event.at("cat"), event.at("id2").at("local")}];
    if (phase == "b") open.push_back(event.at("name"));
    if (phase != "e") return;
    expect(!open.empty() && open.back() == event.at("name").get<std::string>(), "every e has its b");
    if (!open.empty()) open.pop_back();
  }

  void read_instant(const Json& event) {
    const std::string scope = event.at("s");
    expect(scope == "t" || scope == "p" || scope == "g", "scopes are known");
    if (scope == "t") expect(named_threads_.contains(thread_of(event)), "threads are named");
  }

  void read_arrow(const Json& event) {
    int& ends = flows_[event.at("bind_id")];
    const bool leaves = event.value("flow_out", false);
    expect(leaves != event.value("flow_in", false), "an arrow leaves or arrives");
    expect(leaves == (ends == 0), "an arrow leaves before it arrives");
    ++ends;
  }

  static Thread thread_of(const Json& event) { return {event.at("pid"), event.at("tid")}; }

  std::set<std::string> offences_;
  std::set<int> named_;
  std::set<Thread> named_threads_;
  std::map<Thread, int> open_;
  std::map<Async, std::vector<std::string>> open_async_;
  std::map<std::string, int> flows_;
  double last_ = 0;
};

}  // namespace orrery::tests
