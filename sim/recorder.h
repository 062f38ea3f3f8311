// The Observer of a simulated world: stamps what happened with the true time, folds it into the fingerprint and
// hands it to whoever wants its kind. Nothing is kept: memory does not grow with the run.
#pragma once

#include <array>
#include <vector>

#include "core/journal/event.h"
#include "core/ports/observer.h"
#include "sim/event_queue.h"
#include "sim/fingerprint.h"

namespace orrery::sim {

class Recorder final : public ports::Observer {
 public:
  // The queue tells the time; it must outlive the recorder.
  explicit Recorder(const EventQueue& queue) : queue_(queue) {}

  // The sink must outlive the recorder. Sinks see each record in the order in which they were added.
  void add(journal::Sink& sink);

  void report(journal::Record& record) override;

  const Fingerprint& fingerprint() const { return fingerprint_; }

 private:
  const EventQueue& queue_;
  Fingerprint fingerprint_;
  std::array<std::vector<journal::Sink*>, journal::kinds_of_event> sinks_;
};

}  // namespace orrery::sim
