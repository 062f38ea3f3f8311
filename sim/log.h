// The log of a simulated world, for a person who looks at one seed:
//
//     12.345000 lhr-1-1   I object 5d2f0c1a4be90d77 wakes with commit 4
//
// Lines carry the node's virtual time and its name, and nothing of the machine that simulates: so the log of a seed
// is the same everywhere. Lines are written at once, in the order of the run, and never change it.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/ids.h"
#include "core/base/time.h"
#include "core/ports/log.h"

namespace orrery::sim {

enum class LogLevel : std::uint8_t { off, info, debug };

struct LogSettings {
  LogLevel level = LogLevel::off;
  std::ostream* to = nullptr;  // must outlive the run; needed unless the level is off
};

// Of all nodes of a world.
class Log {
 public:
  virtual ~Log() = default;
  virtual bool wants(ports::LogLevel level) const = 0;
  virtual void write(NodeId node, ports::LogLevel level, LocalTime when, std::string_view text) = 0;
};

// Nothing, if the level is off. `node_names` are by NodeId.
std::unique_ptr<Log> make_log(const LogSettings& settings, std::vector<std::string> node_names);

}  // namespace orrery::sim
