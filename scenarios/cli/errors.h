// How commands end.
#pragma once

#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

#include "core/base/file_error.h"

namespace orrery::cli {

enum ExitCode : int {
  exit_green = 0,
  exit_red = 1,
  exit_usage = 2,
  exit_cannot_tell = 3,
  exit_nothing_selected = 4,
  exit_diverged = 5,
  exit_no_file = 6,
  exit_bug = 70,
  exit_interrupted = 130,
  exit_terminated = 143,
};

// The one of both that is told where both apply.
int graver(int a, int b);

// A command cannot go on. Thrown by whoever notices, caught by run_cli alone, which prints the text.
class Refusal : public std::runtime_error {
 public:
  Refusal(int code, const std::string& text) : std::runtime_error(text), code_(code) {}
  int code() const { return code_; }

 private:
  int code_;
};

// `text` is a sentence without full stop; `fix`, what to do about it, stands below.
[[noreturn]] void refuse(int code, std::string_view text, std::string_view fix = {});
[[noreturn]] void refuse(const FileError& error);

// no scenario is called "countr": did you mean "counter"?
[[noreturn]] void refuse_name(std::string_view what, std::string_view name, std::span<const std::string> known,
                              std::string_view fix = {});

}  // namespace orrery::cli
