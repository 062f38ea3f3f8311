#include "sim/event_queue.h"

#include <algorithm>
#include <bit>

#include "core/base/invariant.h"

namespace orrery::sim {

namespace {

constexpr int class_shift = 60;
constexpr int rank_shift = 40;
constexpr std::size_t compaction_min = 64;  // fewer records are not worth clearing
constexpr std::size_t opened_max = 64;      // so many events of a slot go to the heap at once
constexpr std::size_t heap_kept = 32;       // of a heap that has grown too large
constexpr std::size_t heap_spills_min = 256;

// One number to compare: times in a queue are never negative.
__extension__ using Key = unsigned __int128;
inline Key key_of(const Event& event) {
  return static_cast<Key>(static_cast<std::uint64_t>(nanoseconds(event.at))) << 64 | event.order;
}

// Which of four neighbours comes first. Which child is the least is a coin toss, so this is arithmetic: a
// branch would be mispredicted half of the time. The masks keep compilers from making branches of it.
inline std::size_t first_of_four(const Event* events) {
  const Key k0 = key_of(events[0]);
  const Key k1 = key_of(events[1]);
  const Key k2 = key_of(events[2]);
  const Key k3 = key_of(events[3]);
  const std::uint64_t is_1 = k1 < k0;
  const std::uint64_t is_3 = k3 < k2;
  const Key left = k0 ^ ((k0 ^ k1) & (Key{0} - is_1));
  const Key right = k2 ^ ((k2 ^ k3) & (Key{0} - is_3));
  const std::uint64_t is_right = right < left;
  return is_1 ^ ((is_1 ^ (2 + is_3)) & (0 - is_right));
}

inline std::size_t first_child(std::size_t at) { return 4 * at - 8; }
inline std::size_t parent(std::size_t at) { return at / 4 + 2; }

inline std::uint64_t instant_of(const Event& event) { return static_cast<std::uint64_t>(nanoseconds(event.at)); }

}  // namespace

EventQueue::EventQueue() : heap_(8, never), heap_spills_at_(heap_spills_min) {}

std::uint64_t EventQueue::next_order(Time at, Class event_class, std::uint32_t rank) {
  PRECONDITION(at >= now_, "an event at {} ns, when it is {} ns", nanoseconds(at), nanoseconds(now_));
  PRECONDITION(rank <= rank_max, "rank {}", rank);
  ++arrivals_;
  INVARIANT(arrivals_ <= arrivals_max, "{} events were pushed", arrivals_);
  return static_cast<std::uint64_t>(event_class) << class_shift | static_cast<std::uint64_t>(rank) << rank_shift |
         arrivals_;
}

void EventQueue::push(Time at, Class event_class, std::uint16_t kind, std::uint32_t where, std::uint64_t what,
                      std::uint32_t rank) {
  const std::uint64_t order = next_order(at, event_class, rank);
  const Event event{.at = at, .order = order, .what = what, .where = where, .kind = kind, .is_timer = 0};
  if (at == now_ && rank == 0) {
    const auto number = static_cast<std::size_t>(event_class);
    Ring& ring = rings_[number];
    if (ring.end - ring.first < ring_size) {
      if (ring.events.empty()) [[unlikely]]
        ring.events.resize(ring_size);
      ring.events[ring.end++ % ring_size] = event;
      rings_in_use_ |= 1u << number;
      ++in_rings_;
      return;
    }
  }
  place(event);
}

// A timer never goes to a ring: the dead are in the heap and on the wheel only.
TimerId EventQueue::push_timer(Time at, Class event_class, std::uint16_t kind, std::uint32_t where,
                               std::uint64_t what, std::uint32_t rank) {
  const std::uint64_t order = next_order(at, event_class, rank);
  if (free_timers_.empty()) {
    INVARIANT(timers_.size() < timers_max, "{} timers are pending", timers_.size());
    free_timers_.push_back(static_cast<std::uint32_t>(timers_.size()));
    timers_.emplace_back();
  }
  const std::uint32_t slot = free_timers_.back();
  free_timers_.pop_back();
  timers_[slot] = {.what = what, .arrival = arrivals_};
  place({.at = at, .order = order, .what = slot, .where = where, .kind = kind, .is_timer = 1});
  return TimerId{arrivals_ << 24 | slot};
}

bool EventQueue::cancel(TimerId timer) {
  const std::size_t slot = timer.value & (timers_max - 1);
  const std::uint64_t arrival = timer.value >> 24;
  if (arrival == 0 || slot >= timers_.size() || timers_[slot].arrival != arrival) return false;
  timers_[slot].arrival = 0;
  ++dead_;
  const std::size_t records = heap_live() + in_wheel_;
  if (records >= compaction_min && dead_ > records / 2) drop_dead();
  return true;
}

bool EventQueue::pop(Event& out) {
  for (;;) {
    const std::size_t first = first_in_heap();
    if (rings_in_use_ != 0) {
      const auto number = static_cast<std::size_t>(std::countr_zero(rings_in_use_));
      Ring& ring = rings_[number];
      const Event& next = ring.events[ring.first % ring_size];
      if (key_of(next) < key_of(heap_[first])) {
        out = next;
        if (++ring.first == ring.end) rings_in_use_ &= ~(1u << number);
        --in_rings_;
        return true;
      }
    }
    if (heap_live() == 0) {
      if (in_wheel_ == 0) return false;
      open_first_slot();
      continue;
    }
    Event event;
    take_from_heap(event);
    if (event.is_timer != 0 && !retire(event)) continue;
    now_ = event.at;
    out = event;
    return true;
  }
}

std::optional<Time> EventQueue::next_time() {
  if (rings_in_use_ != 0) return now_;
  for (;;) {
    if (heap_live() == 0) {
      if (in_wheel_ == 0) return std::nullopt;
      open_first_slot();
      continue;
    }
    const Event& first = heap_[first_in_heap()];
    if (!is_dead(first)) return first.at;
    Event dead;
    take_from_heap(dead);
    retire(dead);
  }
}

inline void EventQueue::place(const Event& event) {
  if (instant_of(event) >= front_end_) {
    put_on_wheel(event);
    return;
  }
  push_to_heap(event);
  if (heap_end_ >= heap_spills_at_) [[unlikely]]
    spill_heap();
}

// Where the first event of the heap lies; where a `never` lies, if the heap is empty.
inline std::size_t EventQueue::first_in_heap() const {
  if (!root_vacant_) return root_;
  return first_child(root_) + first_of_four(&heap_[first_child(root_)]);
}

inline void EventQueue::push_to_heap(const Event& event) {
  if (root_vacant_) {
    root_vacant_ = false;
    sink(event, root_);
    return;
  }
  append_to_heap(event);
  const Key key = key_of(event);
  std::size_t at = heap_end_ - 1;
  while (at > root_ && key < key_of(heap_[parent(at)])) {
    heap_[at] = heap_[parent(at)];
    at = parent(at);
  }
  heap_[at] = event;
}

// Leaves the order to order_heap.
inline void EventQueue::append_to_heap(const Event& event) {
  if (heap_end_ == heap_.size()) [[unlikely]]
    heap_.resize(heap_.size() * 2, never);
  heap_[heap_end_++] = event;
}

void EventQueue::order_heap() {
  for (std::size_t at = parent(heap_end_ - 1) + 1; at-- > root_;) {
    const Event event = heap_[at];
    sink(event, at);
  }
}

// Puts the event, which is not one of the heap's own, at `from` or as far below it as the order demands,
// moving others up.
inline void EventQueue::sink(const Event& event, std::size_t from) {
  Event* const events = heap_.data();
  const Key key = key_of(event);
  std::size_t at = from;
  for (std::size_t child = first_child(at); child < heap_end_; child = first_child(at)) {
    child += first_of_four(events + child);
    if (key < key_of(events[child])) break;
    events[at] = events[child];
    at = child;
  }
  events[at] = event;
}

// The last event goes to the root and down from there.
inline void EventQueue::fill_root() {
  root_vacant_ = false;
  const Event last = heap_[--heap_end_];
  heap_[heap_end_] = never;
  if (heap_end_ > root_) sink(last, root_);
}

inline void EventQueue::take_from_heap(Event& out) {
  if (root_vacant_) fill_root();
  out = heap_[root_];
  root_vacant_ = true;
  if (heap_end_ == root_ + 1) fill_root();  // it was the only one: leaves a `never` at the root
}

// Sends back to the wheel what is later than the heap's first few instants.
void EventQueue::spill_heap() {
  if (root_vacant_) fill_root();
  if (in_wheel_ == 0) origin_ = static_cast<std::uint64_t>(nanoseconds(now_));
  const auto begin = heap_.begin() + root_;
  const auto end = heap_.begin() + static_cast<std::ptrdiff_t>(heap_end_);
  const auto last_kept = begin + heap_kept;
  std::nth_element(begin, last_kept, end, [](const Event& a, const Event& b) { return key_of(a) < key_of(b); });
  front_end_ = std::max(instant_of(*last_kept) + 1, origin_);
  std::size_t kept = root_;
  for (std::size_t at = root_; at < heap_end_; ++at) {
    const Event event = heap_[at];
    if (instant_of(event) < front_end_)
      heap_[kept++] = event;
    else
      put_on_wheel(event);
  }
  std::fill(heap_.begin() + static_cast<std::ptrdiff_t>(kept), end, never);
  heap_end_ = kept;
  heap_spills_at_ = std::max(heap_spills_min, 2 * heap_end_);  // where many tie, few could leave
  order_heap();
}

inline void EventQueue::put_on_wheel(const Event& event) {
  const std::uint64_t instant = instant_of(event);
  const auto level = static_cast<std::size_t>(63 - std::countl_zero((instant ^ origin_) | 1)) / 6;
  const auto number = static_cast<std::size_t>(instant >> (6 * level)) & 63;
  WheelSlot& slot = wheel_[level][number];
  const std::size_t place = slot.count++ % chunk_size;
  if (place == 0) {
    std::uint32_t chunk = free_chunk_;
    if (chunk == no_chunk) {
      chunk = static_cast<std::uint32_t>(chunks_.size());
      chunks_.emplace_back();
      next_chunk_.push_back(no_chunk);
    } else {
      free_chunk_ = next_chunk_[chunk];
    }
    next_chunk_[chunk] = slot.first_chunk;
    slot.first_chunk = chunk;
    slots_in_use_[level] |= std::uint64_t{1} << number;
    levels_in_use_ |= 1u << level;
  }
  chunks_[slot.first_chunk].events[place] = event;
  ++in_wheel_;
}

// Takes all events off a slot, each by a call of `visit`, which may put it on another slot.
template <class Visit>
inline void EventQueue::empty_slot(std::size_t level, std::size_t number, Visit visit) {
  const WheelSlot slot = wheel_[level][number];
  wheel_[level][number].count = 0;
  slots_in_use_[level] &= ~(std::uint64_t{1} << number);
  if (slots_in_use_[level] == 0) levels_in_use_ &= ~(1u << level);
  in_wheel_ -= slot.count;
  std::uint32_t chunk = slot.first_chunk;
  for (std::size_t left = slot.count; left > 0;) {
    const std::size_t here = (left - 1) % chunk_size + 1;
    for (std::size_t i = 0; i < here; ++i) {
      const Event event = chunks_[chunk].events[i];
      visit(event);
    }
    left -= here;
    const std::uint32_t next = next_chunk_[chunk];
    next_chunk_[chunk] = free_chunk_;
    free_chunk_ = chunk;
    chunk = next;
  }
}

// Brings the wheel's first events nearer; the heap is empty and the wheel is not. All events of a level are
// before those of the levels above, and at one level slots are in the order of time.
void EventQueue::open_first_slot() {
  const auto level = static_cast<std::size_t>(std::countr_zero(levels_in_use_));
  const auto number = static_cast<std::size_t>(std::countr_zero(slots_in_use_[level]));
  const std::size_t shift = 6 * level;
  const std::uint64_t above = shift + 6 >= 64 ? 0 : origin_ >> (shift + 6) << (shift + 6);
  origin_ = above | std::uint64_t{number} << shift;
  front_end_ = std::max(front_end_, origin_);
  if (level > 0 && wheel_[level][number].count > opened_max) {
    empty_slot(level, number, [this](const Event& event) { put_on_wheel(event); });
    return;
  }
  empty_slot(level, number, [this](const Event& event) {
    append_to_heap(event);
    front_end_ = std::max(front_end_, instant_of(event) + 1);
  });
  order_heap();
  heap_spills_at_ = std::max(heap_spills_min, 2 * heap_end_);
}

// Gives a timer's slot back, when its record has been removed. False if it had been cancelled.
bool EventQueue::retire(Event& timer) {
  const auto number = static_cast<std::uint32_t>(timer.what);
  TimerSlot& slot = timers_[number];
  const bool was_live = slot.arrival != 0;
  timer.what = slot.what;
  slot.arrival = 0;
  free_timers_.push_back(number);
  if (!was_live) --dead_;
  return was_live;
}

void EventQueue::drop_dead() {
  if (root_vacant_) fill_root();
  std::size_t kept = root_;
  for (std::size_t at = root_; at < heap_end_; ++at) {
    Event event = heap_[at];
    if (is_dead(event))
      retire(event);
    else
      heap_[kept++] = event;
  }
  std::fill(heap_.begin() + static_cast<std::ptrdiff_t>(kept), heap_.begin() + static_cast<std::ptrdiff_t>(heap_end_),
            never);
  heap_end_ = kept;
  order_heap();

  std::vector<Event> live;
  for (std::size_t level = 0; level < levels; ++level)
    for (std::uint64_t numbers = slots_in_use_[level]; numbers != 0; numbers &= numbers - 1) {
      live.clear();
      empty_slot(level, static_cast<std::size_t>(std::countr_zero(numbers)), [&](Event event) {
        if (is_dead(event))
          retire(event);
        else
          live.push_back(event);
      });
      for (const Event& event : live) put_on_wheel(event);  // into the same slot: origin_ has not moved
    }
}

}  // namespace orrery::sim
