// The screen: what it can show, and who writes on it.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <ostream>
#include <string>

#include "core/base/time.h"
#include "reports/text.h"
#include "scenarios/cli/files.h"
#include "scenarios/cli/options.h"

namespace orrery::cli {

struct Console {
  std::ostream& out;
  std::ostream& err;
  bool out_is_screen = false;
  bool err_is_screen = false;
};

// Looks at the environment: NO_COLOR, TERM, COLUMNS, LC_ALL, LC_CTYPE, LANG.
reports::Style style_of(const Options& options, const Console& console);

// Where results go: to the screen as they come, or to --output, complete or not at all.
class Output {
 public:
  Output(const Options& options, const Console& console);
  void put(std::string_view text);
  void complete();

 private:
  std::ostream& out_;
  std::optional<NewFile> file_;
};

std::string last_line(const std::string& text);

// One line that is redrawn at most ten times a second.
class Progress {
 public:
  Progress(const Options& options, const Console& console, std::string name, std::uint64_t seeds);
  ~Progress() { clear(); }
  void show(std::uint64_t done, std::uint64_t violated);
  void clear();

 private:
  using Clock = std::chrono::steady_clock;
  std::ostream& err_;
  const bool is_shown_;
  const std::string name_;
  const std::uint64_t seeds_;
  const Clock::time_point start_ = Clock::now();
  Clock::time_point drawn_ = start_;
  bool has_line_ = false;
};

}  // namespace orrery::cli
