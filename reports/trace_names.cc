// What trace.cc calls the things that it shows, and how it counts queues.
#include <utility>

#include "reports/short_names.h"
#include "reports/trace.h"

namespace orrery::reports {

void PerfettoTrace::tell_of_node(NodeId node, std::string_view what, const TraceArgs& args) {
  use(node);
  events_.instant(now_, {node}, Scope::process, "fault", what, args);
}

void PerfettoTrace::tell_of_object(NodeId node, const ObjectId& object, std::string_view category,
                                   std::string_view what, const TraceArgs& args) {
  events_.instant(now_, track_of(node, object), Scope::thread, category, what, args);
}

std::string PerfettoTrace::method_of(ClassId object_class, MethodId method) const {
  return method_text(names_, object_class, method);
}

std::string PerfettoTrace::name_of(const ObjectId& object) const {
  const ClassId* known = classes_.find(object);
  return object_text(names_, known != nullptr ? *known : ClassId{}, object);
}

void PerfettoTrace::use(NodeId node) {
  bool& is_named = named_[node];
  if (!is_named) is_named = events_.name_process(now_, node, node_text(names_, node));
}

TraceEvents::Track PerfettoTrace::track_of(NodeId node, const ObjectId& object) {
  use(node);
  Thread& thread = thread_of({node, object});
  const TraceEvents::Track track{node, thread.number};
  if (!thread.is_named) thread.is_named = events_.name_thread(now_, track, name_of(object));
  return track;
}

PerfettoTrace::Thread& PerfettoTrace::thread_of(const Place& place) {
  Thread& thread = threads_[place];
  if (thread.number == 0) thread.number = ++thread_count_;
  return thread;
}

// A call that begins when it arrives changes nothing: so queues are counted when the time moves on.
void PerfettoTrace::touch_queue(const Place& place, Thread& thread) {
  if (std::exchange(thread.is_touched, true)) return;
  touched_.push_back(place);
}

void PerfettoTrace::count_queues() {
  for (const Place& place : touched_) {
    Thread& thread = thread_of(place);
    thread.is_touched = false;
    if (thread.waiting == thread.shown) continue;
    use(place.first);
    if (events_.count(now_, place.first, name_of(place.second) + " queue", thread.waiting))
      thread.shown = thread.waiting;
  }
  touched_.clear();
}

}  // namespace orrery::reports
