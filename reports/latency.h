// Latencies and work of all requests, of each group of clients and of each operation.
#pragma once

#include <cstdint>
#include <vector>

#include "core/journal/names.h"
#include "reports/outcome.h"
#include "reports/stages.h"

namespace orrery::reports {

class LatencyReport final : public BreakdownReader {
 public:
  // Requests intended before `counted_from` are left out: the world is still warming up.
  LatencyReport(const journal::Names& names, Time counted_from);

  void on(const Breakdown& breakdown) override;

  // Fills in `all`, `groups`, `operations` and `stages`. Every group and every operation has its place, those
  // without requests too, so that outcomes of two seeds can be laid over each other.
  void write_to(Outcome& outcome) const;

 private:
  struct Range {
    std::uint32_t first_client = 0;
    std::uint32_t clients = 0;
  };

  Time counted_from_;
  Latencies all_;
  std::vector<Range> ranges_;  // by group, in order of their clients
  std::vector<Latencies> groups_;
  std::vector<std::size_t> first_operation_;  // by ClassId, and the end
  std::vector<Latencies> operations_;
  StagedHistogram stages_;
};

}  // namespace orrery::reports
