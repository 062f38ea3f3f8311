#include "sim/recorder.h"

namespace orrery::sim {

void Recorder::add(journal::Sink& sink) {
  const journal::Interest interest = sink.interest();
  for (std::size_t kind = 0; kind < sinks_.size(); ++kind)
    if (interest.includes(kind)) sinks_[kind].push_back(&sink);
}

void Recorder::report(journal::Record& record) {
  record.at = queue_.now();
  fingerprint_.fold(record);
  for (journal::Sink* sink : sinks_[record.event.index()]) sink->on(record);
}

}  // namespace orrery::sim
