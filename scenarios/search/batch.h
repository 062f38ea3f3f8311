// Many seeds of one scenario, taken in one after the other.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/base/value.h"
#include "reports/outcome.h"
#include "reports/summary.h"

namespace orrery::scenarios {

// What a check needs to know of one run.
struct SeedResult {
  std::uint64_t fingerprint = 0;
  std::uint64_t requests = 0;
  Duration virtual_time{};
  std::vector<reports::PropertyVerdict> verdicts;
  std::map<std::string, std::uint64_t> reached;
};

SeedResult result_of(const reports::Outcome& outcome);

// From one process to another.
Bytes pack(const SeedResult& result);
SeedResult unpack(const Bytes& bytes);

class Batch {
 public:
  // Looks for `violations_max` violations of each of the properties.
  Batch(std::string scenario, std::vector<std::string> properties, std::uint64_t first_seed, std::uint64_t seeds,
        std::uint64_t violations_max);

  // All seeds are done, or all violations that were looked for are found.
  bool is_done() const;
  // The result of the next seed.
  void take(const SeedResult& result);

  std::uint64_t violated() const;  // how many properties
  reports::CheckSummary& summary() { return summary_; }

 private:
  reports::CheckSummary summary_;
  std::uint64_t violations_max_;
};

}  // namespace orrery::scenarios
