// Liveness: every call is answered, and answered well when nothing is wrong any more.
//
// Three rules:
//   every_call_is_answered       at the end of the run every user has the answer to what it requested, and every call
//                                that an object made was answered. Nobody waits for the answer to a call whose caller
//                                has ended, by itself or with its machine
//   calls_succeed_after_healing  in quiet times no user is told "unknown", nor that the connection was lost. Whoever
//                                gives up before there is an answer has only themselves to ask; the answer is still
//                                to come
//   answered_in_time             in quiet times no user waits longer than `answer_within`. Load beyond what an object
//                                can do breaks this rule, and rightly so: its users wait ever longer
//
// Times are quiet for a request that was meant for later than `settling` after the end of the last disturbance, if
// none began until its answer came. A machine that crashed, stands still, or has a full disk disturbs until it has
// recovered, and a fault of the network until it is over. A fault, a sync that failed, and an instance that was reset
// disturb at that instant. So does a stub that breaks, if anything has disturbed the run before: stubs at rest learn
// late that their connection is gone.
//
// What was not answered can be judged only at the end, by verdict(). It is unknown if the run was cut short: by an
// internal error, or because some machine never recovered. Memory: the open calls.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/lookup.h"
#include "core/base/time.h"
#include "core/journal/event.h"
#include "properties/processes.h"
#include "properties/property.h"

namespace orrery::properties {

struct LivenessOptions {
  // A machine that restarts reads its log before it serves, and a lookup that got no answer is repeated after 1 s:
  // three such rounds, and what waited meanwhile.
  Duration settling = 5s;
  // A partition that is over goes on for TCP until what it lost is sent again, or its connection given up: 10 s more
  // at most, since the waits double and the whole ends after 20 s.
  Duration network_settling = 15s;
  // No call across the world takes half a second; a queue that needs so long is no queue any more. Where somebody has
  // said what is late, or waits for services that are, it is another (scenarios/patience.h).
  Duration answer_within = 30s;
};

class Liveness final : public Property {
 public:
  explicit Liveness(LivenessOptions options = {});

  std::string_view name() const override { return "liveness"; }
  journal::Interest interest() const override {
    return journal::Interest::in<journal::Requested, journal::Called, journal::Answered, journal::Completed,
                                 journal::OutputLeft, journal::InstanceEnded, journal::StubBroken,
                                 journal::InternalError, journal::FaultStruck, journal::Crashed, journal::Restarted,
                                 journal::Paused, journal::Resumed, journal::DiskFull, journal::DiskHasRoom,
                                 journal::SyncFailed, journal::NetworkImpaired, journal::NetworkHealed>();
  }
  void on(const journal::Record& record) override;
  bool violated() const override { return violation_.has_value(); }
  Verdict verdict() const override;  // tested by each request that was answered, or should have been

 private:
  struct Request {
    CallId call;
    ClientId client;
    std::uint64_t number = 0;
    Time intended;
    Time sent;
    bool lost_connection = false;
    bool is_answered = false;  // though its user may not have the answer yet
    bool is_told_unknown = false;
    bool is_given_up = false;  // by its user, before there was an answer
    bool is_open = false;
  };
  struct ObjectCall {
    CallId call;
    ObjectId object;  // that was called
    InstanceId caller;
    Process process;
    Time sent;
    bool is_open = false;
  };
  // Calls that are open, by their ids. They can be walked: all() has them, and holes.
  template <class Each>
  class Open {
   public:
    std::size_t count() const { return places_.size(); }
    const std::vector<Each>& all() const { return all_; }
    Each* find(CallId call) {
      const std::uint32_t* place = places_.find(call);
      return place == nullptr ? nullptr : &all_[*place];
    }
    void add(Each each) {
      if (places_.contains(each.call)) return;
      if (free_.empty()) {
        free_.push_back(static_cast<std::uint32_t>(all_.size()));
        all_.emplace_back();
      }
      places_[each.call] = free_.back();
      each.is_open = true;
      all_[free_.back()] = each;
      free_.pop_back();
    }
    void close(CallId call) {
      const std::uint32_t place = *places_.find(call);
      all_[place].is_open = false;
      free_.push_back(place);
      places_.erase(call);
    }

   private:
    std::vector<Each> all_;
    std::vector<std::uint32_t> free_;
    Lookup<CallId, std::uint32_t> places_;
  };
  enum Trouble : std::uint8_t { crashed = 1, paused = 2, disk_full = 4 };

  void on_called(Time at, NodeId node, const journal::Called& called);
  void on_answered(const journal::Answered& answered);
  void on_completed(Time at, const journal::Completed& completed);
  void on_world(const journal::Record& record);
  void begin(Trouble trouble, NodeId node);
  void end(Trouble trouble, NodeId node);
  template <class Ended>
  void excuse_calls(Ended has_ended);
  bool is_quiet_for(const Request& request) const;
  void report(std::string rule, const Request& request, Time at, const std::string& why);
  std::string cut_short_by() const;
  std::optional<Violation> first_unanswered() const;

  const LivenessOptions options_;
  const std::string connection_lost_;
  Processes processes_;
  Open<Request> requests_;
  Open<ObjectCall> calls_;
  CallId leaving_;             // the call that an object sent last
  InstanceId leaving_caller_;  // ... and who sent it
  Lookup<NodeId, unsigned> troubles_;
  std::size_t troubled_nodes_ = 0;
  std::size_t impairments_ = 0;    // of the network, that are on
  std::optional<Time> disturbed_;  // last
  bool ended_by_error_ = false;
  std::optional<Violation> violation_;
  std::uint64_t tested_ = 0;
};

}  // namespace orrery::properties
