// Which event may enter an object next.
//
// The gate is a lock with a queue (workerd io/io-gate). An event that comes while nobody holds the lock enters at once;
// others wait in order of arrival. The lock is counted: an event that is inside may keep it for what it waits for, and
// then that enters next, while all others go on waiting. When the last one lets go, exactly one waiter gets the lock, in
// the same instant, so nothing that comes later can slip in between.
//
// A critical section is a gate of its own within another. It begins when that one is next let go, ahead of all events
// that wait there, and holds its lock until it ends. What is begun inside a section enters through it. Sections may lie
// in each other.
//
// Invariant: at most one event is inside.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "core/base/fifo.h"
#include "core/base/invariant.h"

namespace orrery::object {

// How long an event keeps the object to itself. The runtime's own way is the first: outputs wait, events do not. The
// others are what authors pay for who lock more than they need.
enum class Holding : std::uint8_t {
  turn,    // until its turn is over
  commit,  // until what its turn wrote is durable
  call,    // until its call has returned, with all that it awaits
};
inline constexpr std::array<std::string_view, 3> holding_names = {"turn", "commit", "call"};

template <class Entry>
class InputGate {
 private:
  struct Section;

 public:
  // Where an event enters: null is the object's own gate. The place of a section that has ended is the one around it.
  using Place = std::shared_ptr<Section>;

  bool is_held() const { return own_.locks > 0 || !own_.beginning.empty(); }
  bool is_occupied() const { return is_inside_; }
  std::size_t waiting() const { return own_.waiting.size(); }
  // Where the event inside has entered.
  const Place& inside() const { return inside_; }
  // Sections around the event inside.
  std::uint32_t depth() const { return inside_ ? inside_->depth : 0; }

  // True if the entry may begin now. Otherwise it was taken, and waits; then ask for the next one.
  [[nodiscard]] bool enter(Entry&& entry, const Place& place = nullptr) {
    const Place& here = living(place);
    Gate& gate = gate_of(here);
    if (is_inside_ || gate.locks > 0 || !gate.beginning.empty()) {
      gate.waiting.push(std::move(entry));
      return false;
    }
    return begin(here, gate);
  }

  // Keeps the lock of the event inside, after it has left, for an entry that comes. Returns where it enters.
  Place keep() {
    ++gate_of(inside_).locks;
    return inside_;
  }
  // For that entry.
  [[nodiscard]] bool enter_with_kept(Entry&& entry, const Place& place) {
    if (is_inside_) {
      with_kept_.push({place, std::move(entry)});
      return false;
    }
    inside_ = living(place);
    return is_inside_ = true;
  }
  // There will be no entry. Then ask for the next one.
  void let_go(const Place& place) { --gate_of(living(place)).locks; }

  // The event inside is over. Returns the one that enters in its place.
  std::optional<Entry> leave() {
    PRECONDITION(is_inside_, "nothing is inside");
    is_inside_ = false;
    let_go(std::exchange(inside_, nullptr));
    return next();
  }

  // The one that enters now, if nothing is inside.
  std::optional<Entry> next() {
    if (is_inside_) return std::nullopt;
    if (!with_kept_.empty()) {
      std::pair<Place, Entry> next = with_kept_.pop();
      inside_ = living(next.first);
      is_inside_ = true;
      return std::move(next.second);
    }
    // All sections around the innermost one hold the locks of theirs.
    Gate& gate = gate_of(innermost_);
    if (gate.locks > 0) return std::nullopt;
    if (!gate.beginning.empty()) {
      std::pair<Place, Entry> next = gate.beginning.pop();
      ++gate.locks;
      innermost_ = std::move(next.first);
      begin(innermost_, innermost_->gate);
      return std::move(next.second);
    }
    if (gate.waiting.empty()) return std::nullopt;
    begin(innermost_, gate);
    return gate.waiting.pop();
  }

  // A section within that of the event inside. When it begins, `entry` enters it.
  void begin_section(Entry&& entry) {
    auto section = std::make_shared<Section>();
    section->around = inside_;
    section->depth = depth() + 1;
    gate_of(inside_).beginning.push({std::move(section), std::move(entry)});
  }
  // By an event that is inside it. That stays inside, now of what is around the section. The first that waits in the
  // section enters next, as if the section had let its lock go before it ended (so workerd does); the others join those
  // that wait around it.
  void end_section(const Place& section) {
    PRECONDITION(is_inside_ && section && !section->has_ended, "no such section");
    section->has_ended = true;
    Gate& ended = section->gate;
    const Place& around = living(section->around);
    Gate& gate = gate_of(around);
    gate.locks += ended.locks - 1;
    if (inside_ == section && ended.locks == 1 && ended.beginning.empty() && !ended.waiting.empty()) {
      ++gate.locks;
      with_kept_.push({around, ended.waiting.pop()});
    }
    while (!ended.waiting.empty()) gate.waiting.push(ended.waiting.pop());
    while (!ended.beginning.empty()) gate.beginning.push(ended.beginning.pop());
    if (innermost_ == section) innermost_ = around;
    if (inside_ == section) inside_ = around;
  }

  // The event inside entered through that section, and what waited in one that has ended within it enters next.
  bool is_followed_by_straggler(const Place& section) const {
    return inside_ == section && !with_kept_.empty() && living(with_kept_.front().first) == section;
  }

  // The next one that waits at the object's own gate, though it may never enter.
  Entry give_up() { return own_.waiting.pop(); }

 private:
  struct Gate {
    std::uint32_t locks = 0;  // of the event inside, of a section within, and those kept
    Fifo<Entry> waiting;
    Fifo<std::pair<Place, Entry>> beginning;
  };
  struct Section {
    Gate gate;
    Place around;
    std::uint32_t depth = 0;
    bool has_ended = false;
  };

  static const Place& living(const Place& place) {
    const Place* here = &place;
    while (*here && (*here)->has_ended) here = &(*here)->around;
    return *here;
  }
  Gate& gate_of(const Place& place) { return place ? place->gate : own_; }
  bool begin(const Place& place, Gate& gate) {
    ++gate.locks;
    inside_ = place;
    return is_inside_ = true;
  }

  Gate own_;
  Place innermost_;  // of the sections that have begun and not ended
  Place inside_;
  bool is_inside_ = false;
  Fifo<std::pair<Place, Entry>> with_kept_;
};

}  // namespace orrery::object
