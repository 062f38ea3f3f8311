#include "scenarios/cli/console.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>

#include "scenarios/cli/errors.h"

namespace orrery::cli {
namespace {

constexpr int columns_without_screen = 120;

std::string_view environment(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

bool locale_is_utf8() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    std::string locale(environment(name));
    if (locale.empty()) continue;
    std::ranges::transform(locale, locale.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    return locale.find("utf-8") != locale.npos || locale.find("utf8") != locale.npos;
  }
  return false;
}

int columns_of(const Console& console) {
  const std::string_view text = environment("COLUMNS");
  int columns = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), columns);
  if (error == std::errc() && end == text.data() + text.size() && columns > 0) return columns;
  winsize size{};
  if (console.out_is_screen && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  return columns_without_screen;
}

bool wants_color(const Options& options, const Console& console) {
  if (options.color != When::automatic) return options.color == When::always;
  return console.out_is_screen && options.output == "-" && environment("NO_COLOR").empty() &&
         environment("TERM") != "dumb";
}

}  // namespace

reports::Style style_of(const Options& options, const Console& console) {
  return {.utf8 = locale_is_utf8(),
          .color = wants_color(options, console),
          .width = columns_of(console),
          .verbose = options.verbose};
}

Output::Output(const Options& options, const Console& console) : out_(console.out) {
  if (options.output != "-") file_.emplace(options.output);
}

void Output::put(std::string_view text) {
  if (file_) return file_->write(text);
  out_ << text << std::flush;
  if (!out_) refuse(exit_no_file, "cannot write to standard output");
}

void Output::complete() {
  if (file_) file_->complete();
}

std::string last_line(const std::string& text) {
  const std::string_view lines = std::string_view(text).substr(0, text.find_last_not_of('\n') + 1);
  return std::string(lines.substr(lines.rfind('\n') + 1)) + "\n";
}

Progress::Progress(const Options& options, const Console& console, std::string name, std::uint64_t seeds)
    : err_(console.err),
      is_shown_(options.progress == When::always ||
                (options.progress == When::automatic && console.err_is_screen && !options.quiet)),
      name_(std::move(name)),
      seeds_(seeds) {}

void Progress::show(std::uint64_t done, std::uint64_t violated) {
  using namespace std::chrono_literals;
  const Clock::time_point now = Clock::now();
  if (!is_shown_ || now - drawn_ < 100ms) return;
  drawn_ = now;
  std::string left;
  if (done > 0) {
    const std::chrono::duration<double> spent = now - start_;
    const double seconds = spent.count() * static_cast<double>(seeds_ - done) / static_cast<double>(done);
    left = fmt::format("  about {:.0f} s left", seconds);
  }
  err_ << fmt::format("\r\033[K{}  {}/{} seeds  {} violated{}", name_, reports::with_separators(done),
                      reports::with_separators(seeds_), violated, left)
       << std::flush;
  has_line_ = true;
}

void Progress::clear() {
  if (has_line_) err_ << "\r\033[K" << std::flush;
  has_line_ = false;
}

}  // namespace orrery::cli
