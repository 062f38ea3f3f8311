// What a node tells a person who follows one run. The journal is the truth; nothing but people reads this.
#pragma once

#include <cstdint>
#include <string_view>

#include "core/base/time.h"

namespace orrery::ports {

enum class LogLevel : std::uint8_t {
  info,   // what a reader of one run wants to know
  debug,  // each step of it
};

class Log {
 public:
  virtual ~Log() = default;
  // Asked once by each node, so that a log that is off costs nothing.
  virtual bool wants(LogLevel level) const = 0;
  // One line; `when` by the node's own clock.
  virtual void write(LogLevel level, LocalTime when, std::string_view text) = 0;
};

}  // namespace orrery::ports
