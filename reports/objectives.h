// What a design is held to, and whether it was met.
//
//   [objectives]
//   p99 = "500ms"            each group of clients
//   "us.p99" = "300ms"       one group, one operation ("Venue.book.p99"), or "all"; a group's own takes the place
//                            of the one for each group
//   errors = "0.1%"          at most this share failed or had no answer
//   throughput = "400/s"     at least so many a second had a good answer
//   mean, max, p50 … p99.999 times
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/duration_text.h"
#include "core/base/time.h"
#include "reports/histogram.h"
#include "reports/outcome.h"

namespace orrery::reports {

struct Objective {
  enum class Metric : std::uint8_t { percentile, mean, max, errors, throughput };
  std::string of;  // a group's name, an operation's, or "all"; empty: each group of clients
  Metric metric{};
  Percentile percentile{};            // of that metric; below 100 %
  Duration time{};                    // the limit of percentile, mean and max
  std::int64_t share_millionths = 0;  // of errors
  Rate rate{};                        // of throughput
  friend bool operator==(const Objective&, const Objective&) = default;
};

// A key and its limit, as in "us.p99.9" and "500ms", "errors" and "0.1%". The metric is the key's last word, where
// p99.9 is one word. A share is written in percent, or as a number such as 0.001. The error is a sentence.
std::expected<Objective, std::string> parse_objective(std::string_view name, std::string_view limit);

// Both read back as the same objective.
std::string name_of(const Objective& objective);    // "us.p99"
std::string metric_of(const Objective& objective);  // "p99"
std::string limit_of(const Objective& objective);   // "500ms"

// One objective on one row of latencies.
struct Judged {
  enum class Kind : std::uint8_t { met, missed, unknown };  // unknown: too few requests to say
  Kind kind{};
  Objective objective;
  std::string of;  // the row's name
  std::optional<std::int64_t>
      value{};  // nanoseconds, millionths, or millionths an hour, as the limit; unless unknown
};

// In the order of the objectives, each over the rows in their order. `counted` is how long requests were counted:
// from the end of the warm-up to the end; of several seeds laid over each other, in all of them together. A row that
// there is not, or that no request belongs to, is unknown. Values are rounded to the limit's unit such that they are
// on the same side of it as what they stand for.
std::vector<Judged> judge(const std::vector<Objective>& objectives, const Outcome& outcome, Duration counted);

// How much of the limit is used up, in millionths: 810'000 is 81 %. Of throughput, limit over value. Of one that is
// unknown 0; the most that an int64 holds, if the value is beyond any multiple of the limit.
std::int64_t usage_millionths(const Judged& judged);

// "3 of 3 latency objectives missed", "all objectives met, closest is apac p99 at 81 % of its limit",
// "cannot tell: 1 of 3 objectives has too few requests".
std::string sentence_of(std::span<const Judged> objectives);

}  // namespace orrery::reports
