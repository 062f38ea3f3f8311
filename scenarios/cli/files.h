// Files, read whole and written whole or not at all. What the system refuses ends the command with exit code 6.
#pragma once

#include <string>
#include <string_view>

#include "core/journal/event.h"

namespace orrery::cli {

std::string read_file(const std::string& path);

// A file that appears under its name when it is complete. Until then it is a temporary one beside it, which goes
// away with this object. What is no regular file, such as /dev/null, is written directly.
class NewFile {
 public:
  explicit NewFile(const std::string& path);
  ~NewFile();
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;

  void write(std::string_view text);
  void complete();
  // The same, unless there is a file of this name by now: then false, and that one stays.
  bool complete_if_new();

 private:
  void flush();
  void close_written();
  [[noreturn]] void refused();

  std::string path_;
  std::string temporary_;  // empty: written directly
  std::string waiting_;    // written, but not handed to the system
  int file_ = -1;
};

void write_file(const std::string& path, std::string_view text);

// Every record of a run, one a line (core/journal/history.h).
class HistoryFile final : public journal::Sink {
 public:
  explicit HistoryFile(const std::string& path) : file_(path) {}
  journal::Interest interest() const override { return journal::Interest::everything(); }
  void on(const journal::Record& record) override;
  void complete() { file_.complete(); }

 private:
  NewFile file_;
  std::string line_;
};

}  // namespace orrery::cli
