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
  // Whether anybody wants to know: asked once by each node.
  virtual bool is_listening() const { return true; }
};

// States that a suite must have been in to have tested anything; those never reached are listed.
enum class Mark : std::uint8_t {
  call_waited_for_its_owner,  // the router did not know yet where the object lives
  call_waited_at_the_gate,    // another turn was under way
  continuation_waited_at_the_gate,
  calls_interleaved,  // a call began while another one of the object awaited something
  stub_was_called_again_while_waiting,
  handler_threw,
  output_waited_for_a_commit,  // the gate kept it back
  commits_shared_a_sync,
  instance_was_evicted,
  eviction_was_put_off,  // the instance was busy, or a commit of it was in flight
};
inline constexpr std::array<std::string_view, 10> mark_names = {"call_waited_for_its_owner",
                                                                "call_waited_at_the_gate",
                                                                "continuation_waited_at_the_gate",
                                                                "calls_interleaved",
                                                                "stub_was_called_again_while_waiting",
                                                                "handler_threw",
                                                                "output_waited_for_a_commit",
                                                                "commits_shared_a_sync",
                                                                "instance_was_evicted",
                                                                "eviction_was_put_off"};

class Probe {
 public:
  virtual ~Probe() = default;
  virtual void reached(Mark mark) = 0;
};

}  // namespace orrery::ports
