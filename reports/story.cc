#include "reports/story.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <variant>

#include "reports/json_text.h"
#include "reports/short_names.h"
#include "reports/text.h"

namespace orrery::reports {

using namespace journal;

Story::Story(Names names, const TraceBounds& bounds, WriteText write)
    : names_(std::move(names)), bounds_(bounds), out_(std::move(write)) {
  for (const std::string& node : names_.nodes) node_width_ = std::max(node_width_, display_width(node));
}

Interest Story::interest() const {
  return Interest::in<Requested, Called, Placed, InstanceStarted, Recovered, RecoveryFailed, InstanceEnded, Arrived,
                      TurnStarted, Replied, OutputLeft, FetchStarted, FetchEnded, Answered, Completed, StubBroken,
                      Committed, Confirmed, InvariantChecked, FaultStruck, Crashed, Restarted, Paused, Resumed,
                      DiskFull, DiskHasRoom, SyncFailed, DiskReplaced, NetworkHealed, InternalError>();
}

void Story::on(const Record& record) {
  if (cut_at_ || record.at >= bounds_.until) return;
  now_ = record.at;
  node_ = record.node;
  std::visit(
      [&](const auto& event) {
        if constexpr (requires { see(event); }) see(event);
      },
      record.event);
}

void Story::tell(std::string_view text) {
  if (cut_at_ || now_ < bounds_.from) return;
  if (lines_ == bounds_.limit) {
    cut_at_ = now_;
    return;
  }
  ++lines_;
  const std::int64_t us = nanoseconds(now_) / 1000;
  out_.add(fmt::format("{:>5}.{:06} s  {}  {}\n", us / 1'000'000, us % 1'000'000,
                       padded_right(node_text(names_, node_), node_width_), text));
}

// ---- calls ------------------------------------------------------------------------------------------

void Story::see(const Requested& requested) {
  Asked& asked = asked_[requested.call];
  asked.who = client_text(names_, requested.client);
  asked.what = method_text(names_, requested.object_class, requested.method) + "(…)";
  asked.intended = requested.intended;
}

void Story::see(const Called& called) {
  classes_[called.object] = called.object_class;
  std::string who = called.parent == CallId{} ? "somebody" : "a call of " + caller_text(called.parent);
  Asked& asked = asked_[called.call];
  asked.is_nested = called.parent != CallId{};
  if (asked.who.empty()) asked.who = std::move(who);
  const bool has_argument = !std::holds_alternative<std::monostate>(called.argument);
  asked.what = fmt::format("{}({})", method_text(names_, called.object_class, called.method),
                           has_argument ? brief_text(called.argument) : "");
  tell(fmt::format("{} asks {}: {}", asked.who, name_of(called.object), asked.what));
}

void Story::see(const Arrived& arrived) {
  if (Asked* asked = asked_.find(arrived.call)) asked->arrived = now_;
}

void Story::see(const TurnStarted& started) {
  const bool begins = started.kind == TurnKind::call;
  const Asked* asked = asked_.find(started.call);
  std::string wait;
  if (begins && asked != nullptr && now_ > asked->arrived)
    wait = fmt::format(", which has waited {} ms", milliseconds_text(now_ - asked->arrived));
  tell(fmt::format("{} {} {}{}", name_of(started.object), begins ? "begins" : "goes on with", call_text(started.call),
                   wait));
}

void Story::see(const Replied& replied) {
  if (Asked* asked = asked_.find(replied.call)) asked->replied = now_;
  const std::string value = brief_text(replied.value);
  if (replied.status == Status::ok)
    tell(fmt::format("{} replies {} to {}", name_of(replied.object), value, caller_text(replied.call)));
  else
    tell(fmt::format("{} fails {} with {}", name_of(replied.object), call_text(replied.call), value));
}

void Story::see(const OutputLeft& left) {
  if (left.kind != OutputKind::reply) return;
  const Asked* asked = asked_.find(left.output);
  if (asked == nullptr || !asked->replied || *asked->replied == now_) return;
  tell(fmt::format("{} lets the reply to {} go: commit {} is durable", name_of(left.object), asked->who,
                   left.shows.value));
}

void Story::see(const FetchStarted& started) {
  fetches_[started.fetch] = node_text(names_, started.service);
  tell(fmt::format("{} fetches from {}", call_text(started.call), node_text(names_, started.service)));
}

void Story::see(const FetchEnded& ended) {
  const std::string* service = fetches_.find(ended.fetch);
  tell(fmt::format("{} answers {}", service != nullptr ? *service : "the service", call_text(ended.call)));
  fetches_.erase(ended.fetch);
}

void Story::see(const Answered& answered) {
  Asked* asked = asked_.find(answered.call);
  if (asked == nullptr) return;
  const std::string value = brief_text(answered.value);
  switch (answered.status) {
    case Status::ok: asked->answer = fmt::format("has the answer to {}: {}", asked->what, value); break;
    case Status::failed: asked->answer = fmt::format("is told that {} failed: {}", asked->what, value); break;
    case Status::unknown: asked->answer = fmt::format("does not know what became of {}: {}", asked->what, value);
  }
  if (!asked->is_nested) return;
  tell(fmt::format("{} {}", asked->who, asked->answer));
  asked_.erase(answered.call);
}

void Story::see(const Completed& completed) {
  const Asked* asked = asked_.find(completed.call);
  if (asked == nullptr) return;
  tell(fmt::format("{} {}, after {} ms", asked->who, asked->answer, milliseconds_text(now_ - asked->intended)));
  asked_.erase(completed.call);
}

void Story::see(const StubBroken& broken) { tell(fmt::format("a stub breaks: {}", brief_text(broken.error))); }

// ---- objects ----------------------------------------------------------------------------------------

void Story::see(const Placed& placed) {
  classes_[placed.object] = placed.object_class;
  tell(fmt::format("{} is given to {}, epoch {}", name_of(placed.object), node_text(names_, placed.owner),
                   placed.epoch.value));
}

void Story::see(const InstanceStarted& started) {
  classes_[started.object] = started.object_class;
  tell(fmt::format("{} starts, epoch {}", name_of(started.object), started.epoch.value));
}

void Story::see(const Recovered& recovered) {
  if (recovered.index == CommitIndex{}) return;
  tell(fmt::format("{} goes on from commit {}", name_of(recovered.object), recovered.index.value));
}

void Story::see(const RecoveryFailed& failed) {
  tell(fmt::format("{} cannot be read back: {}", name_of(failed.object), brief_text(failed.error)));
}

void Story::see(const InstanceEnded& ended) {
  constexpr std::string_view reasons[] = {"it is evicted", "its own code asks for it", "a commit cannot be stored"};
  tell(fmt::format("{} ends: {}", name_of(ended.object), reasons[static_cast<std::size_t>(ended.reason)]));
}

void Story::see(const Committed& committed) {
  tell(fmt::format("{} makes commit {}", name_of(committed.object), committed.index.value));
}

void Story::see(const Confirmed& confirmed) {
  tell(fmt::format("commit {} of {} is durable", confirmed.index.value, name_of(confirmed.object)));
}

void Story::see(const InvariantChecked& checked) {
  if (std::holds_alternative<std::monostate>(checked.broken)) return;
  tell(fmt::format("{} breaks {}: {}", name_of(checked.object),
                   invariant_text(names_, checked.object_class, checked.invariant), brief_text(checked.broken)));
}

// ---- nodes ------------------------------------------------------------------------------------------

void Story::see(const FaultStruck& struck) {
  tell(fmt::format("{} strikes", fault_text(names_, struck.number)));
}

void Story::see(const Crashed& crashed) {
  const std::uint64_t unsynced = crashed.kept + crashed.dropped + crashed.torn;
  if (unsynced == 0) return tell("crashes");
  tell(fmt::format("crashes; of {} not synced {} dropped, {} torn", counted(unsynced, "sector", "sectors"),
                   crashed.dropped, crashed.torn));
}

void Story::see(const Restarted& restarted) { tell(fmt::format("starts again, boot {}", restarted.boot)); }

void Story::see(const NetworkHealed& healed) {
  std::string felt;
  const auto add = [&felt](std::uint64_t count, std::string_view one, std::string_view many) {
    if (count > 0) felt += fmt::format("{} {}", felt.empty() ? ";" : ",", counted(count, one, many));
  };
  add(healed.datagrams, "datagram met it", "datagrams met it");
  add(healed.messages, "message was held back", "messages were held back");
  add(healed.connections, "connection was given up", "connections were given up");
  tell(fmt::format("{} is over{}", fault_text(names_, healed.number), felt));
}

void Story::see(const InternalError& error) { tell(fmt::format("internal error: {}", brief_text(error.what))); }

// ---- names ------------------------------------------------------------------------------------------

std::string Story::name_of(const ObjectId& object) const {
  const ClassId* known = classes_.find(object);
  return object_text(names_, known != nullptr ? *known : ClassId{}, object);
}

std::string Story::call_text(CallId call) const {
  const Asked* asked = asked_.find(call);
  return asked != nullptr ? fmt::format("{} of {}", asked->what, asked->who) : "a call that nobody waits for";
}

std::string Story::caller_text(CallId call) const {
  const Asked* asked = asked_.find(call);
  return asked != nullptr ? asked->who : "a caller that is gone";
}

}  // namespace orrery::reports
