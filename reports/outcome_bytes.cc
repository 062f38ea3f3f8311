#include <array>
#include <concepts>
#include <map>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "core/base/bytes.h"
#include "reports/sweep.h"

namespace orrery::reports {
namespace {

// The two directions. What a thing is made of is listed once, below, and goes either way; structs are taken apart by
// structured bindings, so that one with a member that nobody lists does not compile.
struct Outward {
  Writer writer{std::size_t{1} << 14};
  void operator()(const auto&... things) { (carry(*this, things), ...); }
};
struct Inward {
  Reader reader;
  void operator()(auto&... things) { (carry(*this, things), ...); }
};

template <class T, class Plain>
concept Like = std::same_as<std::remove_const_t<T>, Plain>;

// Seven bits a byte, the lowest first; the eighth says that more follow.
void carry(Outward& out, std::uint64_t number) {
  for (; number >= 0x80; number >>= 7) out.writer.put(static_cast<std::uint8_t>(number | 0x80));
  out.writer.put(static_cast<std::uint8_t>(number));
}
void carry(Inward& in, std::uint64_t& number) {
  number = 0;
  for (int shift = 0;; shift += 7) {
    const auto byte = in.reader.next<std::uint8_t>();
    INVARIANT(shift < 64, "a number of more than 64 bits");
    number |= std::uint64_t{byte & 0x7fu} << shift;
    if (byte < 0x80) return;
  }
}
std::uint64_t next_number(Inward& in) {
  std::uint64_t number = 0;
  in(number);
  return number;
}

// 0, -1, 1, -2 as 0, 1, 2, 3.
void carry(Outward& out, std::int64_t number) {
  out(static_cast<std::uint64_t>(number) << 1 ^ (number < 0 ? ~std::uint64_t{0} : 0));
}
void carry(Inward& in, std::int64_t& number) {
  const std::uint64_t folded = next_number(in);
  number = static_cast<std::int64_t>(folded >> 1 ^ ((folded & 1) != 0 ? ~std::uint64_t{0} : 0));
}
void carry(Outward& out, Duration duration) { out(duration.count()); }
void carry(Inward& in, Duration& duration) {
  std::int64_t count = 0;
  in(count);
  duration = Duration(count);
}
void carry(Outward& out, Time time) { out(time.time_since_epoch()); }
void carry(Inward& in, Time& time) {
  Duration since_start{};
  in(since_start);
  time = Time(since_start);
}

void carry(Outward& out, const std::string& text) { out.writer.put(text); }
void carry(Inward& in, std::string& text) { in.reader.get(text); }
void carry(Outward& out, properties::Verdict::Kind kind) { out.writer.put(kind); }
void carry(Inward& in, properties::Verdict::Kind& kind) { in.reader.get(kind); }

// ---- Several of a kind.

template <class T>
void carry(Outward& out, const std::optional<T>& thing) {
  out(std::uint64_t{thing ? 1u : 0u});
  if (thing) out(*thing);
}
template <class T>
void carry(Inward& in, std::optional<T>& thing) {
  thing.reset();
  if (next_number(in) != 0) in(thing.emplace());
}
template <class T, std::size_t N>
void carry(Outward& out, const std::array<T, N>& things) {
  for (const T& each : things) out(each);
}
template <class T, std::size_t N>
void carry(Inward& in, std::array<T, N>& things) {
  for (T& each : things) in(each);
}
template <class A, class B>
void carry(Outward& out, const std::pair<A, B>& things) {
  out(things.first, things.second);
}
template <class A, class B>
void carry(Inward& in, std::pair<A, B>& things) {
  in(things.first, things.second);
}
template <class T>
void carry(Outward& out, const std::vector<T>& things) {
  out(std::uint64_t{things.size()});
  for (const T& each : things) out(each);
}
template <class T>
void carry(Inward& in, std::vector<T>& things) {
  things.clear();
  for (std::uint64_t left = next_number(in); left > 0; --left) in(things.emplace_back());
}
template <class T>
void carry(Outward& out, const std::map<std::string, T>& things) {
  out(std::uint64_t{things.size()});
  for (const auto& [name, thing] : things) out(name, thing);
}
template <class T>
void carry(Inward& in, std::map<std::string, T>& things) {
  things.clear();
  for (std::uint64_t left = next_number(in); left > 0; --left) {
    std::string name;
    in(name);
    in(things[name]);
  }
}

}  // namespace

struct OutcomeBytes {
  static void carry_cell(auto& pipe, Like<std::uint64_t> auto& cell) { pipe(cell); }
  static void carry_cell(auto& pipe, Like<StagedHistogram::Cell> auto& cell) {
    auto& [count, sums] = cell;
    pipe(count, sums);
  }

  // Buckets that are not empty, each with its distance from the one before.
  template <class Cell>
  static void carry_buckets(Outward& out, const Buckets<Cell>& buckets) {
    std::uint64_t filled = 0;
    const auto walk = [&buckets](auto visit) {
      buckets.walk([&visit](std::size_t bucket, const Cell& cell) {
        if (!(cell == Cell{})) visit(bucket, cell);
        return true;
      });
    };
    walk([&](std::size_t, const Cell&) { ++filled; });
    out(filled);
    std::size_t last = 0;
    walk([&](std::size_t bucket, const Cell& cell) {
      out(std::uint64_t{bucket - last});
      carry_cell(out, cell);
      last = bucket;
    });
  }
  template <class Cell>
  static void carry_buckets(Inward& in, Buckets<Cell>& buckets) {
    buckets = {};
    std::size_t bucket = 0;
    for (std::uint64_t left = next_number(in); left > 0; --left) {
      bucket += next_number(in);
      carry_cell(in, buckets.cell_of(bucket));
    }
  }

  static void carry_histogram(auto& pipe, Like<Histogram> auto& histogram) {
    carry_buckets(pipe, histogram.counts_);
    // In two halves: there is no wider number on the way.
    auto low = static_cast<std::uint64_t>(histogram.sum_);
    auto high = static_cast<std::uint64_t>(histogram.sum_ >> 64);
    pipe(histogram.count_, histogram.min_, histogram.max_, low, high);
    if constexpr (!std::is_const_v<std::remove_reference_t<decltype(histogram)>>)
      histogram.sum_ = static_cast<Histogram::Wide>(high) << 64 | low;
  }
  static void carry_histogram(auto& pipe, Like<StagedHistogram> auto& histogram) {
    carry_buckets(pipe, histogram.cells_);
    pipe(histogram.count_);
  }
};

namespace {

void carry(auto& pipe, Like<Histogram> auto& histogram) { OutcomeBytes::carry_histogram(pipe, histogram); }
void carry(auto& pipe, Like<StagedHistogram> auto& histogram) { OutcomeBytes::carry_histogram(pipe, histogram); }

void carry(auto& pipe, Like<Work> auto& work) {
  auto& [turns, operations, storage, calls, fetches, commits] = work;
  pipe(turns, operations, storage, calls, fetches, commits);
}

void carry(auto& pipe, Like<Latencies> auto& latencies) {
  auto& [name, completed, failed, unknown, retried, histogram, stages, work] = latencies;
  pipe(name, completed, failed, unknown, retried, histogram, stages, work);
}

void carry(auto& pipe, Like<Blame> auto& blame) {
  auto& [method, running, held] = blame;
  pipe(method, running, held);
}

void carry(auto& pipe, Like<ObjectUse> auto& use) {
  auto& [object, class_name, name, busy, turns, longest_queue, waited, calls, mean_square, behind, busiest_calls,
         busiest_from] = use;
  pipe(object, class_name, name, busy, turns, longest_queue, waited, calls, mean_square, behind, busiest_calls,
       busiest_from);
}

void carry(auto& pipe, Like<KeyUse> auto& use) {
  auto& [class_name, key, requests, of] = use;
  pipe(class_name, key, requests, of);
}

void carry(auto& pipe, Like<properties::Violation> auto& violation) {
  auto& [rule, object, text, at] = violation;
  pipe(rule, object, text, at);
}

void carry(auto& pipe, Like<properties::Verdict> auto& verdict) {
  auto& [kind, tested, violation, note] = verdict;
  pipe(kind, tested, violation, note);
}

void carry(auto& pipe, Like<PropertyVerdict> auto& each) {
  auto& [property, verdict, seed] = each;
  pipe(property, verdict, seed);
}

void carry(auto& pipe, Like<Outcome> auto& outcome) {
  auto& [seed, fingerprint, events, virtual_time, verdicts, all, groups, operations, stages, objects, objects_used,
         keys, notes, reached] = outcome;
  pipe(seed, fingerprint, events, virtual_time, verdicts, all, groups, operations, stages, objects, objects_used,
       keys, notes, reached);
}

void carry(auto& pipe, Like<Paired::ByOperation> auto& operation) {
  auto& [name, pairs, much_slower] = operation;
  pipe(name, pairs, much_slower);
}

void carry(auto& pipe, Like<Paired> auto& paired) {
  auto& [pairs, moved, mean_change, interval, slower, much_slower, operations] = paired;
  pipe(pairs, moved, mean_change, interval, slower, much_slower, operations);
}

template <class Thing>
Bytes packed(const Thing& thing) {
  Outward out;
  out(thing);
  return out.writer.take();
}

template <class Thing>
Thing unpacked(const Bytes& bytes) {
  Inward in{Reader(bytes)};
  Thing thing;
  in(thing);
  INVARIANT(in.reader.at_end(), "bytes after the end");
  return thing;
}

}  // namespace

Bytes pack(const Outcome& outcome) { return packed(outcome); }
Outcome unpack_outcome(const Bytes& bytes) { return unpacked<Outcome>(bytes); }
Bytes pack(const Paired& paired) { return packed(paired); }
Paired unpack_paired(const Bytes& bytes) { return unpacked<Paired>(bytes); }

}  // namespace orrery::reports
