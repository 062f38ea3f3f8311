// What `doctor` found, for people and for programs.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "core/base/time.h"
#include "reports/summary.h"
#include "reports/text.h"
#include "scenarios/cli/probe.h"

namespace orrery::cli {

// Two runs of one experiment differed.
struct Difference {
  Subject subject;
  int attempts = 0;  // to see it again
  // The first different event, by number from 0, as lines of a history. Nothing: in no attempt was it seen again.
  struct Event {
    std::uint64_t number = 0;
    std::string plain;  // empty: that run had ended
    std::string changed;
  };
  std::optional<Event> event;
  bool is_of_any_two = false;  // even runs in two equal processes differ
  std::vector<Change> causes;  // each of which makes it differ, alone
};

struct Diagnosis {
  struct Changed {
    Change change{};
    std::string why_not;  // empty: it was changed
  };
  std::vector<Changed> changes;
  std::uint64_t experiments = 0;  // that were run twice
  std::uint64_t events = 0;       // of one of the runs of each
  std::optional<Difference> difference;

  // What was seen under guard, in the run of which subject.
  struct Seen {
    Subject subject;
    std::string what;
  };
  std::string why_no_guard;  // empty: there was one, or it was not tried
  bool was_guarded = false;
  std::optional<Seen> asked;  // of the system: "openat"
  std::optional<Seen> ended;  // the process, before all runs were made: "by abort"
  std::optional<Duration> wall;

  bool is_well() const { return !difference && !asked && !ended; }
};

std::string doctor_text(const Diagnosis& diagnosis, const reports::Style& style);
nlohmann::ordered_json doctor_json(const Diagnosis& diagnosis, const reports::Invocation& invocation,
                                   const nlohmann::ordered_json& host);

}  // namespace orrery::cli
