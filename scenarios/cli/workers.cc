#include "scenarios/cli/workers.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <exception>
#include <string_view>

#include "core/base/bytes.h"
#include "core/base/invariant.h"
#include "scenarios/cli/errors.h"

namespace orrery::cli {
namespace {

// A result on its way: how many bytes follow, and whether they are a result or say what went wrong.
constexpr std::size_t head_bytes = sizeof(std::uint64_t) + 1;

bool send(int pipe, const Bytes& bytes, bool failed) {
  Writer head(head_bytes);
  head.put(std::uint64_t{bytes.size()});
  head.put(failed);
  const Bytes whole = head.take() + bytes;
  for (std::string_view rest = whole; !rest.empty();) {
    const ssize_t count = write(pipe, rest.data(), rest.size());
    if (count < 0 && errno != EINTR) return false;
    if (count > 0) rest.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

// Never returns: nothing that the parent has open or wants done at its end may be done twice.
[[noreturn]] void work_on(int pipe, std::uint64_t first, std::uint64_t step, std::uint64_t count,
                          const Workers::Work& work) {
  signal(SIGINT, SIG_IGN);  // Ctrl-C goes to all processes of the terminal: the parent decides
  signal(SIGHUP, SIG_IGN);
  signal(SIGTERM, SIG_DFL);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  try {
    for (std::uint64_t number = first; number < count; number += step)
      if (!send(pipe, work(number), false)) _exit(0);
  } catch (const std::exception& error) { send(pipe, error.what(), true); }
  _exit(0);
}

}  // namespace

Workers::Workers(int jobs, std::uint64_t count, const Work& work) : count_(count) {
  PRECONDITION(jobs >= 1, "{} jobs", jobs);
  const std::uint64_t used = std::min<std::uint64_t>(static_cast<std::uint64_t>(jobs), count);
  workers_.resize(used);
  for (std::uint64_t place = 0; place < used; ++place) start(place, used, work);
}

void Workers::start(std::uint64_t place, std::uint64_t jobs, const Work& work) {
  int ends[2] = {-1, -1};
  const bool has_pipe = pipe(ends) == 0;
  const pid_t process = has_pipe ? fork() : -1;
  if (process == 0) {
    for (const Worker& other : workers_)
      if (other.pipe >= 0) close(other.pipe);
    close(ends[0]);
    work_on(ends[1], place, jobs, count_, work);
  }
  const int error = errno;
  if (has_pipe) close(ends[1]);
  workers_[place] = {process, ends[0], {}};
  if (process > 0) return;
  for (Worker& each : workers_)
    if (each.process > 0) kill(each.process, SIGKILL);
  refuse(exit_no_file, fmt::format("cannot start worker {} of {}: {}", place + 1, jobs, std::strerror(error)),
         "try fewer with --jobs");
}

Workers::~Workers() {
  for (const Worker& each : workers_) {
    if (each.pipe >= 0) close(each.pipe);
    if (each.process > 0) kill(each.process, SIGKILL);
  }
  for (const Worker& each : workers_)
    if (each.process > 0) waitpid(each.process, nullptr, 0);
}

std::optional<Bytes> Workers::complete_result(Worker& worker) {
  if (worker.received.size() < head_bytes) return std::nullopt;
  Reader head(worker.received);
  const auto size = static_cast<std::size_t>(head.next<std::uint64_t>());
  const bool failed = head.next<bool>();
  if (worker.received.size() < head_bytes + size) return std::nullopt;
  Bytes result = worker.received.substr(head_bytes, size);
  worker.received.erase(0, head_bytes + size);
  if (failed) throw WorkerLost(taken_, result);
  ++taken_;
  return result;
}

void Workers::lost(Worker& worker) {
  int status = 0;
  waitpid(worker.process, &status, 0);
  worker.process = -1;
  if (WIFSIGNALED(status))
    throw WorkerLost(taken_, fmt::format("its process was ended by signal {} ({})", WTERMSIG(status),
                                         strsignal(WTERMSIG(status))));
  throw WorkerLost(taken_, fmt::format("its process ended with code {}", WEXITSTATUS(status)));
}

std::optional<Bytes> Workers::next(std::chrono::milliseconds patience) {
  PRECONDITION(taken_ < count_, "all {} results were taken", count_);
  const auto until = std::chrono::steady_clock::now() + patience;
  Worker& worker = workers_[taken_ % workers_.size()];
  for (;;) {
    if (auto result = complete_result(worker)) return result;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
    pollfd readable{worker.pipe, POLLIN, 0};
    if (poll(&readable, 1, static_cast<int>(std::max<std::int64_t>(left.count(), 0))) <= 0) return std::nullopt;
    char chunk[1u << 16];
    const ssize_t count = read(worker.pipe, chunk, sizeof chunk);
    if (count == 0) lost(worker);
    if (count > 0) worker.received.append(chunk, static_cast<std::size_t>(count));
  }
}

}  // namespace orrery::cli
