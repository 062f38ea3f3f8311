#include "scenarios/cli/interrupts.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstring>

namespace orrery::cli {
namespace {

volatile std::sig_atomic_t noted = 0;       // the signal
volatile std::sig_atomic_t only_notes = 0;  // the first one
std::array<char, 4096> doomed{};            // path of a file

extern "C" void on_signal(int signal) {
  if (only_notes && !noted) {
    noted = signal;
    constexpr std::string_view said = "\norrery: interrupted, printing what is known; once more stops at once\n";
    [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, said.data(), said.size());
    return;
  }
  if (doomed[0] != '\0') unlink(doomed.data());
  _exit(128 + signal);
}

void listen(void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

}  // namespace

Interrupts::Interrupts() {
  noted = 0;
  only_notes = 1;
  listen(on_signal);
}

Interrupts::~Interrupts() {
  only_notes = 0;
  listen(SIG_DFL);
}

int Interrupts::exit_code() { return noted ? 128 + noted : 0; }

void remove_when_stopped(const std::string& path) {
  doomed[0] = '\0';
  if (path.empty()) {
    if (!only_notes) listen(SIG_DFL);
    return;
  }
  if (path.size() >= doomed.size()) return;
  std::copy(path.begin() + 1, path.end(), doomed.begin() + 1);
  doomed[path.size()] = '\0';
  doomed[0] = path[0];
  if (!only_notes) listen(on_signal);
}

}  // namespace orrery::cli
