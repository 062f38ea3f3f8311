// A recording as operations of the experiment's clients: who sends which call on which key, and when.
//
// A row goes to the groups whose arrivals are a trace: to one in the city it comes from, else in the same region,
// else in the nearest city, if that is not too far; or, if it does not say where it comes from, to any. Rows of one
// client go to one client of the group, and the key is the one recorded. What a row does not say is drawn as a law's
// operation is.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "core/base/draws.h"
#include "scenarios/design/trace.h"
#include "scenarios/experiment.h"
#include "scenarios/law.h"

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

  // Rows that were read and not sent: nobody in the experiment is where they come from, or they come after its end.
  const TraceSkips& skipped() const { return skipped_; }
  std::uint64_t sent() const { return sent_; }

 private:
  // A row that was read. Its requests wait until no row that is yet to come can be before them.
  struct Waiting {
    Duration at{};  // of its next request
    std::uint64_t line = 0;
    std::vector<Duration> later;  // those after it, the last one first
    std::uint64_t sent = 0;
    std::uint64_t who = 0;  // the hash of its client, if it names one
    const std::vector<std::uint32_t>* groups = nullptr;
    std::uint64_t bytes = 0;
    std::string key;
    std::string operation;
    bool has_client = false;
  };
  struct Origin {
    std::string text;
    std::vector<std::uint32_t> groups;  // that it stands for
  };

  void take(const TraceRow& row);
  const std::vector<std::uint32_t>& groups_from(std::string_view origin);
  std::vector<std::uint32_t> groups_near(std::string_view origin) const;
  Sent sent_from(Waiting& waiting);
  Duration scaled_down(Duration recorded) const;

  const Experiment& experiment_;
  const LawDraws& law_;
  const Draws draws_;
  const TracePlan& plan_;
  TraceReader reader_;
  std::vector<std::uint32_t> groups_;        // that send what was recorded
  std::vector<std::uint32_t> first_client_;  // by group
  std::vector<std::uint64_t> numbers_;       // of the next operation, by client
  std::deque<Origin> origins_;               // that were met
  std::vector<Waiting> waiting_;             // a heap: the first in time is in front
  Duration read_up_to_{};                    // no row to come is before
  bool at_end_ = false;
  TraceSkips skipped_;
  std::uint64_t sent_ = 0;
};

}  // namespace orrery::scenarios
