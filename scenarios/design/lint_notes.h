// What lint's rules look at, and where they put what they find (lint.h).
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "reports/outcome.h"
#include "scenarios/design/estimate.h"
#include "scenarios/design/lint.h"

namespace orrery::scenarios {

class LintNotes {
 public:
  using Level = LintNote::Level;

  LintNotes(const Design& design, const reports::Outcome* outcome)
      : design(design), experiment(design.experiment), estimates(design.experiment), outcome_(outcome) {}

  void add(Level level, std::string_view rule, std::string path, std::string text, std::string evidence = "") {
    notes_.push_back({level, std::string(rule), std::move(path), std::move(text), std::move(evidence)});
  }
  std::vector<LintNote> take() { return std::move(notes_); }

  // What the run has to say about the busiest object of a class, a group of clients or an operation; may be empty.
  std::string evidence_of(const ClassPlan& plan) const;
  std::string evidence_of(const ClientGroup& group) const;
  std::string evidence_of(const ClassPlan& plan, const HandlerPlan& handler) const;

  // The shares of the law; none of a list.
  const std::vector<CallShare>& mix() const;
  // What hardly any of these requests is faster than, and why: "a request takes at least 219.5 ms: 215.5 ms from Sydney
  // to Venue in Washington DC and back, 4.00 ms between users and the edge".
  struct Floor {
    Duration least{};
    std::string why;
  };
  Floor floor_of(const ClientGroup& group, const CallShare& share) const;

  const Design& design;
  const Experiment& experiment;
  const Estimates estimates;

 private:
  const reports::Outcome* outcome_;
  std::vector<LintNote> notes_;
};

void lint_clients(LintNotes& notes);
void lint_classes(LintNotes& notes);
void lint_handlers(LintNotes& notes);
void lint_objectives(LintNotes& notes);

// "426 calls a second"
std::string many_text(Rate rate, std::string_view what);

}  // namespace orrery::scenarios
