// The rules for traces find what breaks them.
#include "tests/reports/trace_schema.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

namespace orrery::tests {
namespace {

using Offences = std::set<std::string>;

std::string trace_of(const std::string& events, int count) {
  return R"({"traceEvents":[)" + events + R"(],"metadata":{"tool":"t","scenario":"s","seed":"1","events":)" +
         std::to_string(count) + "}}";
}

constexpr const char* head = R"({"ph":"M","pid":1,"name":"process_name","args":{"name":"a"}},
    {"ph":"M","pid":1,"tid":1,"name":"thread_name","args":{"name":"b"}},)";

struct Planted {
  std::string rule;
  std::string events;
  int count;
};

TEST(TraceSchema, AcceptsATraceThatIsWellMade) {
  EXPECT_EQ(TraceSchema::offences_of(trace_of(std::string(head) + R"({"ph":"B","pid":1,"tid":1,"ts":1.0,"name":"x"},
      {"ph":"E","pid":1,"tid":1,"ts":1.5})",
                                              4)),
            Offences{});
}

TEST(TraceSchema, FindsEachPlantedOffence) {
  const std::vector<Planted> all{
      {"times are in order", R"({"ph":"C","pid":1,"ts":2,"args":{"waiting":1}},
                                {"ph":"C","pid":1,"ts":1,"args":{"waiting":1}})",
       4},
      {"every B has its E", R"({"ph":"B","pid":1,"tid":1,"ts":1,"name":"x"})", 3},
      {"every E has its B", R"({"ph":"E","pid":1,"tid":1,"ts":1})", 3},
      {"turns do not overlap", R"({"ph":"B","pid":1,"tid":1,"ts":1,"name":"x"},
          {"ph":"B","pid":1,"tid":1,"ts":1,"name":"x"},{"ph":"E","pid":1,"tid":1,"ts":1},
          {"ph":"E","pid":1,"tid":1,"ts":1})",
       6},
      {"every b has its e", R"({"ph":"b","pid":1,"cat":"c","id2":{"local":"0x1"},"ts":1,"name":"x"})", 3},
      {"every e has its b", R"({"ph":"e","pid":1,"cat":"c","id2":{"local":"0x1"},"ts":1,"name":"x"})", 3},
      {"every arrow has two ends",
       R"({"ph":"n","pid":1,"cat":"c","id2":{"local":"0x1"},"ts":1,"name":"x","bind_id":"0x1","flow_out":true})", 3},
      {"an arrow leaves before it arrives", R"(
          {"ph":"n","pid":1,"cat":"c","id2":{"local":"0x1"},"ts":1,"name":"x","bind_id":"0x1","flow_in":true},
          {"ph":"n","pid":1,"cat":"c","id2":{"local":"0x1"},"ts":1,"name":"x","bind_id":"0x1","flow_out":true})",
       4},
      {"an arrow leaves or arrives", R"(
          {"ph":"n","pid":1,"cat":"c","id2":{"local":"0x1"},"ts":1,"name":"x","bind_id":"0x1","flow_out":true},
          {"ph":"n","pid":1,"cat":"c","id2":{"local":"0x1"},"ts":1,"name":"x","bind_id":"0x1"})",
       4},
      {"only four names of metadata", R"({"ph":"M","pid":1,"name":"process_colour","args":{"name":"red"}})", 3},
      {"processes are named", R"({"ph":"C","pid":2,"ts":1,"args":{"waiting":1}})", 3},
      {"threads are named", R"({"ph":"i","s":"t","pid":1,"tid":9,"ts":1,"name":"x"})", 3},
      {"scopes are known", R"({"ph":"i","s":"x","pid":1,"ts":1,"name":"x"})", 3},
      {"counters count", R"({"ph":"C","pid":1,"ts":1,"args":{"waiting":"many"}})", 3},
      {"phases are known", R"({"ph":"Q","pid":1,"ts":1})", 3},
      {"events are counted", R"({"ph":"C","pid":1,"ts":1,"args":{"waiting":1}})", 1},
  };
  for (const Planted& planted : all)
    EXPECT_EQ(TraceSchema::offences_of(trace_of(head + planted.events, planted.count)), Offences{planted.rule});
  EXPECT_FALSE(TraceSchema::offences_of(R"({"traceEvents":[)").empty());
  EXPECT_FALSE(TraceSchema::offences_of(R"({"traceEvents":[],"metadata":{}})").empty());
}

}  // namespace
}  // namespace orrery::tests
