// The probe's own side: what it does in its process.
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <sstream>

#include "core/base/lookup.h"
#include "core/journal/history.h"
#include "scenarios/cli/errors.h"
#include "scenarios/cli/guard.h"
#include "scenarios/cli/probe.h"
#include "scenarios/search/generate.h"

namespace orrery::cli {
namespace {

constexpr const char* variable = "ORRERY_PROBE";

struct Assignment {
  Task task;
  int pipe = -1;
};

bool is_pipe(int file) {
  struct stat found {};
  return file > STDERR_FILENO && fstat(file, &found) == 0 && S_ISFIFO(found.st_mode);
}

bool is_valid(const Assignment& read, std::uint64_t subjects) {
  const Task& task = read.task;
  const auto is_known = [](Change change) { return static_cast<std::size_t>(change) < change_texts.size(); };
  return task.kind <= Task::Kind::guard && task.first <= task.last && task.last < subjects &&
         std::ranges::all_of(task.changes, is_known) && is_pipe(read.pipe);
}

std::optional<Assignment> assignment(std::uint64_t subjects) {
  const char* text = std::getenv(variable);
  if (!text) return std::nullopt;
  std::istringstream words(text);
  Assignment read;
  read.task.changes.reserve(change_texts.size());  // so that memory is the same without any
  unsigned kind = 0;
  std::chrono::seconds::rep patience = 0;
  words >> read.pipe >> kind >> read.task.first >> read.task.last >> patience;
  bool is_read = !words.fail() && kind <= UINT8_MAX;
  for (unsigned change = 0; words >> change; is_read &= change <= UINT8_MAX)
    read.task.changes.push_back(static_cast<Change>(change));
  read.task.kind = static_cast<Task::Kind>(kind);
  read.task.patience = std::chrono::seconds{patience};
  if (!is_read || !words.eof() || !is_valid(read, subjects))
    refuse(exit_usage, fmt::format("the environment has {}=\"{}\", which is not of doctor's making", variable, text),
           fmt::format("doctor tells its own processes so what to do: unset {}", variable));
  unsetenv(variable);
  return read;
}

// Blocks of many sizes, and a hole after each. They stay as long as the process.
void make_holes() {
  constexpr std::size_t count = 8'000;
  static std::vector<std::unique_ptr<char[]>> blocks(count);
  for (std::size_t i = 0; i < count; ++i) blocks[i] = std::make_unique<char[]>(16 + i * 37 % 2'000);
  for (std::size_t i = 0; i < count / 2; ++i) blocks[i * 1'777 % (count / 2) * 2].reset();
}

scenarios::Experiment experiment_of(const Subject& subject, const scenarios::Code& code) {
  return subject.is_drawn ? scenarios::drawn_experiment(subject.chosen->experiment, code, subject.seed)
                          : subject.chosen->with_seed(subject.seed);
}

// Sends each record as a line.
class History final : public journal::Sink {
 public:
  explicit History(std::FILE* out) : out_(out) {}
  journal::Interest interest() const override { return journal::Interest::everything(); }
  void on(const journal::Record& record) override {
    line_.clear();
    journal::write(line_, record);
    line_ += '\n';
    std::fwrite(line_.data(), 1, line_.size(), out_);
  }

 private:
  std::FILE* out_;
  std::string line_;
};

void guard(const Task& task, const std::vector<Subject>& subjects, const scenarios::Code& code, std::FILE* out) {
  const GuardReport report = run_guarded(
      subjects.size(), [&](std::uint64_t place) { scenarios::run(experiment_of(subjects[place], code), code); },
      task.patience);
  if (!report.why_not.empty())
    fmt::print(out, "not {}\n", report.why_not);
  else if (report.asked)
    fmt::print(out, "asked {} {}\n", report.done, *report.asked);
  else if (report.ended)
    fmt::print(out, "ended {} {}\n", report.done, *report.ended);
  else
    fmt::print(out, "nothing\n");
}

void run_earlier(const std::vector<Subject>& subjects, const scenarios::Code& code) {
  constexpr std::uint64_t runs = 9;
  for (std::uint64_t i = 0; i < runs; ++i) {
    Subject other = subjects[i * subjects.size() / runs];
    other.seed += subjects.size() + i;
    other.is_drawn = true;
    scenarios::run(experiment_of(other, code), code);
  }
}

void make_runs(const Task& task, const std::vector<Subject>& subjects, const scenarios::Code& code, std::FILE* out) {
  const auto is_changed = [&task](Change change) {
    return std::ranges::find(task.changes, change) != task.changes.end();
  };
  std::ofstream nowhere("/dev/null");
  sim::LogSettings log;
  if (is_changed(Change::log)) log = {sim::LogLevel::debug, &nowhere};
  if (is_changed(Change::heap_layout)) make_holes();
  if (is_changed(Change::earlier_runs)) run_earlier(subjects, code);
  History history(out);
  for (std::uint64_t place = 0; place <= std::min<std::uint64_t>(task.last, subjects.size() - 1); ++place) {
    const bool tells = task.kind == Task::Kind::histories && place >= task.first;
    scenarios::RunOptions options{.log = log};
    if (tells) options.more_sinks = {&history};
    const reports::Outcome outcome = scenarios::run(experiment_of(subjects[place], code), code, options).outcome;
    if (tells) fmt::print(out, "\n");
    if (task.kind != Task::Kind::fingerprints) continue;
    fmt::print(out, "{:016x} {}\n", outcome.fingerprint, outcome.events);
    std::fflush(out);
  }
}

}  // namespace

std::string to_variable(const Task& task, int pipe) {
  std::string text = fmt::format("{}={} {} {} {} {}", variable, pipe, static_cast<int>(task.kind), task.first,
                                 task.last, task.patience.count());
  for (const Change change : task.changes) text += fmt::format(" {}", static_cast<int>(change));
  return text;
}

std::optional<int> answer_as_probe(const std::vector<Subject>& subjects, const Program& program) {
  const std::optional<Assignment> assigned = assignment(subjects.size());
  if (!assigned) return std::nullopt;
  const Task& task = assigned->task;
  if (std::ranges::find(task.changes, Change::hash_salt) != task.changes.end()) hash_salt = 0x9e3779b97f4a7c15;
  std::FILE* out = fdopen(assigned->pipe, "w");
  if (!out) return exit_bug;
  if (task.kind == Task::Kind::guard)
    guard(task, subjects, program.code, out);
  else
    make_runs(task, subjects, program.code, out);
  return std::fclose(out) == 0 ? exit_green : exit_bug;
}

}  // namespace orrery::cli
