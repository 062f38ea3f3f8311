// What a run's users called and were answered, as checkers of other systems read it: JSON Lines.
//
//   line     = {"process":N,"type":T,"f":method,"key":object,"value":V,"time":ns}
//   N        = a whole number from 0: a process has one call open at a time
//   T        = "invoke"  the call is made; V is the first of its arguments
//            | "ok"      it was done; V is its result
//            | "fail"    it had no effect, for it never began; V is null
//            | "info"    it may or may not have been done, as a whole or in part: nobody knows, or its code threw;
//                        V is null
//   method   = its name, such as "increment"
//   object   = its class and 64 hexadecimal digits, "Counter/3f2a90bc…"
//   V        = null | true | false | integer | real | text | {"hex":"00ff"} | {"real":"nan"}
//              {"hex"} holds bytes that are no UTF-8; {"real"} is nan, inf or -inf
//   ns       = virtual time in nanoseconds since the start
//
// After "fail" and "info" stands one field more, "error": the message, as V.
//
// Only calls by users, from the stub's call to the stub's answer; those that objects make are not seen. A user may
// have several calls open, so processes are not users: a call takes the lowest number that is free. After "ok"
// and "fail" the number is free again; after "info" never, because the call may take effect at any later time. A call
// that is never answered stays open.
//
// Lines are in order of time, and at one instant every invoke stands before every answer, and no answer there frees
// a number for that instant: what happens at one instant is concurrent.
//
// A history that begins late does not know what came before: a model of it must not assume the initial state.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/base/lookup.h"
#include "core/journal/event.h"
#include "core/journal/names.h"
#include "reports/trace_output.h"

namespace orrery::reports {

class NeutralHistory final : public journal::Sink {
 public:
  NeutralHistory(journal::Names names, const TraceBounds& bounds, WriteText write);

  journal::Interest interest() const override;
  void on(const journal::Record& record) override;

  // The run is over.
  void finish();

  std::uint64_t written() const { return lines_; }  // lines
  bool is_cut() const { return cut_at_.has_value(); }
  std::optional<Time> cut_at() const { return cut_at_; }  // of the first line that is too many

 private:
  struct Call {
    std::uint64_t process = 0;
    ObjectId object;
    ClassId object_class;
    MethodId method;
    bool has_begun = false;
  };
  struct Answer {
    Call call;
    std::string_view type;
    std::string text;
  };

  void invoke(Time at, const journal::Called& called);
  void answer(Time at, const journal::Answered& answered);
  std::string line(Time at, const Call& call, std::string_view type, std::string_view rest) const;
  void put(Time at, std::string_view text);
  // The time has moved on: what was answered then is written, and its processes are free.
  void write_answers();

  const journal::Names names_;
  const TraceBounds bounds_;
  ChunkedText out_;
  Lookup<CallId, Call> open_;
  std::set<std::uint64_t> free_;
  std::uint64_t processes_ = 0;
  std::vector<Answer> answers_;  // of the instant `now_`
  Time now_;
  std::uint64_t lines_ = 0;
  std::optional<Time> cut_at_;
};

}  // namespace orrery::reports
