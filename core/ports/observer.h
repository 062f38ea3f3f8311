// Where a node says what it did, and which of its rare paths it took.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/base/ids.h"
#include "core/journal/event.h"

namespace orrery::ports {

class Observer {
 public:
  virtual ~Observer() = default;
  // `record.node` sees `record.event` now. The observer fills in the time.
  virtual void report(journal::Record& record) = 0;
};

// States that a suite must have been in to have tested anything; those never reached are listed.
enum class Mark : std::uint8_t {
  call_waited_for_its_owner,  // the router did not know yet where the object lives
  call_waited_at_the_gate,    // another turn was under way
  continuation_waited_at_the_gate,
  calls_interleaved,  // a call began while another one of the object awaited something
  stub_was_called_again_while_waiting,
  handler_threw,
};
inline constexpr std::array<std::string_view, 6> mark_names = {
    "call_waited_for_its_owner",           "call_waited_at_the_gate",
    "continuation_waited_at_the_gate",     "calls_interleaved",
    "stub_was_called_again_while_waiting", "handler_threw"};

class Probe {
 public:
  virtual ~Probe() = default;
  virtual void reached(Mark mark) = 0;
};

}  // namespace orrery::ports
