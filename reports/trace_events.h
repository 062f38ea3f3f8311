// Chrome trace JSON, event by event, as Perfetto reads it.
//
//   file  = {"traceEvents":[ event, … ],"metadata":{"tool","scenario","seed","events","cut"}}
//   "M"   names a process, which is a node, or a thread, which is an object on a node; before its first use
//   "B" "E"  a slice on a thread; one at a time, so they nest whenever and however it ends
//   "b" "e"  a slice beside others; its key is (process, category, id2.local)
//   "n"   an instant on the track of such a slice
//   "i"   an instant on a thread, on a process, or for all
//   "C"   a counter
//
// Events are in order of time: they are written as they happen. Times are microseconds with three decimals.
//
// A slice is a pair of events, and not one "X", because its length is known only when it ends: a crash cuts it.
//
// An arrow is two events with the same "bind_id". The event that it leaves from stands earlier in the file than the
// one at which it arrives, which perhaps never comes. So events wait in a window from the first that may be the
// beginning of an arrow, until it arrives or is dropped; and if the window is full, that first one goes without.
// Every arrow in the file has both of its ends.
//
// Every begin has its end: begins are admitted only if the limit leaves room for their ends, and whatever is open
// when the trace ends is ended there.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/ids.h"
#include "core/base/time.h"
#include "reports/trace_output.h"

namespace orrery::reports {

struct TraceLabels {
  std::string tool;  // and its version
  std::string scenario;
  std::uint64_t seed = 0;
};

// The members of "args".
class TraceArgs {
 public:
  TraceArgs& add(std::string_view name, std::string_view text);
  TraceArgs& add(std::string_view name, std::uint64_t number);
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

enum class Scope : std::uint8_t { thread, process, all };

class TraceEvents {
 public:
  // A slice that is not shown, because it began outside the bounds, is 0; the same for an arrow.
  using Slice = std::uint64_t;
  using Arrow = std::uint64_t;

  // One line of the picture: a thread, or for thread 0 the process.
  struct Track {
    NodeId node;
    std::uint64_t thread = 0;
  };

  static constexpr std::size_t window_max = std::size_t{1} << 16;  // events

  TraceEvents(WriteText write, const TraceBounds& bounds, TraceLabels labels);

  // Once for each, before it is used. False, if it is not admitted.
  bool name_process(Time at, NodeId node, std::string_view name);
  bool name_thread(Time at, Track track, std::string_view name);

  Slice begin_on_thread(Time at, Track track, std::string_view name, const TraceArgs& args);
  Slice begin(Time at, NodeId node, std::string_view category, std::uint64_t id, std::string_view name,
              const TraceArgs& args);
  // Sets it to 0.
  void end(Time at, Slice& slice, const TraceArgs& args = {});
  bool mark(Time at, NodeId node, std::string_view category, std::uint64_t id, std::string_view name,
            const TraceArgs& args);
  bool instant(Time at, Track track, Scope scope, std::string_view category, std::string_view name,
               const TraceArgs& args);
  bool count(Time at, NodeId node, std::string_view name, std::uint64_t number);

  // From the event written last, which was admitted.
  Arrow arrow_from_last();
  // To the event written last, which was admitted. Both set the arrow to 0.
  void arrive_at_last(Arrow& arrow);
  void drop(Arrow& arrow);

  // Ends all that is open; nothing is written after that. Only the first call counts.
  void close(Time at);

  bool is_closed() const { return is_closed_; }
  std::uint64_t written() const { return written_; }
  std::optional<Time> cut_at() const { return cut_at_; }  // where the limit ended it

 private:
  struct Open {
    Track track;
    std::string_view category;  // of a literal; empty: on a thread
    std::uint64_t id = 0;
    std::string name;
  };
  struct Line {
    std::string text;  // without its last brace
    bool waits = false;
  };

  // Whether so many events more may be written at that time.
  bool admits(Time at, std::uint64_t events);
  Slice opened(Open open);
  void write_end(Time at, const Open& open, const TraceArgs& args);
  void put(std::string line);
  Line* held(Arrow arrow);
  void write_decided();

  const TraceBounds bounds_;
  const TraceLabels labels_;
  ChunkedText out_;
  std::deque<Line> window_;
  std::uint64_t gone_ = 0;     // lines that have left the window
  std::uint64_t written_ = 0;  // lines, those in the window too
  std::map<Slice, Open> open_;
  Slice slices_ = 0;
  std::uint64_t arrows_ = 0;
  std::optional<Time> cut_at_;
  bool is_closed_ = false;
};

}  // namespace orrery::reports
