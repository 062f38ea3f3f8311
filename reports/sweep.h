// Designs side by side: one that varies over a grid, or several under the same traffic.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/base/time.h"
#include "reports/stages.h"
#include "reports/summary.h"
#include "reports/text.h"

namespace orrery::reports {

// ---- A grid: one run (of one or several seeds) for each combination of values.

struct SweepPoint {
  std::vector<std::string> values;  // by SweepSummary::paths
  RunSummary run;
};

struct SweepSummary {
  std::string design;
  std::vector<std::string> paths;  // what was set, as in --set; some may have but one value
  std::vector<SweepPoint> points;  // the last path varies fastest; values as they were given
  std::optional<Duration> wall;
};

// The place of the one path that has several values; nothing if there are more of them. Of a single point it is the
// first.
std::optional<std::size_t> varying_path(const SweepSummary& sweep);

// Of the points whose objectives are all met, and that violate no property: the one with the smallest value, where
// one path varies over numbers, times or rates; else the first. Nothing if there is none, or no objectives.
std::optional<std::size_t> smallest_passing(const SweepSummary& sweep);
// Of one path that varies over such values, so much the design can take: where the smallest passes and none does from
// some greater one on, the last before that. If the path says how much is sent ("rate", "clients.us.arrivals.rate"),
// the greatest that passes.
std::optional<std::size_t> largest_passing(const SweepSummary& sweep);

// Pass if a point passes; unknown if none does, but of one it cannot be told. Nothing where there are no objectives.
std::optional<Answer> answer_of(const SweepSummary& sweep);

std::string sweep_text(const SweepSummary& sweep, const Style& style);
nlohmann::ordered_json sweep_json(const SweepSummary& sweep, const Invocation& invocation,
                                  const nlohmann::ordered_json& host);

// ---- Common random numbers: the same arrivals, keys and draws, so each request is compared with itself.

inline constexpr Duration much_slower_min = 10ms;

// A request's latency in two designs, to the microsecond, taken together by (client, number).
struct Paired {
  std::uint64_t pairs = 0;          // requests that completed in both
  std::uint64_t moved = 0;          // of these, the ones that were meant for another time in the second
  std::int64_t mean_change_ns = 0;  // of the second less the first
  // A 95 % interval for it, from the means of 30 batches in order of intended time: requests near each other wait in
  // the same queues. Nothing if there are too few pairs.
  std::optional<std::pair<std::int64_t, std::int64_t>> interval{};
  std::uint64_t slower = 0;       // pairs that became slower at all
  std::uint64_t much_slower = 0;  // by more than much_slower_min
  // Of the operations that have pairs: the name, pairs, and how many of them became much slower.
  struct ByOperation {
    std::string name;
    std::uint64_t pairs = 0;
    std::uint64_t much_slower = 0;
    friend bool operator==(const ByOperation&, const ByOperation&) = default;
  };
  std::vector<ByOperation> operations{};
  friend bool operator==(const Paired&, const Paired&) = default;
};

// The latencies of one run, request by request: 24 bytes each.
class Requests final : public BreakdownReader {
 public:
  // Requests intended before `counted_from` are left out.
  Requests(const journal::Names& names, Time counted_from);
  void on(const Breakdown& breakdown) override;
  friend Paired paired(Requests& first, Requests& second);

 private:
  struct One {
    std::uint64_t client_and_number;  // the client in the upper half
    std::int64_t intended_ns;
    std::uint32_t latency_us;  // at most 71 minutes
    std::uint32_t operation;
  };
  void sort();

  Time counted_from_;
  std::vector<std::string> operations_;
  std::vector<std::size_t> first_operation_;  // by ClassId, and the end
  std::vector<One> all_;
};
// Sorts both.
Paired paired(Requests& first, Requests& second);
// Of several seeds, which know nothing of each other. At least one.
Paired merged(const std::vector<Paired>& by_seed);

// From one process to another, as outcomes.
Bytes pack(const Paired& paired);
Paired unpack_paired(const Bytes& bytes);

struct ComparedDesign {
  std::string name;  // "booking", "booking/shards"
  RunSummary run;
  std::vector<std::string> differs{};  // from the first: paths, "objects.Venue.shards"
};

struct Comparison {
  std::vector<ComparedDesign> designs;    // the first is the baseline
  std::vector<Paired> pairs{};            // each later design against the first, in their order; or none at all
  std::int64_t tolerance_millionths = 0;  // what a percentile may grow
  std::optional<Duration> wall{};
};

// The median of all requests, and the 99th percentile of each row that the first design has.
struct ComparedRow {
  std::size_t shown_percentile = 0;
  std::string of;
};
std::vector<ComparedRow> compared_rows(const Comparison& comparison);
// Nothing if the design has no such row, or too few requests in it.
std::optional<Duration> compared_value(const ComparedDesign& design, const ComparedRow& row);

// What makes the last of the designs worse than the first, in words: a property violated that the first does not
// violate, an objective missed that the first meets, or a percentile of compared_rows() that grew by more than the
// tolerance. Empty if nothing does.
std::string why_worse(const Comparison& comparison);
bool is_worse(const Comparison& comparison);

std::string comparison_text(const Comparison& comparison, const Style& style);
nlohmann::ordered_json comparison_json(const Comparison& comparison, const Invocation& invocation,
                                       const nlohmann::ordered_json& host);

}  // namespace orrery::reports
