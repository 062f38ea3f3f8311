// Ctrl-C, and a terminal that is closed.
#pragma once

#include <string>

namespace orrery::cli {

// While one of these exists, the first SIGINT, SIGTERM or SIGHUP is only noted, and said; a second one stops the
// tool.
class Interrupts {
 public:
  Interrupts();
  ~Interrupts();
  Interrupts(const Interrupts&) = delete;
  Interrupts& operator=(const Interrupts&) = delete;

  // The exit code it asks for, for SIGHUP that of SIGTERM; 0: there was none.
  static int exit_code();
};

// At the latest when the tool is stopped by one of these signals, this file is removed; empty: none. One at a time.
void remove_when_stopped(const std::string& path);
// The same for a directory, with the files in it and in its directories, but no deeper.
void remove_directory_when_stopped(const std::string& path);

}  // namespace orrery::cli
