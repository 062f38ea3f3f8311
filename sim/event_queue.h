// Virtual time: what happens next.
//
// Events are plain records and the queue gives them out in one total order: by time, then by class, then by
// rank, then by arrival in the queue. Nothing else plays a part, so two runs that push alike pop alike.
// Time moves only when an event is popped, and never back.
//
// A pending event is in one of three places:
// * The wheel holds the far future unsorted. Level k of it has a slot for each value of the k-th group of six
//   bits of the time; an event lies at the level of the highest group in which it differs from `origin_`.
//   When nothing nearer is left, the first slot is opened: few events go to the heap, many are spread over the
//   levels below. So an event is moved a few times, whatever else is pending.
// * The heap holds what is due before `front_end_`, in order: four children to a node, which share two cache
//   lines. If pushes make it large, its later part goes back to the wheel.
// * The rings hold what is due at once (time `now`, rank 0). Within a class such events come out in the order
//   they went in, so each class has a queue of its own, and a pop compares the first of the rings with the
//   first of the heap. A full ring spills into the heap, which changes nothing but speed.
//
// Popping leaves the root of the heap vacant, for the next push to drop into.
// At worst, when everything falls on a few instants, the cost is that of a heap.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <new>
#include <optional>
#include <vector>

#include "core/base/ids.h"
#include "core/base/time.h"

namespace orrery::sim {

// What goes first when several things fall on one instant.
enum class Class : std::uint8_t {
  world,     // faults and other changes of the world
  delivery,  // packets, disk completions
  timer,
  client,  // operations of the experiment
};
constexpr std::size_t class_count = 4;

struct Event {
  Time at{};
  std::uint64_t order = 0;  // class, rank and arrival number, from the highest bits to the lowest
  std::uint64_t what = 0;   // `where`, `what` and `kind` are the caller's: the queue only carries them
  std::uint32_t where = 0;
  std::uint16_t kind = 0;
  std::uint16_t is_timer = 0;  // in the queue, `what` of a timer is its slot

  Class event_class() const { return static_cast<Class>(order >> 60); }
};
static_assert(sizeof(Event) == 32);

// Names one push_timer for ever. The default names none.
using TimerId = Id<struct TimerTag>;

class EventQueue {
 public:
  static constexpr std::uint32_t rank_max = (1u << 20) - 1;
  static constexpr std::uint64_t arrivals_max = (std::uint64_t{1} << 40) - 1;  // pushes in one run
  static constexpr std::size_t timers_max = std::size_t{1} << 24;              // pending at once

  EventQueue();

  // `at` is not before now(). The rank is 0 unless a search wants another order within the instant.
  void push(Time at, Class event_class, std::uint16_t kind, std::uint32_t where, std::uint64_t what,
            std::uint32_t rank = 0);
  TimerId push_timer(Time at, Class event_class, std::uint16_t kind, std::uint32_t where, std::uint64_t what,
                     std::uint32_t rank = 0);

  // False, having done nothing, if the timer has been popped or cancelled, or never was. A cancelled timer is
  // never popped and does not hold up time. Dead records are at most half of all, or fewer than 64.
  bool cancel(TimerId timer);

  // Takes the first event and moves now() to it. False, leaving `out` and now() as they were, if there is none.
  bool pop(Event& out);

  Time now() const { return now_; }
  // How many events there ever were: tells before from after within one instant.
  std::uint64_t pushed() const { return arrivals_; }
  std::size_t size() const { return records_held() - dead_; }
  bool empty() const { return size() == 0; }

  // When the next pop will be. Not const, because it clears away cancelled timers.
  std::optional<Time> next_time();

  // Records held, dead ones included: what the promise about memory is tested by.
  std::size_t records_held() const { return heap_live() + in_wheel_ + in_rings_; }

 private:
  // Nodes lie at root_, root_ + 1, ...: the children of the node at p are the four from 4 p - 8, so they start
  // a multiple of 128 bytes. From heap_end_ to the array's end there is `never`, so that no child is missing.
  static constexpr std::size_t root_ = 3;
  static constexpr std::size_t ring_size = 512;  // a power of two
  static constexpr Event never{.at = Time::max(), .order = std::numeric_limits<std::uint64_t>::max()};

  template <class T>
  struct OnCacheLine {
    using value_type = T;
    static constexpr std::align_val_t alignment{128};
    OnCacheLine() = default;
    template <class U>
    OnCacheLine(const OnCacheLine<U>&) {}
    T* allocate(std::size_t n) { return static_cast<T*>(::operator new(n * sizeof(T), alignment)); }
    void deallocate(T* p, std::size_t) { ::operator delete(p, alignment); }
    friend bool operator==(OnCacheLine, OnCacheLine) { return true; }
  };

  struct Ring {
    std::vector<Event> events;  // empty until first used
    std::size_t first = 0;      // both count on and on; a place is their remainder by ring_size
    std::size_t end = 0;
  };

  // A slot of the wheel is a list of chunks, all full but the first. Chunks come from one pool, so what the
  // wheel takes is what it holds and at most one chunk more for each slot.
  static constexpr std::size_t levels = 11;  // of 6 bits: 63 bits of time and some
  static constexpr std::size_t chunk_size = 8;
  struct alignas(64) Chunk {
    std::array<Event, chunk_size> events;
  };
  struct WheelSlot {
    std::uint32_t first_chunk = 0;  // meaningless while count is 0
    std::uint32_t count = 0;
  };

  struct TimerSlot {
    std::uint64_t what = 0;
    std::uint64_t arrival = 0;  // 0 when the slot is free, or its timer cancelled and not yet removed
  };

  std::uint64_t next_order(Time at, Class event_class, std::uint32_t rank);
  void place(const Event& event);

  std::size_t heap_live() const { return heap_end_ - root_ - (root_vacant_ ? 1 : 0); }
  std::size_t first_in_heap() const;
  void push_to_heap(const Event& event);
  void append_to_heap(const Event& event);
  void order_heap();
  void sink(const Event& event, std::size_t from);
  void fill_root();
  void take_from_heap(Event& out);
  void spill_heap();

  void put_on_wheel(const Event& event);
  void open_first_slot();
  template <class Visit>
  void empty_slot(std::size_t level, std::size_t slot, Visit visit);

  bool is_dead(const Event& event) const { return event.is_timer != 0 && timers_[event.what].arrival == 0; }
  bool retire(Event& timer);
  void drop_dead();

  Time now_{};
  std::uint64_t arrivals_ = 0;

  std::vector<Event, OnCacheLine<Event>> heap_;
  std::size_t heap_end_ = root_;
  std::size_t heap_spills_at_;
  bool root_vacant_ = false;

  // Invariant: the heap is before front_end_, the wheel is not, origin_ is not after it, and
  // now_ is before it.
  std::uint64_t front_end_ = 1;
  std::uint64_t origin_ = 0;
  std::uint32_t levels_in_use_ = 0;  // bit k: level k has a slot that is not empty
  std::array<std::uint64_t, levels> slots_in_use_{};
  std::array<std::array<WheelSlot, 64>, levels> wheel_{};
  std::size_t in_wheel_ = 0;
  std::vector<Chunk> chunks_;
  std::vector<std::uint32_t> next_chunk_;  // of each chunk in a slot's list or in the list of the free
  std::uint32_t free_chunk_ = no_chunk;
  static constexpr std::uint32_t no_chunk = std::numeric_limits<std::uint32_t>::max();

  std::array<Ring, class_count> rings_;
  std::uint32_t rings_in_use_ = 0;  // bit c: the ring of class c is not empty. All of it is due now
  std::size_t in_rings_ = 0;

  std::vector<TimerSlot> timers_;
  std::vector<std::uint32_t> free_timers_;
  std::size_t dead_ = 0;  // cancelled timers that are still in the heap or on the wheel
};

}  // namespace orrery::sim
