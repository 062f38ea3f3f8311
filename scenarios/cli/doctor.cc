// Are runs deterministic on this very machine?
//
// A plain second run of a seed proves little: it finds memory, hash tables and clocks as the first one found them.
// So every experiment runs twice in two processes of this program (probe.h): a plain one, with its addresses always
// the same, and one in which all is changed that must not matter. Their fingerprints are compared as they come. If
// two differ, both processes make that run again behind the same runs before it, and tell each event; where their
// histories part is the first different event. (Telling changes a process too: if they do not part there, it is
// looked for in all runs.) Then each change is made alone, and two plain processes are compared, to tell what the run
// depends on. A third pass runs everything under guard (guard.h): a system call or a clock that a run needs is named,
// before it has made two runs differ.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <sstream>
#include <utility>

#include "scenarios/cli/commands.h"
#include "scenarios/cli/doctor_report.h"
#include "scenarios/cli/errors.h"

namespace orrery::cli {
namespace {

using Kind = Task::Kind;
using Clock = std::chrono::steady_clock;

std::vector<Chosen> chosen_by(const Options& options, const Program& program) {
  if (options.seed > UINT64_MAX - (options.seeds - 1))
    refuse(exit_usage,
           fmt::format("there are no {} seeds from {} on: seeds have 64 bits", options.seeds, options.seed));
  const bool all = options.names.empty() || std::ranges::find(options.names, "all") != options.names.end();
  std::vector<Chosen> chosen;
  for (const std::string& name : all ? scenario_names(program) : options.names) {
    if (std::ranges::any_of(chosen, [&name](const Chosen& each) { return each.argument == name; })) continue;
    chosen.push_back(choose(name, options, program));
  }
  return chosen;
}

class Doctor {
 public:
  Doctor(const Program& program, const Options& options, const std::vector<Subject>& subjects)
      : program_(program), options_(options), subjects_(subjects) {}

  Diagnosis diagnose() {
    for (const Change change : all_changes()) {
      diagnosis_.changes.push_back({change, why_not(change)});
      if (diagnosis_.changes.back().why_not.empty()) changes_.push_back(change);
    }
    if (const auto differing = compare_fingerprints()) examine(*differing);
    watch();
    return std::move(diagnosis_);
  }

 private:
  // Returns the place of the first subject whose runs differ.
  std::optional<std::uint64_t> compare_fingerprints() {
    const std::uint64_t last = subjects_.size() - 1;
    Probe plain(program_, options_, {Kind::fingerprints, 0, last, {}});
    Probe changed(program_, options_, {Kind::fingerprints, 0, last, changes_});
    for (std::uint64_t place = 0;; ++place) {
      const auto start = Clock::now();
      const auto one = plain.line();
      const auto other = changed.line();
      longest_ = std::max(longest_, Clock::now() - start);
      if (!one && !other) return std::nullopt;
      ++diagnosis_.experiments;
      diagnosis_.events += events_in(one.value_or(""));
      if (one != other) return place;
    }
  }

  // "1b5dd90a3312274a 2310"
  static std::uint64_t events_in(const std::string& line) {
    std::istringstream words(line);
    std::string fingerprint;
    std::uint64_t events = 0;
    words >> fingerprint >> events;
    return events;
  }

  // Telling its history changes a process too, so a difference may hide: then it is looked for in all runs.
  void examine(std::uint64_t place) {
    constexpr int attempts_max = 3;
    Difference& difference = diagnosis_.difference.emplace();
    difference.subject = subjects_[place];
    while (!difference.event && difference.attempts < attempts_max)
      compare_histories(difference.attempts++ == 0 ? std::pair{place, place}
                                                   : std::pair{std::uint64_t{0}, subjects_.size() - 1});

    constexpr std::uint64_t compared_min = 30;
    const std::uint64_t last = std::clamp<std::uint64_t>(compared_min, place, subjects_.size() - 1);
    const auto plain = fingerprints(last, {});
    difference.is_of_any_two = fingerprints(last, {}) != plain;
    if (difference.is_of_any_two) return;
    for (const Change change : changes_)
      if (fingerprints(last, {change}) != plain) difference.causes.push_back(change);
  }

  void compare_histories(std::pair<std::uint64_t, std::uint64_t> places) {
    Probe plain(program_, options_, {Kind::histories, places.first, places.second, {}});
    Probe changed(program_, options_, {Kind::histories, places.first, places.second, changes_});
    std::uint64_t place = places.first;
    for (std::uint64_t number = 0;; ++number) {
      const auto one = plain.line();
      const auto other = changed.line();
      if (one != other) {
        diagnosis_.difference->subject = subjects_[place];
        diagnosis_.difference->event = {number, one.value_or(""), other.value_or("")};
        return;
      }
      if (!one) return;
      if (!one->empty()) continue;
      ++place;
      number = UINT64_MAX;
    }
  }

  std::vector<std::string> fingerprints(std::uint64_t last, const std::vector<Change>& changes) {
    Probe probe(program_, options_, {Kind::fingerprints, 0, last, changes});
    std::vector<std::string> all;
    while (auto line = probe.line()) all.push_back(std::move(*line));
    return all;
  }

  void watch() {
    constexpr std::chrono::seconds patience_min{60};
    const auto patience = std::max(patience_min, std::chrono::ceil<std::chrono::seconds>(20 * longest_));
    Probe probe(program_, options_, {Kind::guard, 0, subjects_.size() - 1, {}, patience});
    std::istringstream words(probe.line().value_or(""));
    probe.line();  // there is no other: it must have ended well
    std::string word;
    words >> word;
    diagnosis_.was_guarded = word != "not";
    const bool is_asked = word == "asked";
    const bool is_ended = word == "ended";
    std::uint64_t place = 0;
    if (is_asked || is_ended) words >> place;
    std::string rest;
    std::getline(words >> std::ws, rest);
    if (word == "not") diagnosis_.why_no_guard = rest;
    if (is_asked) diagnosis_.asked = {subjects_.at(place), rest};
    if (is_ended) diagnosis_.ended = {subjects_.at(place), rest};
  }

  const Program& program_;
  const Options& options_;
  const std::vector<Subject>& subjects_;
  std::vector<Change> changes_;
  Clock::duration longest_{};  // that an experiment took
  Diagnosis diagnosis_;
};

reports::Invocation called(const Options& options, const std::vector<Chosen>& chosen) {
  reports::Invocation invocation = invocation_of(options, chosen.front().argument, &chosen.front());
  auto& command = invocation.command;
  command.erase(command.begin() + 2);
  for (auto each = chosen.rbegin(); each != chosen.rend(); ++each)
    command.insert(command.begin() + 2, each->argument);
  command.insert(command.end(), {"--seeds", fmt::to_string(options.seeds)});
  return invocation;
}

}  // namespace

int doctor_command(const Program& program, const Options& options, const Console& console) {
  const std::vector<Chosen> chosen = chosen_by(options, program);
  const std::vector<Subject> subjects = subjects_of(chosen, options);
  if (const auto answered = answer_as_probe(subjects, program)) return *answered;

  const auto start = Clock::now();
  Output output(options, console);
  Diagnosis diagnosis = Doctor(program, options, subjects).diagnose();
  const Duration wall = Clock::now() - start;
  if (!options.no_wall) diagnosis.wall = wall;
  if (options.format == Format::json) {
    output.put(doctor_json(diagnosis, called(options, chosen), host_of(options, 2, 0, Duration{})).dump(2) + "\n");
  } else {
    const std::string text = doctor_text(diagnosis, style_of(options, console));
    output.put(options.quiet ? last_line(text) : text);
  }
  output.complete();
  return diagnosis.is_well() ? exit_green : exit_diverged;
}

}  // namespace orrery::cli
