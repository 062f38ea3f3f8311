#include "scenarios/design/trace_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

#include "core/base/utf8.h"

namespace orrery::scenarios {
namespace {

constexpr std::size_t read_bytes_max = 1u << 18;
constexpr std::size_t held_bytes_max = TraceFile::line_bytes_max + 1;  // a carriage return may follow

std::string refused(std::string_view what) {
  return fmt::format("cannot {} it: {}", what, std::generic_category().message(errno));
}

// is_utf8, and quick where all characters are of ASCII.
bool is_text(std::string_view text) {
  constexpr std::uint64_t high_bits = 0x8080808080808080u;
  std::uint64_t seen = 0;
  std::size_t at = 0;
  for (std::uint64_t word = 0; at + sizeof word <= text.size(); at += sizeof word) {
    std::memcpy(&word, text.data() + at, sizeof word);
    seen |= word;
  }
  for (; at < text.size(); ++at) seen |= static_cast<unsigned char>(text[at]);
  return (seen & high_bits) == 0 || is_utf8(text);
}

bool is_left_out(const TraceFile::Line& line) {
  if (line.state == TraceFile::State::too_long) return false;
  return line.text.starts_with('#') || line.text.find_first_not_of(" \t") == std::string_view::npos;
}

}  // namespace

std::expected<std::unique_ptr<TraceFile>, FileError> TraceFile::open(const std::string& path, Sha256* digest) {
  const auto mistake = [&](std::string message) {
    return std::unexpected(
        FileError{.file = path, .message = std::move(message), .line_text = {}, .hint = {}, .note = {}});
  };
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return mistake(refused("open"));
  std::unique_ptr<TraceFile> file(new TraceFile(descriptor, digest));
  if (!file->read_more() && !file->refusal_.empty()) return mistake(file->refusal_);  // it is a directory
  return file;
}

TraceFile::TraceFile(int file, Sha256* digest)
    : file_(file), digest_(digest), buffer_(held_bytes_max + read_bytes_max) {}

TraceFile::~TraceFile() { close(file_); }

const TraceFile::Line* TraceFile::next() {
  while (next_line())
    if (!is_left_out(line_)) return &line_;
  return nullptr;
}

bool TraceFile::next_line() {
  bool is_too_long = false;
  for (std::size_t searched = 0;;) {
    const char* from = buffer_.data() + begin_;
    const void* stop = std::memchr(from + searched, '\n', end_ - begin_ - searched);
    if (!stop) {
      searched = end_ - begin_;
      if (searched > held_bytes_max) is_too_long = true;
      if (is_too_long) {
        begin_ = end_;
        searched = 0;
      }
      if (read_more()) continue;
      if (searched == 0 && !is_too_long) return false;
    }
    const std::size_t length = stop ? static_cast<std::size_t>(static_cast<const char*>(stop) - from) : searched;
    set_line(length);
    begin_ += length + (stop ? 1 : 0);
    if (is_too_long) line_.state = State::too_long;
    if (line_.state == State::too_long) line_.text = {};
    return true;
  }
}

void TraceFile::set_line(std::size_t length) {
  std::string_view text(buffer_.data() + begin_, length);
  if (text.ends_with('\r')) text.remove_suffix(1);
  if (++line_.number == 1 && text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  line_.text = text;
  line_.state = text.size() > line_bytes_max ? State::too_long : is_text(text) ? State::whole : State::not_utf8;
}

bool TraceFile::read_more() {
  std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
  end_ -= begin_;
  begin_ = 0;
  ssize_t count = -1;
  do count = read(file_, buffer_.data() + end_, read_bytes_max);
  while (count < 0 && errno == EINTR);
  if (count < 0) refusal_ = refused("read");
  if (count <= 0) return false;
  const auto bytes = static_cast<std::size_t>(count);
  if (digest_) digest_->update({buffer_.data() + end_, bytes});
  end_ += bytes;
  return true;
}

}  // namespace orrery::scenarios
