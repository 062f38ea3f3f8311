// A recording as operations of the experiment's clients: who sends which call on which key, and when.
//
// A row goes to the groups whose arrivals are a trace: to one in the city it comes from, else to one in the same
// region, or, if it does not say where it comes from, to any. Rows of one client go to one client of the group, and
// the key is the one recorded. What a row does not say is drawn as a law's operation is.
#pragma once

#include <cstdint>
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

  // Both must outlive this. Throws std::runtime_error if the file is not the one that was scanned.
  TraceFeed(const Experiment& experiment, const LawDraws& law);

  // In the order of their times; nothing when the recording or the experiment is over.
  std::optional<Sent> next();

  // Rows that were read and not sent: nobody in the experiment is where they come from, or they come after its end.
  const TraceSkips& skipped() const { return skipped_; }
  std::uint64_t sent() const { return sent_; }

 private:
  // A request that was read, and waits until no row that is yet to come can be before it.
  struct Waiting {
    Duration at{};
    std::uint64_t line = 0;
    std::uint64_t place = 0;  // among the requests of its line
    std::uint32_t client = 0;
    std::uint32_t group = 0;
    std::uint64_t bytes = 0;
    std::string key;
    std::string operation;
  };
  struct Origin {
    std::string text;
    std::vector<std::uint32_t> groups;  // that it stands for
  };

  void take(const TraceRow& row);
  const std::vector<std::uint32_t>& groups_from(std::string_view origin);
  Sent sent_from(Waiting&& waiting);
  Duration scaled_down(Duration recorded) const;

  const Experiment& experiment_;
  const LawDraws& law_;
  const Draws draws_;
  const TracePlan& plan_;
  TraceReader reader_;
  std::vector<std::uint32_t> groups_;        // that send what was recorded
  std::vector<std::uint32_t> first_client_;  // by group
  std::vector<std::uint64_t> numbers_;       // of the next operation, by client
  std::vector<Origin> origins_;              // that were met
  std::vector<Waiting> waiting_;             // a heap: the first in time is in front
  Duration read_up_to_{};                    // no row to come is before
  bool at_end_ = false;
  TraceSkips skipped_;
  std::uint64_t sent_ = 0;
};

}  // namespace orrery::scenarios
