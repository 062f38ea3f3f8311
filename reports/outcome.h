// What a run leaves behind: verdicts, latencies, counters, fingerprint. It is a value, its size does not
// depend on the number of requests, and the histograms of several seeds merge.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
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
  std::uint64_t retried = 0;    // took more than one attempt; all three speak of the last one
  Histogram histogram{};        // of all that completed
  StageTimes stages{};          // the sum over all that completed, saturated
  Work work{};                  // the sum over all that completed
  friend bool operator==(const Latencies&, const Latencies&) = default;
};

// For whom calls waited at an object's gate: summed over all that waited, and saturated.
struct Blame {
  std::string method;  // empty: no turn had begun
  Duration running{};  // while one of its turns ran
  Duration held{};     // while no turn ran, but it had the last one, and let nobody in
  friend bool operator==(const Blame&, const Blame&) = default;
};

// How busy one object was, and what calls met at its gate.
struct ObjectUse {
  std::string object;  // hexadecimal id
  std::string class_name;
  std::string name{};  // as the experiment calls it, if that is known
  Duration busy{};
  std::uint64_t turns = 0;
  std::uint64_t longest_queue = 0;  // calls that waited at its input gate at one time
  // The sum over its calls, from each arrival to its first turn, or to the end of the instance or the run that it
  // waited in. What handlers await waits at the gate, too, but is not counted.
  Duration waited{};
  std::uint64_t calls = 0;  // that entered
  // The mean of the squares of its turns' lengths, in square microseconds: what the formula of Pollaczek and
  // Khinchine wants.
  std::uint64_t mean_square_us2 = 0;
  // They sum to `waited`. The worst first; methods that nobody waited for are left out.
  std::vector<Blame> behind{};
  std::uint64_t busiest_calls = 0;  // that arrived in the fullest of the windows of ObjectReport::window
  Time busiest_from{};              // the first of them, if several are as full
  friend bool operator==(const ObjectUse&, const ObjectUse&) = default;
};

// How often operations named a key.
struct KeyUse {
  std::string class_name;
  std::string key;
  std::uint64_t requests = 0;
  std::uint64_t of = 0;  // so many, for all keys of the class
  friend bool operator==(const KeyUse&, const KeyUse&) = default;
};

struct PropertyVerdict {
  std::string property;
  properties::Verdict verdict;
  std::optional<std::uint64_t> seed{};  // of several laid over each other: the first in which it was violated
  friend bool operator==(const PropertyVerdict&, const PropertyVerdict&) = default;
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
  std::vector<KeyUse> keys;        // the busiest of each class, busiest first
  std::vector<std::string> notes;  // what else there is to say about this run, a sentence each
  // Marks of rare paths (core/ports/observer.h), and counters of what faults met (coverage.h); 0 for those never met.
  std::map<std::string, std::uint64_t> reached;
  friend bool operator==(const Outcome&, const Outcome&) = default;
};

}  // namespace orrery::reports
