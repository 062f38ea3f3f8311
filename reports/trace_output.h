// What the forms of a trace have in common: which part of a run they tell, and where their text goes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "core/base/time.h"

namespace orrery::reports {

// What happens before `from`, and from `until` on, is left out. Where `limit` events or lines are not enough, the
// trace ends early and knows where.
struct TraceBounds {
  static constexpr std::uint64_t usual_limit = 1'000'000;
  Time from{};
  Time until = Time::max();
  std::uint64_t limit = usual_limit;
};

using WriteText = std::function<void(std::string_view)>;

// Hands text over in large pieces.
class ChunkedText {
 public:
  explicit ChunkedText(WriteText write) : write_(std::move(write)) {}
  void add(std::string_view text) {
    waiting_ += text;
    if (waiting_.size() >= chunk_bytes) flush();
  }
  void flush() {
    if (!waiting_.empty()) write_(waiting_);
    waiting_.clear();
  }

 private:
  static constexpr std::size_t chunk_bytes = std::size_t{1} << 16;
  WriteText write_;
  std::string waiting_;
};

}  // namespace orrery::reports
