// A run as a story: what a person would tell of it, one line for each event that is worth one.
//
//      0.318204 s  fra      fra#2 asks Counter/3f2a90bc: increment(1)
//      0.331877 s  lhr-1-1  Counter/3f2a90bc begins increment(1) of fra#2
//      0.332411 s  lhr-1-1  Counter/3f2a90bc makes commit 3
//      0.332411 s  lhr-1-1  Counter/3f2a90bc replies 7 to fra#2
//      0.341200 s  lhr-1-1  commit 3 of Counter/3f2a90bc is durable
//
// When, where, what. A person's next line about a call says who asked, so it can be searched for.
//
// Memory: the calls that are open in the run, and the class of each object.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/lookup.h"
#include "core/journal/event.h"
#include "core/journal/names.h"
#include "reports/trace_output.h"

namespace orrery::reports {

class Story final : public journal::Sink {
 public:
  Story(journal::Names names, const TraceBounds& bounds, WriteText write);

  journal::Interest interest() const override;
  void on(const journal::Record& record) override;
  void finish() { out_.flush(); }

  std::uint64_t written() const { return lines_; }  // lines
  bool is_cut() const { return cut_at_.has_value(); }
  std::optional<Time> cut_at() const { return cut_at_; }  // of the first line that is too many

 private:
  struct Asked {
    std::string who;
    std::string what;    // "increment(1)"
    std::string answer;  // what the caller is told
    Time intended;
    Time arrived;
    std::optional<Time> replied{};
    bool is_nested = false;
  };

  void see(const journal::Requested& requested);
  void see(const journal::Called& called);
  void see(const journal::Placed& placed);
  void see(const journal::InstanceStarted& started);
  void see(const journal::Recovered& recovered);
  void see(const journal::RecoveryFailed& failed);
  void see(const journal::InstanceEnded& ended);
  void see(const journal::Arrived& arrived);
  void see(const journal::TurnStarted& started);
  void see(const journal::Replied& replied);
  void see(const journal::OutputLeft& left);
  void see(const journal::FetchStarted& started);
  void see(const journal::FetchEnded& ended);
  void see(const journal::Answered& answered);
  void see(const journal::Completed& completed);
  void see(const journal::StubBroken& broken);
  void see(const journal::Committed& committed);
  void see(const journal::Confirmed& confirmed);
  void see(const journal::InvariantChecked& checked);
  void see(const journal::FaultStruck& struck);
  void see(const journal::Crashed& crashed);
  void see(const journal::Restarted& restarted);
  void see(const journal::Paused&) { tell("stands still"); }
  void see(const journal::Resumed&) { tell("goes on"); }
  void see(const journal::DiskFull&) { tell("the disk is full"); }
  void see(const journal::DiskHasRoom&) { tell("the disk has room again"); }
  void see(const journal::SyncFailed&) { tell("a sync of the disk fails"); }
  void see(const journal::DiskReplaced&) { tell("has a new disk, which is empty"); }
  void see(const journal::NetworkHealed& healed);
  void see(const journal::InternalError& error);

  void tell(std::string_view text);
  std::string name_of(const ObjectId& object) const;
  // "increment(1) of fra#2".
  std::string call_text(CallId call) const;
  std::string caller_text(CallId call) const;

  const journal::Names names_;
  const TraceBounds bounds_;
  ChunkedText out_;
  std::size_t node_width_ = 0;
  Time now_;
  NodeId node_;
  Lookup<ObjectId, ClassId> classes_;
  Lookup<CallId, Asked> asked_;
  Lookup<CallId, std::string> fetches_;  // "permits"
  std::uint64_t lines_ = 0;
  std::optional<Time> cut_at_;
};

}  // namespace orrery::reports
