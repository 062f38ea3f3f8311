#include "sim/machine.h"

#include <algorithm>
#include <string>
#include <utility>

namespace orrery::sim {

Machine::Machine(const Commons& commons, NodeId self, node::NodeConfig config, SteadyClock clock)
    : commons_(commons),
      self_(self),
      config_(std::move(config)),
      clock_(std::move(clock)),
      disk_(commons.disk, commons.draws, commons.adversary, commons.queue, disk_synced, self.value) {}

Machine::~Machine() = default;

void Machine::start(std::uint32_t process) {
  process_ = process;
  ++boot_;
  const ports::Host host{.self = self_,
                         .boot = boot_,
                         .clock = *this,
                         .timers = *this,
                         .network = *this,
                         .users = *this,
                         .disk = disk_,
                         .process = *this,
                         .observer = clock_.drifts() ? static_cast<ports::Observer&>(*this) : commons_.recorder,
                         .probe = commons_.probe,
                         .log = *this,
                         .draws = commons_.draws};
  node_ = std::make_unique<node::Node>(host, commons_.environment, config_);
}

CrashLoss Machine::crash(std::string_view fates) {
  node_.reset();
  is_paused = false;
  turns_began_ = {};
  return disk_.crash(fates);
}

LocalTime Machine::steady() const { return clock_.at(commons_.queue.now()); }

// A slow clock shows one time for several instants, and this is one of them.
Time Machine::time_of_timer(Duration after, Cause cause) const {
  const Time at = std::max(commons_.queue.now(), clock_.when(steady() + after));
  return commons_.adversary.moved(at, cause);
}

ports::TimerId Machine::set(Duration after, std::uint64_t token, Cause cause) {
  const Time at = time_of_timer(after, cause);
  const std::uint32_t rank = commons_.adversary.rank(cause);
  return {commons_.queue.push_timer(at, Class::timer, node_timer, process_, token, rank).value};
}

void Machine::set_upkeep(Duration after, std::uint64_t token, Cause cause) {
  const Time at = time_of_timer(after, cause);
  commons_.queue.push(at, Class::timer, node_upkeep, process_, token, commons_.adversary.rank(cause));
  ++commons_.upkeep_pending;
}

void Machine::cancel(ports::TimerId timer) { commons_.queue.cancel(TimerId{timer.value}); }

void Machine::send_datagram(NodeId to, Bytes bytes, Cause cause) {
  commons_.network.send_datagram(self_, to, std::move(bytes), cause);
}

void Machine::send_on_stream(NodeId to, ports::StreamId stream, Bytes bytes, Cause cause) {
  commons_.network.send_on_stream(self_, to, stream, std::move(bytes), cause);
}

void Machine::answer_on_stream(NodeId to, ports::StreamId stream, Bytes bytes, Cause cause) {
  commons_.network.answer_on_stream(self_, to, stream, std::move(bytes), cause);
}

void Machine::answer(ClientId client, Bytes bytes, Cause cause) {
  commons_.network.send_to_user(self_, client, std::move(bytes), cause);
}

void Machine::end(std::string_view why) {
  if (wants(ports::LogLevel::info)) write(ports::LogLevel::info, steady(), "the process ends: " + std::string(why));
  throw ProcessEnded{};
}

void Machine::write(ports::LogLevel level, LocalTime when, std::string_view text) {
  commons_.log->write(self_, level, when, text);
}

// The instants in the journal are the world's, and the process knows only those of its clock.
void Machine::report(journal::Record& record) {
  const Time now = commons_.queue.now();
  if (auto* started = std::get_if<journal::TurnStarted>(&record.event)) {
    turns_began_[started->instance] = now;
    started->ends = std::max(now, clock_.when(LocalTime(started->ends.time_since_epoch())));
    started->storage = std::max(now, clock_.when(steady() + started->storage)) - now;
  } else if (auto* ended = std::get_if<journal::TurnEnded>(&record.event)) {
    ended->started = *turns_began_.find(ended->instance);
  }
  commons_.recorder.report(record);
}

}  // namespace orrery::sim
