#include "scenarios/cli/probe.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fstream>

#include "reports/text.h"
#include "scenarios/cli/errors.h"
#include "scenarios/cli/guard.h"

namespace orrery::cli {
namespace {

constexpr unsigned long ask = 0xffffffff;

constexpr int not_started = 127;
constexpr std::string_view fix =
    "a program of your own must hand its arguments to orrery::main, and no run of it may end the process";

bool includes(const std::vector<Change>& changes, Change change) {
  return std::ranges::find(changes, change) != changes.end();
}

std::string why_addresses_stay() {
  std::ifstream setting("/proc/sys/kernel/randomize_va_space");
  if (int level = 0; setting >> level && level == 0) return "this system puts nothing at random";
  const int before = personality(ask);
  if (before < 0 || personality(static_cast<unsigned long>(before | ADDR_NO_RANDOMIZE)) < 0)
    return "not allowed here";
  personality(static_cast<unsigned long>(before));
  return "";
}

std::string why_memory_stays() {
#ifdef __GLIBC__
  return has_sanitizers() ? "not in a build with sanitizers" : "";
#else
  return "needs glibc";
#endif
}

std::string why_processor_stays() {
#if defined(__x86_64__) && defined(__GLIBC__)
  if (__builtin_cpu_supports("avx2") || __builtin_cpu_supports("fma")) return "";
#endif
  return "not on this processor";
}

std::string tunables_of(const std::vector<Change>& changes) {
  std::string tunables;
  if (includes(changes, Change::heap_fill)) tunables += "glibc.malloc.perturb=165:";
  if (includes(changes, Change::heap_layout))
    tunables += "glibc.malloc.tcache_count=0:glibc.malloc.mxfast=0:glibc.malloc.mmap_threshold=65536:";
  if (includes(changes, Change::processor))
    tunables += "glibc.cpu.hwcaps=-AVX2,-FMA,-FMA4,-AVX512F,-AVX512VL,-AVX512BW:";
  if (!tunables.empty()) tunables.pop_back();
  return tunables;
}

std::vector<std::string> arguments_of(const Program& program, const Options& options) {
  std::vector<std::string> arguments{program.name, "doctor"};
  arguments.insert(arguments.end(), options.names.begin(), options.names.end());
  arguments.insert(arguments.end(),
                   {"--seed", fmt::to_string(options.seed), "--seeds", fmt::to_string(options.seeds)});
  for (const auto& [path, value] : options.sets) arguments.insert(arguments.end(), {"--set", path + "=" + value});
  return arguments;
}

std::vector<std::string> environment_of(const Task& task, int pipe) {
  std::vector<std::string> environment;
  for (char** each = environ; *each; ++each)
    if (!std::string_view(*each).starts_with("GLIBC_TUNABLES=")) environment.emplace_back(*each);
  if (const std::string tunables = tunables_of(task.changes); !tunables.empty())
    environment.push_back("GLIBC_TUNABLES=" + tunables);
  if (includes(task.changes, Change::environment))
    environment.push_back("ORRERY_PADDING=" + std::string(60'000, '.'));
  environment.push_back(to_variable(task, pipe));
  return environment;
}

// Lines, or histories, of which each ends in an empty line.
std::uint64_t answers_to(const Task& task) {
  switch (task.kind) {
    case Task::Kind::fingerprints: return task.last + 1;
    case Task::Kind::histories: return task.last - task.first + 1;
    case Task::Kind::guard: return 1;
  }
  return 0;
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

}  // namespace

std::vector<Change> all_changes() {
  std::vector<Change> all;
  for (std::size_t i = 0; i < change_texts.size(); ++i) all.push_back(static_cast<Change>(i));
  return all;
}

std::string why_not(Change change) {
  switch (change) {
    case Change::addresses: return why_addresses_stay();
    case Change::heap_fill:
    case Change::heap_layout: return why_memory_stays();
    case Change::processor: return why_processor_stays();
    default: return "";
  }
}

std::vector<Subject> subjects_of(const std::vector<Chosen>& chosen, const Options& options) {
  std::vector<Subject> subjects;
  for (const Chosen& each : chosen)
    for (std::uint64_t i = 0; i < options.seeds; ++i) subjects.push_back({&each, options.seed + i, true});
  for (const Chosen& each : chosen) subjects.push_back({&each, options.seed, false});
  return subjects;
}

Probe::Probe(const Program& program, const Options& options, const Task& task)
    : kind_(task.kind), wanted_(answers_to(task)) {
  int ends[2] = {-1, -1};
  int failure[2] = {-1, -1};  // closed when the program is started, or tells why it is not
  if (pipe(ends) != 0 || pipe2(failure, O_CLOEXEC) != 0)
    refuse(exit_no_file, fmt::format("cannot make a pipe: {}", std::strerror(errno)));
  fcntl(ends[0], F_SETFD, FD_CLOEXEC);
  std::vector<std::string> arguments = arguments_of(program, options);
  std::vector<std::string> environment = environment_of(task, ends[1]);
  const std::vector<char*> argv = pointers_to(arguments);
  const std::vector<char*> envp = pointers_to(environment);
  process_ = fork();
  if (process_ == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    const auto kind = static_cast<unsigned long>(personality(ask));
    constexpr unsigned long fixed = ADDR_NO_RANDOMIZE;
    personality(includes(task.changes, Change::addresses) ? kind & ~fixed : kind | fixed);
    execve("/proc/self/exe", argv.data(), envp.data());
    const int why = errno;
    while (write(failure[1], &why, sizeof why) < 0 && errno == EINTR) {}
    _exit(not_started);
  }
  int error = errno;
  close(ends[1]);
  close(failure[1]);
  lines_ = fdopen(ends[0], "r");
  ssize_t told = 0;
  while (process_ > 0 && (told = read(failure[0], &error, sizeof error)) < 0 && errno == EINTR) {}
  close(failure[0]);
  const auto refuse_start = [&](std::string_view what) {
    end();
    refuse(exit_no_file, fmt::format("cannot start {}: {}", what, std::strerror(error)));
  };
  if (process_ < 0) refuse_start("a process");
  if (told == sizeof error) refuse_start("/proc/self/exe again");
}

Probe::~Probe() { end(); }

void Probe::end() {
  if (lines_) std::fclose(lines_);
  lines_ = nullptr;
  if (process_ <= 0) return;
  kill(process_, SIGKILL);
  waitpid(process_, nullptr, 0);
  process_ = -1;
}

std::optional<std::string> Probe::line() {
  char* text = nullptr;
  std::size_t room = 0;
  const ssize_t size = getline(&text, &room, lines_);
  std::string line(text, size > 0 ? static_cast<std::size_t>(size) : 0);
  std::free(text);
  if (line.ends_with('\n')) {
    line.pop_back();
    count(line);
    return line;
  }
  check_end();
  return std::nullopt;
}

void Probe::count(const std::string& line) {
  ++taken_;
  const bool is_answer = kind_ != Task::Kind::histories || line.empty();
  if (!is_answer) return;
  if (wanted_ == 0) refuse(exit_bug, fmt::format("a process of doctor told more than it was asked: {}", line), fix);
  --wanted_;
}

void Probe::check_end() {
  if (process_ <= 0) return;
  int status = 0;
  while (waitpid(process_, &status, 0) < 0 && errno == EINTR) {}
  process_ = -1;
  const bool is_exit = WIFEXITED(status);
  if (is_exit && WEXITSTATUS(status) == exit_green && wanted_ == 0) return;
  if (is_exit && WEXITSTATUS(status) == not_started && taken_ == 0)  // so says the loader of shared libraries
    refuse(exit_no_file, "cannot start /proc/self/exe again");
  const std::string how = WIFSIGNALED(status)
                              ? fmt::format("signal {} ({})", WTERMSIG(status), strsignal(WTERMSIG(status)))
                              : fmt::format("exit code {}", WEXITSTATUS(status));
  refuse(exit_bug,
         fmt::format("a process of doctor ended with {} after {}{}", how, reports::counted(taken_, "line", "lines"),
                     wanted_ == 0 ? "" : ", before it had told all"),
         fix);
}

}  // namespace orrery::cli
