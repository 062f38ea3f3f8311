// A run as a picture: Chrome trace JSON, to be opened in Perfetto.
//
//   process      a node, in the order of their numbers
//   thread       an object on a node; its slices are the object's turns
//   "request"    on the edge, from Requested to Completed, with marks "sent" (Called) and "answered" (Answered)
//   "call"       on the machine of the object that calls another, from Called to Answered
//   "stay"       on the machine of the object that is called, from Arrived to Replied, with a mark "reply" when
//                the reply leaves
//   "fetch"      from FetchStarted to FetchEnded; "commit" from Committed to Confirmed
//   "fault"      on the node that it struck, from NetworkImpaired to NetworkHealed
//   arrows       from where a call is sent to where it arrives, and from its reply to where that is answered
//   counters     of each object, the calls that have arrived and not yet begun
//   instants     faults and what they do to nodes, lives of objects that begin and end, broken invariants and stubs
//
// What began before `from` is not shown, not even its end. A crash, and the end of an instance, cut what was under
// way there.
//
// Memory: what is open in the run, the window of trace_events.h, and a few words for each object.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/lookup.h"
#include "core/journal/event.h"
#include "core/journal/names.h"
#include "reports/trace_events.h"

namespace orrery::reports {

class PerfettoTrace final : public journal::Sink {
 public:
  PerfettoTrace(journal::Names names, TraceLabels labels, const TraceBounds& bounds, WriteText write);

  journal::Interest interest() const override;
  void on(const journal::Record& record) override;

  // The run is over. The text is a whole trace after this, and not before.
  void finish();

  std::uint64_t written() const { return events_.written(); }  // events
  bool is_cut() const { return cut_at().has_value(); }
  std::optional<Time> cut_at() const { return events_.cut_at(); }  // where the limit ended it

 private:
  using Slice = TraceEvents::Slice;
  using Arrow = TraceEvents::Arrow;

  // A call as its caller sees it, until the caller has the answer.
  struct Asked {
    ClassId object_class;
    MethodId method;
    NodeId node{};          // of one made by an object: where its caller lives,
    InstanceId instance{};  // and in which life
    Slice slice = 0;
    Arrow there = 0;
    Arrow back = 0;
    bool is_nested = false;
  };
  // A call at its object, until its reply has left.
  struct Stay {
    NodeId node;
    ObjectId object;
    InstanceId instance;
    std::string method;
    Slice slice = 0;
    bool is_shown = false;
    bool waits = false;  // for its first turn
  };
  struct Fetch {
    NodeId node;
    InstanceId instance;
    Slice slice = 0;
  };
  struct Turn {
    InstanceId instance;
    TurnNumber number;
    Slice slice = 0;
  };
  struct Commit {
    NodeId node;
    CommitIndex index;
    Slice slice = 0;
  };
  using Place = std::pair<NodeId, ObjectId>;
  struct Thread {
    std::uint64_t number = 0;  // from 1
    bool is_named = false;
    bool is_touched = false;  // its queue may have changed since the time moved on
    std::uint64_t waiting = 0;
    std::uint64_t shown = 0;
  };

  void see(NodeId node, const journal::Requested& requested);
  void see(NodeId node, const journal::Called& called);
  void see(NodeId node, const journal::InstanceStarted& started);
  void see(NodeId node, const journal::Arrived& arrived);
  void see(NodeId node, const journal::TurnStarted& started);
  void see(NodeId node, const journal::TurnEnded& ended);
  void see(NodeId node, const journal::Replied& replied);
  void see(NodeId node, const journal::FetchStarted& started);
  void see(NodeId node, const journal::FetchEnded& ended);
  void see(NodeId node, const journal::Answered& answered);
  void see(NodeId node, const journal::StubBroken& broken);
  void see(NodeId node, const journal::Completed& completed);
  void see(NodeId node, const journal::Committed& committed);
  void see(NodeId node, const journal::Confirmed& confirmed);
  void see(NodeId node, const journal::RecoveryFailed& failed);
  void see(NodeId node, const journal::OutputLeft& left);
  void see(NodeId node, const journal::InstanceEnded& ended);
  void see(NodeId node, const journal::InvariantChecked& checked);
  void see(NodeId node, const journal::FaultStruck& struck);
  void see(NodeId node, const journal::Crashed& crashed);
  void see(NodeId node, const journal::Restarted& restarted);
  void see(NodeId node, const journal::DiskReplaced&) { tell_of_node(node, "new disk"); }
  void see(NodeId node, const journal::NetworkImpaired& impaired);
  void see(NodeId node, const journal::NetworkHealed& healed);
  void see(NodeId node, const journal::InternalError& error);
  void see(NodeId node, const journal::Paused&) { tell_of_node(node, "pause"); }
  void see(NodeId node, const journal::Resumed&) { tell_of_node(node, "resume"); }
  void see(NodeId node, const journal::DiskFull&) { tell_of_node(node, "disk full"); }
  void see(NodeId node, const journal::DiskHasRoom&) { tell_of_node(node, "disk has room"); }
  void see(NodeId node, const journal::SyncFailed&) { tell_of_node(node, "sync failed"); }

  void tell_of_node(NodeId node, std::string_view what, const TraceArgs& args = {});
  void tell_of_object(NodeId node, const ObjectId& object, std::string_view category, std::string_view what,
                      const TraceArgs& args = {});
  std::string method_of(ClassId object_class, MethodId method) const;
  std::string name_of(const ObjectId& object) const;
  // Names the process before its first use.
  void use(NodeId node);
  TraceEvents::Track track_of(NodeId node, const ObjectId& object);
  Thread& thread_of(const Place& place);
  void touch_queue(const Place& place, Thread& thread);
  void count_queues();
  void stop_waiting(Stay& stay);
  void leave(Stay& stay);
  void forget(Asked& asked, const TraceArgs& args = {});
  // What is under way at an instance (node, its id) that is gone is over.
  template <class IsGone>
  void cut(IsGone is_gone);
  void cut_commits(const ObjectId& object, CommitIndex from);

  const journal::Names names_;
  const Time until_;
  std::map<std::uint64_t, Slice> impairments_;  // of the network, that are on, by the number of the fault
  TraceEvents events_;
  Time now_;
  std::map<CallId, Asked> asked_;
  std::map<CallId, Stay> stays_;
  std::map<CallId, Fetch> fetches_;
  std::map<Place, Turn> turns_;
  std::map<ObjectId, std::deque<Commit>> commits_;
  std::uint64_t commits_shown_ = 0;
  Lookup<NodeId, bool> named_;
  Lookup<ObjectId, ClassId> classes_;
  Lookup<Place, Thread> threads_;
  std::uint64_t thread_count_ = 0;
  std::vector<Place> touched_;
};

}  // namespace orrery::reports
