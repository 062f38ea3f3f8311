#include "reports/trace.h"

#include <fmt/format.h>

#include <variant>

#include "reports/json_text.h"
#include "reports/short_names.h"

namespace orrery::reports {

using namespace journal;

namespace {

constexpr std::string_view status_texts[] = {"ok", "failed", "unknown"};
constexpr std::string_view end_texts[] = {"evicted", "aborted", "storage failed", "section failed",
                                            "lease lost"};

std::string_view text_of(Status status) { return status_texts[static_cast<std::size_t>(status)]; }
std::string_view text_of(EndReason reason) { return end_texts[static_cast<std::size_t>(reason)]; }

template <class Map, class IsMeant, class End>
void take_out(Map& map, IsMeant is_meant, End end) {
  for (auto at = map.begin(); at != map.end();) {
    if (!is_meant(*at)) {
      ++at;
      continue;
    }
    end(at->second);
    at = map.erase(at);
  }
}

}  // namespace

PerfettoTrace::PerfettoTrace(Names names, TraceLabels labels, const TraceBounds& bounds, WriteText write)
    : names_(std::move(names)), until_(bounds.until), events_(std::move(write), bounds, std::move(labels)) {}

Interest PerfettoTrace::interest() const {
  return Interest::in<Requested, Called, InstanceStarted, Arrived, TurnStarted, TurnEnded, Replied, FetchStarted,
                      FetchEnded, Answered, StubBroken, Completed, InternalError, Committed, Confirmed,
                      RecoveryFailed, OutputLeft, InstanceEnded, FaultStruck, Crashed, Restarted, Paused, Resumed,
                      DiskFull, DiskHasRoom, SyncFailed, DiskReplaced, NetworkImpaired, NetworkHealed,
                      InvariantChecked>();
}

void PerfettoTrace::on(const Record& record) {
  if (events_.is_closed()) return;
  if (record.at != now_) count_queues();
  if (record.at >= until_) return events_.close(until_);
  now_ = record.at;
  std::visit(
      [&](const auto& event) {
        if constexpr (requires { see(record.node, event); }) see(record.node, event);
      },
      record.event);
}

void PerfettoTrace::finish() {
  count_queues();
  events_.close(now_);
}

// ---- calls, as their callers see them ---------------------------------------------------------------

void PerfettoTrace::see(NodeId node, const Requested& requested) {
  use(node);
  Asked& asked = asked_[requested.call];
  asked = {.object_class = requested.object_class, .method = requested.method};
  asked.slice =
      events_.begin(now_, node, "request", requested.call.value, method_of(requested.object_class, requested.method),
                    TraceArgs().add("client", client_text(names_, requested.client)).add("number", requested.number));
}

void PerfettoTrace::see(NodeId node, const Called& called) {
  use(node);
  classes_[called.object] = called.object_class;
  TraceArgs args;
  args.add("object", name_of(called.object)).add("argument", brief_text(called.argument));
  const auto found = asked_.find(called.call);
  if (found != asked_.end()) {
    Asked& asked = found->second;
    if (asked.slice != 0 && events_.mark(now_, node, "request", called.call.value, "sent", args))
      asked.there = events_.arrow_from_last();
    return;
  }
  Asked& asked = asked_[called.call];
  asked = {.object_class = called.object_class, .method = called.method, .node = node, .is_nested = true};
  const auto caller = stays_.find(called.parent);
  if (caller != stays_.end()) asked.instance = caller->second.instance;
  asked.slice =
      events_.begin(now_, node, "call", called.call.value, method_of(called.object_class, called.method), args);
  if (asked.slice != 0) asked.there = events_.arrow_from_last();
}

void PerfettoTrace::see(NodeId node, const Answered& answered) {
  const auto found = asked_.find(answered.call);
  if (found == asked_.end()) return;
  use(node);
  Asked& asked = found->second;
  events_.drop(asked.there);
  TraceArgs args;
  args.add("status", text_of(answered.status)).add("value", brief_text(answered.value));
  const std::string_view category = asked.is_nested ? "call" : "request";
  if (asked.slice != 0 && events_.mark(now_, node, category, answered.call.value, "answered", args))
    events_.arrive_at_last(asked.back);
  if (!asked.is_nested) return;
  forget(asked);
  asked_.erase(found);
}

void PerfettoTrace::see(NodeId, const Completed& completed) {
  const auto found = asked_.find(completed.call);
  if (found == asked_.end()) return;
  forget(found->second, TraceArgs().add("status", text_of(completed.status)));
  asked_.erase(found);
}

void PerfettoTrace::see(NodeId node, const StubBroken& broken) {
  tell_of_node(node, "stub broken", TraceArgs().add("error", brief_text(broken.error)));
}

// ---- calls, at their objects ------------------------------------------------------------------------

void PerfettoTrace::see(NodeId node, const Arrived& arrived) {
  use(node);
  Stay& stay = stays_[arrived.call];
  leave(stay);  // of an attempt before
  stay = {.node = node, .object = arrived.object, .instance = arrived.instance, .method = "call", .waits = true};
  const auto asked = asked_.find(arrived.call);
  if (asked != asked_.end()) stay.method = method_of(asked->second.object_class, asked->second.method);
  TraceArgs args;
  args.add("object", name_of(arrived.object));
  stay.slice = events_.begin(now_, node, "stay", arrived.call.value, stay.method, args);
  stay.is_shown = stay.slice != 0;
  if (asked != asked_.end() && stay.is_shown) events_.arrive_at_last(asked->second.there);
  const Place place{node, arrived.object};
  Thread& thread = thread_of(place);
  ++thread.waiting;
  touch_queue(place, thread);
}

void PerfettoTrace::see(NodeId node, const TurnStarted& started) {
  const auto stay = stays_.find(started.call);
  if (stay != stays_.end()) stop_waiting(stay->second);
  Turn& turn = turns_[{node, started.object}];
  events_.end(now_, turn.slice);  // of a turn that it must not overlap
  std::string name(stay != stays_.end() ? stay->second.method : "call");
  if (started.kind == TurnKind::continuation) name += ", continued";
  TraceArgs args;
  args.add("call", fmt::format("{:#x}", started.call.value)).add("turn", started.turn.value);
  args.add("operations", started.operations);
  turn = {started.instance, started.turn, events_.begin_on_thread(now_, track_of(node, started.object), name, args)};
}

void PerfettoTrace::see(NodeId node, const TurnEnded& ended) {
  const auto turn = turns_.find({node, ended.object});
  if (turn == turns_.end() || turn->second.instance != ended.instance || turn->second.number != ended.turn) return;
  events_.end(now_, turn->second.slice);
  turns_.erase(turn);
}

void PerfettoTrace::see(NodeId, const Replied& replied) {
  const auto stay = stays_.find(replied.call);
  if (stay == stays_.end() || stay->second.instance != replied.instance) return;
  TraceArgs args;
  args.add("status", text_of(replied.status)).add("value", brief_text(replied.value));
  events_.end(now_, stay->second.slice, args);
}

void PerfettoTrace::see(NodeId node, const OutputLeft& left) {
  if (left.kind != OutputKind::reply) return;
  use(node);
  const auto stay = stays_.find(left.output);
  if (stay == stays_.end() || stay->second.instance != left.instance) return;
  const TraceArgs args = TraceArgs().add("shows commit", left.shows.value);
  if (stay->second.is_shown && events_.mark(now_, node, "stay", left.output.value, "reply", args)) {
    const auto asked = asked_.find(left.output);
    if (asked != asked_.end()) {
      events_.drop(asked->second.back);
      asked->second.back = events_.arrow_from_last();
    }
  }
  leave(stay->second);
  stays_.erase(stay);
}

void PerfettoTrace::see(NodeId node, const FetchStarted& started) {
  use(node);
  const auto stay = stays_.find(started.call);
  Fetch& fetch = fetches_[started.fetch];
  fetch = {.node = node, .instance = stay == stays_.end() ? InstanceId{} : stay->second.instance};
  fetch.slice = events_.begin(now_, node, "fetch", started.fetch.value, "fetch " + node_text(names_, started.service),
                              TraceArgs().add("call", fmt::format("{:#x}", started.call.value)));
}

void PerfettoTrace::see(NodeId, const FetchEnded& ended) {
  const auto fetch = fetches_.find(ended.fetch);
  if (fetch == fetches_.end()) return;
  events_.end(now_, fetch->second.slice);
  fetches_.erase(fetch);
}

// ---- commits ----------------------------------------------------------------------------------------

void PerfettoTrace::see(NodeId node, const Committed& committed) {
  use(node);
  cut_commits(committed.object, committed.index);  // of a life whose last commits were lost
  TraceArgs args;
  args.add("object", name_of(committed.object)).add("turn", committed.turn.value);
  const std::string name = fmt::format("commit {}", committed.index.value);
  commits_[committed.object].push_back(
      {node, committed.index, events_.begin(now_, node, "commit", ++commits_shown_, name, args)});
}

void PerfettoTrace::see(NodeId, const Confirmed& confirmed) {
  const auto found = commits_.find(confirmed.object);
  if (found == commits_.end()) return;
  std::deque<Commit>& waiting = found->second;
  while (!waiting.empty() && waiting.front().index <= confirmed.index) {
    events_.end(now_, waiting.front().slice);
    waiting.pop_front();
  }
  if (waiting.empty()) commits_.erase(found);
}

// ---- lives of objects and nodes ---------------------------------------------------------------------

void PerfettoTrace::see(NodeId node, const InstanceStarted& started) {
  classes_[started.object] = started.object_class;
  tell_of_object(node, started.object, "instance", "starts", TraceArgs().add("epoch", started.epoch.value));
}

void PerfettoTrace::see(NodeId node, const InstanceEnded& ended) {
  cut([&](NodeId, InstanceId instance) { return instance == ended.instance; });
  if (ended.reason != EndReason::evicted) cut_commits(ended.object, CommitIndex{});
  tell_of_object(node, ended.object, "instance", "ends", TraceArgs().add("reason", text_of(ended.reason)));
}

void PerfettoTrace::see(NodeId node, const RecoveryFailed& failed) {
  tell_of_object(node, failed.object, "instance", "cannot recover",
                 TraceArgs().add("error", brief_text(failed.error)));
}

void PerfettoTrace::see(NodeId node, const InvariantChecked& checked) {
  if (std::holds_alternative<std::monostate>(checked.broken)) return;
  tell_of_object(node, checked.object, "invariant",
                 invariant_text(names_, checked.object_class, checked.invariant) + " is broken",
                 TraceArgs().add("how", brief_text(checked.broken)));
}

void PerfettoTrace::see(NodeId node, const FaultStruck& struck) {
  tell_of_node(node, fault_text(names_, struck.number));
}

void PerfettoTrace::see(NodeId node, const Crashed& crashed) {
  cut([&](NodeId at, InstanceId) { return at == node; });
  for (auto at = commits_.begin(); at != commits_.end();) {
    const ObjectId object = (at++)->first;
    if (commits_.at(object).front().node == node) cut_commits(object, CommitIndex{});
  }
  TraceArgs args;
  args.add("sectors kept", crashed.kept).add("dropped", crashed.dropped).add("torn", crashed.torn);
  tell_of_node(node, "crash", args);
}

void PerfettoTrace::see(NodeId node, const Restarted& restarted) {
  tell_of_node(node, "restart", TraceArgs().add("boot", restarted.boot));
}

void PerfettoTrace::see(NodeId node, const NetworkImpaired& impaired) {
  use(node);
  impairments_[impaired.number] =
      events_.begin(now_, node, "fault", impaired.number, fault_text(names_, impaired.number), {});
}

void PerfettoTrace::see(NodeId, const NetworkHealed& healed) {
  const auto impairment = impairments_.find(healed.number);
  if (impairment == impairments_.end()) return;
  TraceArgs args;
  args.add("datagrams", healed.datagrams).add("messages", healed.messages).add("connections", healed.connections);
  events_.end(now_, impairment->second, args);
  impairments_.erase(impairment);
}

void PerfettoTrace::see(NodeId node, const InternalError& error) {
  use(node);
  events_.instant(now_, {node}, Scope::all, "fault", "internal error",
                  TraceArgs().add("what", brief_text(error.what)));
}

template <class IsGone>
void PerfettoTrace::cut(IsGone is_gone) {
  const auto end = [&](auto& under_way) { events_.end(now_, under_way.slice); };
  const auto is_there = [&](const auto& entry) { return is_gone(entry.second.node, entry.second.instance); };
  take_out(
      turns_, [&](const auto& entry) { return is_gone(entry.first.first, entry.second.instance); }, end);
  take_out(stays_, is_there, [&](Stay& stay) { leave(stay); });
  take_out(fetches_, is_there, end);
  take_out(
      asked_, [&](const auto& entry) { return entry.second.is_nested && is_there(entry); },
      [&](Asked& asked) { forget(asked); });
}

void PerfettoTrace::cut_commits(const ObjectId& object, CommitIndex from) {
  const auto found = commits_.find(object);
  if (found == commits_.end()) return;
  std::deque<Commit>& waiting = found->second;
  while (!waiting.empty() && waiting.back().index >= from) {
    events_.end(now_, waiting.back().slice, TraceArgs().add("confirmed", "no"));
    waiting.pop_back();
  }
  if (waiting.empty()) commits_.erase(found);
}

void PerfettoTrace::forget(Asked& asked, const TraceArgs& args) {
  events_.drop(asked.there);
  events_.drop(asked.back);
  events_.end(now_, asked.slice, args);
}

void PerfettoTrace::stop_waiting(Stay& stay) {
  if (!std::exchange(stay.waits, false)) return;
  const Place place{stay.node, stay.object};
  Thread& thread = thread_of(place);
  --thread.waiting;
  touch_queue(place, thread);
}

void PerfettoTrace::leave(Stay& stay) {
  stop_waiting(stay);
  events_.end(now_, stay.slice);
}

}  // namespace orrery::reports
