#include "reports/neutral_history.h"

#include <fmt/format.h>

#include <string_view>
#include <utility>

#include "reports/json_text.h"
#include "reports/short_names.h"

namespace orrery::reports {

using namespace journal;

NeutralHistory::NeutralHistory(Names names, const TraceBounds& bounds, WriteText write)
    : names_(std::move(names)), bounds_(bounds), out_(std::move(write)) {}

Interest NeutralHistory::interest() const { return Interest::in<Called, TurnStarted, Answered>(); }

void NeutralHistory::on(const Record& record) {
  if (record.at != now_) write_answers();
  if (cut_at_ || record.at < bounds_.from || record.at >= bounds_.until) return;
  now_ = record.at;
  if (const auto* called = std::get_if<Called>(&record.event)) invoke(record.at, *called);
  if (const auto* started = std::get_if<TurnStarted>(&record.event))
    if (Call* call = open_.find(started->call)) call->has_begun = true;
  if (const auto* answered = std::get_if<Answered>(&record.event)) answer(record.at, *answered);
}

void NeutralHistory::finish() {
  write_answers();
  out_.flush();
}

void NeutralHistory::invoke(Time at, const Called& called) {
  if (called.parent != CallId{}) return;
  if (free_.empty()) free_.insert(processes_++);
  const Call call{*free_.begin(), called.object, called.object_class, called.method, false};
  free_.erase(free_.begin());
  open_[called.call] = call;
  std::string value;
  append_json(value, called.argument);
  put(at, line(at, call, "invoke", fmt::format(R"("value":{})", value)));
}

void NeutralHistory::answer(Time, const Answered& answered) {
  const Call* call = open_.find(answered.call);
  if (call == nullptr) return;
  std::string value;
  append_json(value, answered.value);
  std::string rest = answered.status == Status::ok ? fmt::format(R"("value":{})", value)
                                                   : fmt::format(R"("value":null,"error":{})", value);
  const bool has_no_effect = answered.status == Status::failed && !call->has_begun;
  const std::string_view type = answered.status == Status::ok ? "ok" : has_no_effect ? "fail" : "info";
  answers_.push_back({*call, type, std::move(rest)});
  open_.erase(answered.call);
}

std::string NeutralHistory::line(Time at, const Call& call, std::string_view type, std::string_view rest) const {
  std::string text = fmt::format(R"({{"process":{},"type":"{}","f":)", call.process, type);
  append_json(text, std::string_view(method_text(names_, call.object_class, call.method)));
  text += R"(,"key":)";
  append_json(text, std::string_view(class_text(names_, call.object_class) + "/" + to_hex(call.object)));
  text += fmt::format(",{},\"time\":{}}}\n", rest, nanoseconds(at));
  return text;
}

void NeutralHistory::put(Time at, std::string_view text) {
  if (cut_at_) return;
  if (lines_ == bounds_.limit) {
    cut_at_ = at;
    return;
  }
  ++lines_;
  out_.add(text);
}

void NeutralHistory::write_answers() {
  for (const Answer& answer : answers_) {
    put(now_, line(now_, answer.call, answer.type, answer.text));
    if (answer.type != "info") free_.insert(answer.call.process);
  }
  answers_.clear();
}

}  // namespace orrery::reports
