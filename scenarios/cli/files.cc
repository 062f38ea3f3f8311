#include "scenarios/cli/files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "core/journal/history.h"
#include "scenarios/cli/errors.h"
#include "scenarios/cli/interrupts.h"

namespace orrery::cli {
namespace {

constexpr std::size_t chunk_bytes = 1u << 16;

[[noreturn]] void refuse_file(std::string_view what, const std::string& path, int error) {
  refuse(exit_no_file, fmt::format("cannot {} {}: {}", what, path, std::generic_category().message(error)));
}

}  // namespace

std::string read_file(const std::string& path) {
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) refuse_file("open", path, errno);
  std::string text;
  for (;;) {
    char chunk[chunk_bytes];
    const ssize_t count = read(file, chunk, sizeof chunk);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) {
      const int error = errno;
      close(file);
      if (count < 0) refuse_file("read", path, error);
      return text;
    }
    text.append(chunk, static_cast<std::size_t>(count));
  }
}

NewFile::NewFile(const std::string& path) : path_(path) {
  namespace fs = std::filesystem;
  std::error_code none;
  const fs::path target = fs::weakly_canonical(path, none);
  if (!none) path_ = target.string();
  const bool is_special = fs::exists(path_, none) && !fs::is_regular_file(path_, none);
  if (!is_special)
    temporary_ =
        (fs::path(path_).parent_path() / fmt::format(".{}.{}.tmp", fs::path(path_).filename().string(), getpid()))
            .string();
  const std::string& opened = is_special ? path_ : temporary_;
  file_ = open(opened.c_str(), O_WRONLY | O_CLOEXEC | (is_special ? 0 : O_CREAT | O_TRUNC), 0666);
  if (file_ < 0) {
    const int error = errno;
    temporary_.clear();
    refuse_file("write", path, error);
  }
  if (!is_special) remove_when_stopped(temporary_);
}

NewFile::~NewFile() {
  if (file_ >= 0) close(file_);
  if (!temporary_.empty()) unlink(temporary_.c_str());
  remove_when_stopped("");
}

void NewFile::refused() { refuse_file("write", path_, errno); }

void NewFile::write(std::string_view text) {
  waiting_ += text;
  if (waiting_.size() >= chunk_bytes) flush();
}

void NewFile::flush() {
  std::string_view rest = waiting_;
  while (!rest.empty()) {
    const ssize_t count = ::write(file_, rest.data(), rest.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) refused();
    rest.remove_prefix(static_cast<std::size_t>(count));
  }
  waiting_.clear();
}

void NewFile::close_written() {
  flush();
  const int file = file_;
  file_ = -1;
  if (close(file) != 0) refused();
}

bool NewFile::complete_if_new() {
  close_written();
  if (link(temporary_.c_str(), path_.c_str()) == 0) return true;  // the destructor removes the other name
  if (errno != EEXIST) refused();
  return false;
}

void NewFile::complete() {
  close_written();
  if (temporary_.empty()) return;
  if (rename(temporary_.c_str(), path_.c_str()) != 0) refused();
  temporary_.clear();
}

void write_file(const std::string& path, std::string_view text) {
  NewFile file(path);
  file.write(text);
  file.complete();
}

void HistoryFile::on(const journal::Record& record) {
  line_.clear();
  journal::write(line_, record);
  line_ += '\n';
  file_.write(line_);
}

}  // namespace orrery::cli
