// The processes in which `doctor` makes its runs: this very program, started again, with something changed that
// should not matter.
//
// A probe is told what to do by a variable of its environment, so that it is the same command otherwise. It answers
// in lines, through a pipe.
#pragma once

#include <sys/types.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scenarios/cli/chosen.h"
#include "scenarios/cli/options.h"
#include "scenarios/cli/program.h"

namespace orrery::cli {

// What may be changed in a process.
enum class Change : std::uint8_t {
  addresses,
  heap_fill,
  heap_layout,
  hash_salt,
  environment,
  log,
  earlier_runs,
  processor,
};
struct ChangeText {
  std::string_view name;
  std::string_view what;  // of the second process
};
inline constexpr std::array change_texts{
    ChangeText{"addresses", "at random places; in the first, always at the same"},
    ChangeText{"heap fill", "new and freed memory holds other bytes"},
    ChangeText{"heap layout", "holes everywhere, blocks elsewhere and taken in another order"},
    ChangeText{"hash salt", "hash tables in another order"},
    ChangeText{"environment", "60,000 bytes more, so that stacks lie lower"},
    ChangeText{"log", "every line of it formatted and written"},
    ChangeText{"earlier runs", "nine other experiments first"},
    ChangeText{"processor", "the C library does without AVX2 and FMA"},
};
inline const ChangeText& text_of(Change change) { return change_texts[static_cast<std::size_t>(change)]; }
std::vector<Change> all_changes();
// Why it cannot be made here; empty: it can.
std::string why_not(Change change);

// An experiment that is to be run.
struct Subject {
  const Chosen* chosen = nullptr;
  std::uint64_t seed = 0;
  bool is_drawn = false;  // as `check` draws it, else as `run` runs it
};
// Those that check would draw, then one long run of each scenario.
std::vector<Subject> subjects_of(const std::vector<Chosen>& chosen, const Options& options);

struct Task {
  enum class Kind : std::uint8_t { fingerprints, histories, guard } kind{};
  std::uint64_t first = 0;  // subject whose history is asked for; those before it are run too
  std::uint64_t last = 0;
  std::vector<Change> changes{};
  std::chrono::seconds patience{};  // of the guard, with each subject
};
// How a probe is told: a variable for its environment. `pipe` is where it answers.
std::string to_variable(const Task& task, int pipe);

// A probe under way. Ends with its process, if it is not over before.
class Probe {
 public:
  Probe(const Program& program, const Options& options, const Task& task);
  ~Probe();
  Probe(const Probe&) = delete;
  Probe& operator=(const Probe&) = delete;

  // Nothing, when all is answered and its process has ended well. Throws Refusal if it ends otherwise.
  std::optional<std::string> line();

 private:
  void count(const std::string& line);
  void check_end();
  void end();

  pid_t process_ = -1;
  std::FILE* lines_ = nullptr;
  Task::Kind kind_;
  std::uint64_t taken_ = 0;   // lines
  std::uint64_t wanted_ = 0;  // answers: lines, or histories
};

// Whether this process is a probe; if so, it does its task. One line for each subject, "fingerprint events"; or one
// for each record, and an empty one behind each history; or what the guard saw: "not REASON", "asked SUBJECT WHAT",
// "ended SUBJECT HOW", "nothing". Throws Refusal if it is told what doctor does not tell.
std::optional<int> answer_as_probe(const std::vector<Subject>& subjects, const Program& program);

}  // namespace orrery::cli
