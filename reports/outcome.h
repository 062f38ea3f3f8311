// What a run leaves behind: verdicts, latencies, counters, fingerprint. It is a value, its size does not
// depend on the number of requests, and the histograms of several seeds merge.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/base/time.h"
#include "properties/property.h"
#include "reports/histogram.h"
#include "reports/work.h"

namespace orrery::reports {

// Requests of one group of clients, or of one operation: latencies from the intended send time, and work.
struct Latencies {
  std::string name;
  std::uint64_t completed = 0;  // the user has an answer or gave up; includes both of the next
  std::uint64_t failed = 0;     // the object's code threw
  std::uint64_t unknown = 0;    // no answer: it may or may not have been done
  Histogram histogram{};        // of all that completed
  Work work{};                  // the sum over all that completed
};

struct ObjectUse {
  std::string object;  // hexadecimal id
  std::string class_name;
  Duration busy{};
  std::uint64_t turns = 0;
  std::uint64_t longest_queue = 0;  // calls that waited at its input gate at one time
};

struct PropertyVerdict {
  std::string property;
  properties::Verdict verdict;
};

struct Outcome {
  std::uint64_t seed = 0;
  std::uint64_t fingerprint = 0;
  std::uint64_t events = 0;  // journal records folded into the fingerprint
  Duration virtual_time{};   // from the start to the last event
  std::vector<PropertyVerdict> verdicts;
  Latencies all;
  std::vector<Latencies> groups;      // in the experiment's order
  std::vector<Latencies> operations;  // in order of class and method; "Counter.increment"
  StagedHistogram stages;             // of `all`, with the time of each stage
  std::vector<ObjectUse> objects;     // the ten busiest, busiest first
  std::uint64_t objects_used = 0;
  // Marks of rare paths (core/ports/observer.h), and counters of what faults met (coverage.h); 0 for those never met.
  std::map<std::string, std::uint64_t> reached;
};

}  // namespace orrery::reports
