#include "scenarios/cli/guard.h"

#include <fmt/format.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <fstream>
#include <memory>
#include <string_view>

namespace orrery::cli {
namespace {

// What the guarded process tells.
struct Message {
  enum class Kind : std::uint64_t { no_guard, step_done, system_call, counter, clock_page, fault, threw } kind{};
  std::uint64_t number = 0;  // of the step, system call, signal or error
};

// The handlers can ask nobody, so this stands where they find it.
int told_to = -1;
std::uintptr_t clock_page_begin = 0;
std::uintptr_t clock_page_end = 0;

void tell(Message::Kind kind, std::uint64_t number) {
  const Message message{kind, number};
  while (write(told_to, &message, sizeof message) < 0 && errno == EINTR) {}
}

void on_system_call(int, siginfo_t* info, void*) {
  tell(Message::Kind::system_call, static_cast<std::uint64_t>(info->si_syscall));
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
  if (clock_page_begin <= at && at < clock_page_end) {
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

// "7ffd3a5f2000-7ffd3a5f6000 r--p … [vvar]": where the kernel leaves the time for everybody.
void hide_clock_page() {
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    if (line.find("[vvar") == line.npos) continue;
    std::uintptr_t begin = 0;
    std::uintptr_t end = 0;
    const char* const last = line.data() + line.size();
    const auto first = std::from_chars(line.data(), last, begin, 16);
    if (first.ptr == last || *first.ptr != '-') continue;
    std::from_chars(first.ptr + 1, last, end, 16);
    if (munmap(reinterpret_cast<void*>(begin), end - begin) != 0) continue;
    clock_page_begin = clock_page_begin == 0 ? begin : std::min(begin, clock_page_begin);
    clock_page_end = std::max(end, clock_page_end);
  }
}

// Returns an error number, or 0.
int put_filter() {
  const scmp_filter_ctx filter = seccomp_init(SCMP_ACT_TRAP);
  if (!filter) return ENOMEM;
  int error = 0;
  const auto allow = [&](int call, const auto&... conditions) {
    if (error == 0) error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, sizeof...(conditions), conditions...);
  };
  for (const int call :
       {SCMP_SYS(brk), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise), SCMP_SYS(mprotect), SCMP_SYS(futex),
        SCMP_SYS(rt_sigreturn), SCMP_SYS(rt_sigprocmask), SCMP_SYS(exit), SCMP_SYS(exit_group)})
    allow(call);
  scmp_arg_cmp anonymous{};
  anonymous.arg = 3;  // the flags
  anonymous.op = SCMP_CMP_MASKED_EQ;
  anonymous.datum_a = anonymous.datum_b = MAP_ANONYMOUS;
  allow(SCMP_SYS(mmap), anonymous);
  scmp_arg_cmp to_pipe{};
  to_pipe.op = SCMP_CMP_EQ;
  to_pipe.datum_a = static_cast<scmp_datum_t>(told_to);
  allow(SCMP_SYS(write), to_pipe);
  if (error == 0) error = seccomp_load(filter);
  seccomp_release(filter);
  return -error;
}

[[noreturn]] void work_guarded(std::uint64_t steps, const std::function<void(std::uint64_t)>& work) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  handle(SIGSYS, on_system_call);
  handle(SIGSEGV, on_fault);
  hide_clock_page();
#ifdef PR_SET_TSC
  prctl(PR_SET_TSC, PR_TSC_SIGSEGV, 0, 0, 0);
#endif
  if (const int error = put_filter(); error != 0) {
    tell(Message::Kind::no_guard, static_cast<std::uint64_t>(error));
    _exit(0);
  }
  try {
    for (std::uint64_t step = 0; step < steps; ++step) {
      work(step);
      tell(Message::Kind::step_done, step);
    }
  } catch (const std::exception&) { tell(Message::Kind::threw, 0); }
  _exit(0);
}

std::string name_of_call(std::uint64_t number) {
  const auto free_text = [](char* text) { std::free(text); };
  const std::unique_ptr<char, decltype(free_text)> name(
      seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, static_cast<int>(number)), free_text);
  return name ? std::string(name.get()) : fmt::format("system call {}", number);
}

std::string end_by(int signal) { return fmt::format("an end by signal {} ({})", signal, strsignal(signal)); }

void take(const Message& message, GuardReport& report) {
  switch (message.kind) {
    case Message::Kind::step_done: report.done = message.number + 1; break;
    case Message::Kind::no_guard: report.why_not = "the system takes no filter of its calls"; break;
    case Message::Kind::system_call: report.asked = name_of_call(message.number); break;
    case Message::Kind::counter: report.asked = "clock (rdtsc)"; break;
    case Message::Kind::clock_page: report.asked = "clock (vDSO)"; break;
    case Message::Kind::fault: report.asked = end_by(static_cast<int>(message.number)); break;
    case Message::Kind::threw: report.asked = "an end by an exception"; break;
  }
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

GuardReport run_guarded(std::uint64_t steps, const std::function<void(std::uint64_t step)>& work) {
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
  Message message;
  for (ssize_t count = -1; process > 0 && count != 0;) {
    count = read(ends[0], &message, sizeof message);  // whole: a pipe does not cut what is so short
    if (count == sizeof message) take(message, report);
  }
  close(ends[0]);
  int status = 0;
  while (process > 0 && waitpid(process, &status, 0) < 0 && errno == EINTR) {}
  if (WIFSIGNALED(status)) report.asked = end_by(WTERMSIG(status));
  return report;
}

}  // namespace orrery::cli
