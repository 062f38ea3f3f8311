#include "scenarios/cli/interrupts.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace orrery::cli {
namespace {

volatile std::sig_atomic_t noted = 0;       // the signal
volatile std::sig_atomic_t only_notes = 0;  // the first one
using Path = std::array<char, 4096>;
Path doomed{};            // of a file
Path doomed_directory{};  // of a directory

// As the kernel writes it.
struct Entry {
  std::uint64_t inode;
  std::int64_t next;
  std::uint16_t size;
  std::uint8_t kind;
};
constexpr std::size_t name_at = offsetof(Entry, kind) + 1;

// Calls only what a signal handler may; opendir may not.
void remove_tree(int parent, const char* path, int depth) {
  const int directory = openat(parent, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (directory < 0) return;
  alignas(Entry) std::array<char, 2048> listing;
  for (long got; (got = syscall(SYS_getdents64, directory, listing.data(), listing.size())) > 0;) {
    for (long at = 0; at < got;) {
      const char* here = listing.data() + at;
      const char* name = here + name_at;
      std::uint16_t size = 0;
      std::memcpy(&size, here + offsetof(Entry, size), sizeof size);
      at += size;
      if (std::strcmp(name, ".") == 0 || std::strcmp(name, "..") == 0) continue;
      if (unlinkat(directory, name, 0) != 0 && depth > 0) remove_tree(directory, name, depth - 1);
    }
  }
  close(directory);
  unlinkat(parent, path, AT_REMOVEDIR);
}

extern "C" void on_signal(int signal) {
  if (only_notes && !noted) {
    noted = signal;
    constexpr std::string_view said = "\norrery: interrupted, printing what is known; once more stops at once\n";
    [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, said.data(), said.size());
    return;
  }
  if (doomed[0] != '\0') unlink(doomed.data());
  if (doomed_directory[0] != '\0') remove_tree(AT_FDCWD, doomed_directory.data(), 1);
  _exit(128 + signal);
}

void listen(void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  sigemptyset(&action.sa_mask);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&action.sa_mask, signal);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  struct sigaction before {};
  sigaction(SIGHUP, nullptr, &before);
  if (before.sa_handler != SIG_IGN) sigaction(SIGHUP, &action, nullptr);  // nohup ignores it
}

// As long as there is something to do.
void listen_if_needed() {
  const bool is_needed = only_notes || doomed[0] != '\0' || doomed_directory[0] != '\0';
  listen(is_needed ? on_signal : SIG_DFL);
}

// Is what it was, or nothing, or the new one at every moment, for the handler.
void doom(Path& doomed_path, const std::string& path) {
  doomed_path[0] = '\0';
  if (!path.empty() && path.size() < doomed_path.size()) {
    std::copy(path.begin() + 1, path.end(), doomed_path.begin() + 1);
    doomed_path[path.size()] = '\0';
    doomed_path[0] = path[0];
  }
  listen_if_needed();
}

}  // namespace

Interrupts::Interrupts() {
  noted = 0;
  only_notes = 1;
  listen_if_needed();
}

Interrupts::~Interrupts() {
  only_notes = 0;
  listen_if_needed();
}

int Interrupts::exit_code() { return noted ? 128 + (noted == SIGHUP ? SIGTERM : noted) : 0; }

void remove_when_stopped(const std::string& path) { doom(doomed, path); }

void remove_directory_when_stopped(const std::string& path) { doom(doomed_directory, path); }

}  // namespace orrery::cli
