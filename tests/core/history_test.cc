#include "core/journal/history.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <cmath>
#include <limits>
#include <utility>

namespace orrery::journal {
namespace {

std::string line_of(const Record& record) {
  std::string line;
  write(line, record);
  return line;
}

template <class T>
T drawn() {
  return *rc::gen::arbitrary<T>();
}

struct Draw {
  void operator()(Value& value) const {
    switch (*rc::gen::inRange(0, 6)) {
      case 0: value = std::monostate{}; return;
      case 1: value = drawn<bool>(); return;
      case 2: value = drawn<std::int64_t>(); return;
      case 3: value = drawn<double>(); return;
      case 4: value = *rc::gen::element(0.0, -0.0, 1e300, 5e-324, std::numeric_limits<double>::infinity()); return;
      default: value = drawn<std::string>(); return;
    }
  }
  void operator()(bool& truth) const { truth = drawn<bool>(); }
  void operator()(ObjectId& id) const {
    for (std::uint64_t& word : id.words) word = drawn<std::uint64_t>();
  }
  void operator()(Time& time) const { time = Time(Duration(drawn<std::int64_t>())); }
  void operator()(Duration& duration) const { duration = Duration(drawn<std::int64_t>()); }
  void operator()(std::uint64_t& number) const { number = drawn<std::uint64_t>(); }
  void operator()(std::uint32_t& number) const { number = drawn<std::uint32_t>(); }
  void operator()(Status& status) const { status = static_cast<Status>(*rc::gen::inRange(0, 3)); }
  void operator()(TurnKind& kind) const { kind = static_cast<TurnKind>(*rc::gen::inRange(0, 3)); }
  void operator()(EndReason& reason) const { reason = static_cast<EndReason>(*rc::gen::inRange(0, 3)); }
  void operator()(OutputKind& kind) const { kind = static_cast<OutputKind>(*rc::gen::inRange(0, 3)); }
  template <class Tag, class Rep>
  void operator()(Id<Tag, Rep>& id) const {
    id.value = drawn<Rep>();
  }
};

// An event of each kind, with every field drawn.
template <std::size_t... I>
Event drawn_event(std::size_t kind, std::index_sequence<I...>) {
  Event event;
  const auto fill = [&]<std::size_t K>() {
    if (kind == K) for_each_field(event.emplace<K>(), [](std::string_view, auto& member) { Draw{}(member); });
  };
  (fill.template operator()<I>(), ...);
  return event;
}

RC_GTEST_PROP(History, ReadsBackWhatItWrites, ()) {
  for (std::size_t kind = 0; kind < kinds_of_event; ++kind) {
    Record record;
    Draw{}(record.at);
    Draw{}(record.node);
    record.event = drawn_event(kind, std::make_index_sequence<kinds_of_event>());

    const std::string line = line_of(record);
    const auto read = read_record(line);

    RC_ASSERT(read.has_value());
    RC_ASSERT(read->event.index() == kind);
    RC_ASSERT(line_of(*read) == line);
    RC_ASSERT(line.find('\n') == std::string::npos);
  }
}

RC_GTEST_PROP(History, NeverTrustsALine, (const std::string& line)) {
  const auto read = read_record("1 1 answered call=1 stub=1 status=ok value=" + line);
  if (read.has_value()) RC_ASSERT(std::get<Answered>(read->event).status == Status::ok);
  RC_ASSERT(!read_record(line).has_value());
}

TEST(History, WritesOneRecordAsOneLine) {
  const Record record{Time(1204500us), NodeId{3},
                      Answered{CallId{17}, StubId{2}, Status::failed, Value(std::string("a \"b\"\n\\ ü"))}};

  EXPECT_EQ(line_of(record), R"(1204500000 3 answered call=17 stub=2 status=failed value="a \"b\"\u000a\\ ü")");
}

TEST(History, WritesNamesForKindsAndNothingForAnEventWithoutFields) {
  const InstanceEnded ended{ObjectId{}, InstanceId{4}, EndReason::storage_failed};
  const OutputLeft left{ObjectId{}, InstanceId{4}, TurnNumber{5}, OutputKind::fetch, CallId{6}, CommitIndex{7}};
  const std::string object(64, '0');

  EXPECT_EQ(line_of({Time(1ns), NodeId{3}, ended}),
            "1 3 instance_ended object=" + object + " instance=4 reason=storage_failed");
  EXPECT_EQ(line_of({Time(1ns), NodeId{3}, left}),
            "1 3 output_left object=" + object + " instance=4 turn=5 kind=fetch output=6 shows=7");
  EXPECT_EQ(line_of({Time(1ns), NodeId{3}, Paused{}}), "1 3 paused");
  EXPECT_TRUE(read_record("1 3 paused").has_value());
}

TEST(History, KeepsEachKindOfValueAndItsBits) {
  for (const Value& value :
       {Value(), Value(true), Value(std::int64_t{-7}), Value(1.0), Value(-0.0), Value(0.1), Value(1e22),
        Value(std::numeric_limits<double>::infinity()), Value(std::string("1.0"))}) {
    const auto read = read_record(line_of({Time(), NodeId{1}, InternalError{value}}));

    ASSERT_TRUE(read.has_value()) << read.error();
    const Value& what = std::get<InternalError>(read->event).what;
    EXPECT_EQ(what, value);
    if (const auto* real = std::get_if<double>(&what)) {
      EXPECT_EQ(std::signbit(*real), std::signbit(std::get<double>(value)));
    }
  }
}

TEST(History, SaysWhatIsWrongWithALine) {
  const auto wrong = [](std::string_view line) { return read_record(line).error(); };

  EXPECT_EQ(wrong(""), "'' is no time in nanoseconds");
  EXPECT_EQ(wrong("12 x"), "'x' is no number of a node");
  EXPECT_EQ(wrong("12 1 danced"), "there is no event 'danced'");
  EXPECT_EQ(wrong("12 1 fetch_ended call=3"), "field fetch of fetch_ended is expected, not ''");
  EXPECT_EQ(wrong("12 1 fetch_ended call=3x fetch=1"), "field call of fetch_ended cannot be '3x'");
  EXPECT_EQ(wrong("12 1 fetch_ended call=3 fetch=1 by=2"), "fetch_ended has no more fields, but there is 'by=2'");
  EXPECT_EQ(wrong("12 1 paused by=2"), "paused has no more fields, but there is 'by=2'");
  EXPECT_EQ(wrong("12 1 answered call=3 stub=1 status=fine value=null"), "field status of answered cannot be 'fine'");
}

}  // namespace
}  // namespace orrery::journal
