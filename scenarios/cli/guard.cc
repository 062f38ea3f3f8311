#include "scenarios/cli/guard.h"

#include <fmt/format.h>
#include <linux/futex.h>
#include <poll.h>
#include <seccomp.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <climits>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <memory>
#include <string_view>

namespace orrery::cli {
namespace {

// What the guarded process tells.
struct Message {
  enum class Kind : std::uint64_t {
    filter_refused,
    clock_page_stays,
    counter_stays,
    step_done,
    system_call,
    counter,
    clock_page,
    fault,
    aborted,
    threw,
  } kind{};
  std::uint64_t number = 0;  // of the step, system call, signal or error
};

// The handlers can ask nobody, so this stands where they find it.
struct Range {
  std::uintptr_t begin = 0;
  std::uintptr_t end = 0;
};
int told_to = -1;
std::array<Range, 8> clock_pages;
std::size_t clock_pages_count = 0;
pid_t own_process = 0;
std::optional<std::uint64_t> put_off;  // the first call of those that may be the beginning of an abort

void tell(Message::Kind kind, std::uint64_t number) {
  const Message message{kind, number};
  while (write(told_to, &message, sizeof message) < 0 && errno == EINTR) {}
}

// An abort asks for its thread and process before it sends the signal, and often writes to stderr first. So these
// calls get an answer that they could have got, and are told if no abort follows. Returns whether it was such a call.
bool answer_later(std::uint64_t call, void* context) {
#if defined(__x86_64__)
  auto& registers = static_cast<ucontext_t*>(context)->uc_mcontext.gregs;
  const bool is_about_itself = call == SCMP_SYS(gettid) || call == SCMP_SYS(getpid);
  const bool is_last_word = call == SCMP_SYS(write) && registers[REG_RDI] == STDERR_FILENO;
  if (!is_about_itself && !is_last_word) return false;
  if (!put_off) put_off = call;
  registers[REG_RAX] = is_last_word ? registers[REG_RDX] : own_process;
  return true;
#else
  static_cast<void>(call);
  return context == nullptr;
#endif
}

bool is_abort(std::uint64_t call, const void* context) {
#if defined(__x86_64__)
  const auto& registers = static_cast<const ucontext_t*>(context)->uc_mcontext.gregs;
  return call == SCMP_SYS(tgkill) && registers[REG_RDI] == own_process && registers[REG_RDX] == SIGABRT;
#else
  static_cast<void>(call);
  return context == nullptr;
#endif
}

void on_system_call(int, siginfo_t* info, void* context) {
  const auto call = static_cast<std::uint64_t>(info->si_syscall);
  if (answer_later(call, context)) return;
  if (is_abort(call, context))
    tell(Message::Kind::aborted, 0);
  else
    tell(Message::Kind::system_call, put_off.value_or(call));
  _exit(0);
}

bool is_at_counter(const void* context) {
#if defined(__x86_64__)
  const auto& registers = static_cast<const ucontext_t*>(context)->uc_mcontext.gregs;
  const auto* at = reinterpret_cast<const unsigned char*>(registers[REG_RIP]);
  return at[0] == 0x0f && (at[1] == 0x31 || (at[1] == 0x01 && at[2] == 0xf9));  // rdtsc, rdtscp
#else
  return context == nullptr;
#endif
}

void on_fault(int number, siginfo_t* info, void* context) {
  const auto at = reinterpret_cast<std::uintptr_t>(info->si_addr);
  const auto end = clock_pages.begin() + static_cast<std::ptrdiff_t>(clock_pages_count);
  if (std::any_of(clock_pages.begin(), end, [at](const Range& each) { return each.begin <= at && at < each.end; })) {
    tell(Message::Kind::clock_page, 0);
    _exit(0);
  }
  if (info->si_code == SI_KERNEL && is_at_counter(context)) {
    tell(Message::Kind::counter, 0);
    _exit(0);
  }
  tell(Message::Kind::fault, static_cast<std::uint64_t>(number));
  _exit(0);
}

void handle(int number, void (*handler)(int, siginfo_t*, void*)) {
  struct sigaction action {};
  action.sa_sigaction = handler;
  action.sa_flags = SA_SIGINFO | SA_NODEFER;
  sigaction(number, &action, nullptr);
}

// "7ffd3a5f2000-7ffd3a5f6000 r--p … [vvar]": where the kernel leaves the time for everybody, on one range of pages or
// on several.
void find_clock_pages() {
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line) && clock_pages_count < clock_pages.size();) {
    if (line.find("[vvar") == line.npos) continue;
    Range& range = clock_pages[clock_pages_count++];
    const char* const last = line.data() + line.size();
    const auto first = std::from_chars(line.data(), last, range.begin, 16);
    if (first.ptr != last) std::from_chars(first.ptr + 1, last, range.end, 16);
  }
}

// Pages that cannot be read take their place, so that nothing else does: a clock that finds other memory there reads
// nonsense, or waits for it to become sense. Returns an error number, or 0.
int hide_clock_pages() {
  find_clock_pages();
  if (clock_pages_count == 0) return getauxval(AT_SYSINFO_EHDR) == 0 ? 0 : ENOENT;  // else every clock is a call
  for (std::size_t i = 0; i < clock_pages_count; ++i) {
    const auto [begin, end] = clock_pages[i];
    constexpr int flags = MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS;
    if (mmap(reinterpret_cast<void*>(begin), end - begin, PROT_NONE, flags, -1, 0) == MAP_FAILED) return errno;
  }
  return 0;
}

// Returns an error number, or 0.
int hide_counter() {
#if defined(__x86_64__)
  return prctl(PR_SET_TSC, PR_TSC_SIGSEGV, 0, 0, 0) == 0 ? 0 : errno;
#else
  return 0;
#endif
}

// Returns an error number, or 0.
int put_filter() {
  const scmp_filter_ctx filter = seccomp_init(SCMP_ACT_TRAP);
  if (!filter) return ENOMEM;
  int error = 0;
  const auto allow = [&](int call, const auto&... conditions) {
    if (error == 0) error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, sizeof...(conditions), conditions...);
  };
  for (const int call : {SCMP_SYS(brk), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise), SCMP_SYS(mprotect),
                         SCMP_SYS(rt_sigreturn), SCMP_SYS(rt_sigprocmask), SCMP_SYS(exit), SCMP_SYS(exit_group)})
    allow(call);
  const auto equal = [](unsigned argument, scmp_datum_t value) {
    return scmp_arg_cmp{argument, SCMP_CMP_EQ, value, 0};
  };
  const auto masked = [](unsigned argument, scmp_datum_t mask, scmp_datum_t value) {
    return scmp_arg_cmp{argument, SCMP_CMP_MASKED_EQ, mask, value};
  };
  constexpr auto operation = static_cast<std::uint32_t>(FUTEX_CMD_MASK);
  allow(SCMP_SYS(futex), masked(1, operation, FUTEX_WAKE));
  allow(SCMP_SYS(futex), masked(1, operation, FUTEX_WAIT), equal(3, 0));  // no timeout: that would be a clock
  allow(SCMP_SYS(mmap), masked(3, MAP_ANONYMOUS | MAP_FIXED, MAP_ANONYMOUS));
  allow(SCMP_SYS(write), equal(0, static_cast<scmp_datum_t>(told_to)));
  if (error == 0) error = seccomp_load(filter);
  seccomp_release(filter);
  return -error;
}

// Returns whether it is on, and complete.
bool put_guard() {
  using Kind = Message::Kind;
  const auto is_done = [](int error, Kind otherwise) {
    if (error != 0) tell(otherwise, static_cast<std::uint64_t>(error));
    return error == 0;
  };
  return is_done(hide_clock_pages(), Kind::clock_page_stays) && is_done(hide_counter(), Kind::counter_stays) &&
         is_done(put_filter(), Kind::filter_refused);
}

[[noreturn]] void work_guarded(std::uint64_t steps, const std::function<void(std::uint64_t)>& work) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  own_process = getpid();
  handle(SIGSYS, on_system_call);
  handle(SIGSEGV, on_fault);
  if (!put_guard()) _exit(0);
  try {
    for (std::uint64_t step = 0; step < steps; ++step) {
      work(step);
      if (put_off) {
        tell(Message::Kind::system_call, *put_off);
        break;
      }
      tell(Message::Kind::step_done, step);
    }
  } catch (...) { tell(Message::Kind::threw, 0); }
  _exit(0);
}

std::string name_of_call(std::uint64_t number) {
  const auto free_text = [](char* text) { std::free(text); };
  const std::unique_ptr<char, decltype(free_text)> name(
      seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, static_cast<int>(number)), free_text);
  return name ? std::string(name.get()) : fmt::format("system call {}", number);
}

std::string by_signal(int signal) { return fmt::format("by signal {} ({})", signal, strsignal(signal)); }

void take(const Message& message, GuardReport& report) {
  const auto error = [&message] { return std::strerror(static_cast<int>(message.number)); };
  switch (message.kind) {
    case Message::Kind::step_done: report.done = message.number + 1; break;
    case Message::Kind::filter_refused:
      report.why_not = fmt::format("the system takes no filter of its calls: {}", error());
      break;
    case Message::Kind::clock_page_stays:
      report.why_not = fmt::format("the page of the clock cannot be hidden: {}", error());
      break;
    case Message::Kind::counter_stays:
      report.why_not = fmt::format("the time stamp counter cannot be hidden: {}", error());
      break;
    case Message::Kind::system_call: report.asked = name_of_call(message.number); break;
    case Message::Kind::counter: report.asked = "clock (rdtsc)"; break;
    case Message::Kind::clock_page: report.asked = "clock (vDSO)"; break;
    case Message::Kind::fault: report.ended = by_signal(static_cast<int>(message.number)); break;
    case Message::Kind::aborted: report.ended = "by abort"; break;
    case Message::Kind::threw: report.ended = "by an exception"; break;
  }
}

// Takes messages until the process closes its end. Returns whether it did, before it was silent for too long.
bool listen(int pipe, std::chrono::seconds patience, GuardReport& report) {
  Message message;
  for (;;) {
    pollfd waited{pipe, POLLIN, 0};
    constexpr std::chrono::milliseconds poll_max{INT_MAX};
    const int ready = poll(&waited, 1, static_cast<int>(std::min(poll_max, {patience}).count()));
    if (ready == 0) return false;
    const ssize_t count = ready < 0 ? -1 : read(pipe, &message, sizeof message);
    if (count == 0 || (count < 0 && errno != EINTR)) return true;
    if (count == sizeof message) take(message, report);  // whole: a pipe does not cut what is so short
  }
}

int wait_for(pid_t process) {
  int status = 0;
  while (waitpid(process, &status, 0) < 0 && errno == EINTR) {}
  return status;
}

}  // namespace

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
bool has_sanitizers() { return true; }
#elif defined(__has_feature)
bool has_sanitizers() {
  return __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer);
}
#else
bool has_sanitizers() { return false; }
#endif

GuardReport run_guarded(std::uint64_t steps, const std::function<void(std::uint64_t step)>& work,
                        std::chrono::seconds patience) {
  GuardReport report;
  if (has_sanitizers()) {
    report.why_not = "sanitizers ask the system themselves";
    return report;
  }
  int ends[2] = {-1, -1};
  const pid_t process = pipe(ends) == 0 ? fork() : -1;
  if (process == 0) {
    close(ends[0]);
    told_to = ends[1];
    work_guarded(steps, work);
  }
  if (process < 0) report.why_not = std::strerror(errno);
  close(ends[1]);
  if (process > 0) {
    const bool is_over = listen(ends[0], patience, report);
    if (!is_over) kill(process, SIGKILL);
    const int status = wait_for(process);
    const bool is_explained = !report.why_not.empty() || report.asked || report.ended;
    if (!is_explained && !is_over)
      report.ended = fmt::format("by doctor: it was silent for {} s", patience.count());
    else if (!is_explained && WIFSIGNALED(status))
      report.ended = by_signal(WTERMSIG(status));
    else if (!is_explained && report.done < steps)
      report.ended = fmt::format("with exit code {}", WEXITSTATUS(status));
  }
  close(ends[0]);
  return report;
}

}  // namespace orrery::cli
