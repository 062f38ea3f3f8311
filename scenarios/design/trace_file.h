// The lines of a recording, read as a stream.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/file_error.h"
#include "core/base/sha256.h"

namespace orrery::scenarios {

// What it holds is one longest line and what is read at once, however long the file is.
class TraceFile {
 public:
  static constexpr std::size_t line_bytes_max = 1'000'000;

  enum class State : std::uint8_t {
    whole,
    too_long,  // it has no text
    not_utf8,
  };
  struct Line {
    std::uint64_t number = 0;  // from 1
    std::string_view text;     // without its end, LF or CR LF; lives until the next call
    State state = State::whole;
  };

  // What is read goes into the digest, if there is one; it must outlive this.
  static std::expected<std::unique_ptr<TraceFile>, FileError> open(const std::string& path, Sha256* digest = nullptr);
  TraceFile(const TraceFile&) = delete;
  TraceFile& operator=(const TraceFile&) = delete;
  ~TraceFile();

  // The next line that is neither empty nor a comment; nullptr at the end. A byte order mark is no part of the first.
  const Line* next();
  // How many were read, of any kind.
  std::uint64_t lines() const { return line_.number; }
  // Why the system would not read on, as a sentence; empty if the end is that of the file.
  const std::string& refusal() const { return refusal_; }

 private:
  TraceFile(int file, Sha256* digest);

  bool next_line();
  bool read_more();
  void set_line(std::size_t length);

  int file_;
  Sha256* digest_;
  std::vector<char> buffer_;
  std::size_t begin_ = 0;  // of what was read and belongs to no line yet
  std::size_t end_ = 0;
  Line line_;
  std::string refusal_;
};

}  // namespace orrery::scenarios
