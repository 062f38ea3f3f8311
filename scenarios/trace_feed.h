// A recording as operations of the experiment's clients: who sends which call on which key, and when.
//
// A row goes to the groups whose arrivals are a trace: to one in the city it comes from, else in the same region,
// else in the nearest city, if that is not too far; or, if it does not say where it comes from, to any. Of these, to
// one that makes the call of its operation (TracePlan::operations). Rows of one client go to one client of the group,
// and the key is the one recorded. What a row does not say is drawn as a law's operation is.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/draws.h"
#include "core/base/lookup.h"
#include "scenarios/design/trace.h"
#include "scenarios/experiment.h"
#include "scenarios/law.h"
#include "sim/topology.h"

namespace orrery::scenarios {

class TraceFeed {
 public:
  struct Sent {
    ClientId client;
    std::uint64_t number = 0;  // among the client's operations
    Duration at{};
    std::size_t share = 0;
    std::string key;
    std::vector<Value> args;
  };

  static constexpr std::int64_t far_metres = 5'000'000;
  static constexpr std::uint64_t count_max = 10'000'000;  // requests of one row

  // Both must outlive this. Throws std::runtime_error if the file cannot be opened.
  TraceFeed(const Experiment& experiment, const LawDraws& law);

  // In the order of their times; nothing when the recording or the experiment is over.
  std::optional<Sent> next();

  // Rows that were not sent: nobody is where they come from, nobody there makes their call, or the run is over.
  const TraceSkips& skipped() const { return skipped_; }

 private:
  using Groups = std::vector<std::uint32_t>;
  // The share of the mix that one call is, by the group that makes it; nothing for those that do not.
  using Shares = std::vector<std::optional<std::size_t>>;
  // A row that was read. Its requests wait until no row that is yet to come can be before them.
  struct Waiting {
    Duration at{};  // of its next request
    std::uint64_t line = 0;
    std::vector<Duration> later;  // those after it, the last one first
    std::uint64_t sent = 0;
    std::uint64_t who = 0;  // the hash of its client, if it names one
    const Groups* groups = nullptr;  // that may send it
    const Shares* shares = nullptr;  // nothing: its call is drawn
    std::uint64_t bytes = 0;
    std::string key;
    bool has_client = false;
  };

  void find_places();
  Groups groups_near(std::string_view hint, const sim::Topology& topology) const;
  void find_calls();
  void add_call(const std::string& recorded, std::string_view call);

  void read();
  void take(const TraceRow& row);
  // Nothing: none.
  const Groups* groups_from(std::string_view origin) const;
  const Shares* shares_of(std::string_view operation, const Groups& groups) const;
  std::uint32_t group_of(const Waiting& waiting, std::uint64_t who) const;
  Sent sent_from(Waiting& waiting);
  void end();
  Duration scaled_down(Duration recorded) const;

  const Experiment& experiment_;
  const LawDraws& law_;
  const Draws draws_;
  const TracePlan& plan_;
  TraceReader reader_;
  Groups groups_;                            // that send what was recorded
  std::vector<std::uint32_t> first_client_;  // by group
  std::vector<std::uint64_t> numbers_;       // of the next operation, by client
  Lookup<std::string, Groups> in_city_;      // by its name and by its code
  Lookup<std::string, Groups> near_hint_;
  Lookup<std::string, Shares> calls_;  // by what is recorded
  std::vector<Waiting> waiting_;       // a heap: the first in time is in front
  Duration read_up_to_{};              // no row to come is before
  bool at_end_ = false;
  std::uint64_t line_after_end_ = 0;  // the first row that comes when the run is over; 0: none
  TraceSkips skipped_;
};

}  // namespace orrery::scenarios
