#include "sim/fingerprint.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "core/base/fields.h"

namespace orrery::sim {
namespace {

// Changes one field to another value.
template <class Tag, class Rep>
void flip(Id<Tag, Rep>& id) {
  id.value = static_cast<Rep>(id.value ^ 1);
}
void flip(std::uint64_t& number) { number ^= std::uint64_t{1} << 63; }
void flip(std::uint32_t& number) { number ^= std::uint32_t{1} << 31; }
void flip(bool& truth) { truth = !truth; }
void flip(Duration& duration) { duration += 1ns; }
void flip(ObjectId& id) { id.words[3] ^= 1; }
void flip(Time& time) { time += 1ns; }
void flip(Value& value) { value = std::holds_alternative<std::monostate>(value) ? Value(std::int64_t{0}) : Value(); }
template <class Enum>
requires std::is_enum_v<Enum>
void flip(Enum& value) { value = static_cast<Enum>(static_cast<int>(value) ^ 1); }

template <class Event>
void expect_every_field_to_count() {
  const journal::Record plain{Time(5ns), NodeId{1}, Event{}};
  const std::uint64_t hash = hash_of(plain);
  std::size_t count = 0;
  Event probe{};
  for_each_field(probe, [&count](std::string_view, auto&) { ++count; });
  for (std::size_t wanted = 0; wanted < count; ++wanted) {
    Event changed{};
    std::size_t place = 0;
    std::string name;
    for_each_field(changed, [&](std::string_view each, auto& member) {
      if (place++ != wanted) return;
      flip(member);
      name = each;
    });
    EXPECT_NE(hash_of({Time(5ns), NodeId{1}, changed}), hash) << Event::name << "." << name;
  }
  EXPECT_NE(hash_of({Time(6ns), NodeId{1}, Event{}}), hash) << Event::name;
  EXPECT_NE(hash_of({Time(5ns), NodeId{2}, Event{}}), hash) << Event::name;
}

template <std::size_t... I>
void expect_for_all(std::index_sequence<I...>) {
  (expect_every_field_to_count<std::variant_alternative_t<I, journal::Event>>(), ...);
}

template <std::size_t... I>
std::vector<journal::Event> one_of_each(std::index_sequence<I...>) {
  return {std::variant_alternative_t<I, journal::Event>{}...};
}

constexpr auto all_kinds = std::make_index_sequence<journal::kinds_of_event>();

TEST(Fingerprint, EveryFieldOfEveryKindOfEventCounts) { expect_for_all(all_kinds); }

TEST(Fingerprint, EveryBitOfAnObjectIdCounts) {
  const journal::Record plain{Time{}, NodeId{}, journal::Placed{}};
  for (std::size_t bit = 0; bit < 256; ++bit) {
    journal::Placed placed;
    placed.object.words[bit / 64] ^= std::uint64_t{1} << (bit % 64);
    EXPECT_NE(hash_of({Time{}, NodeId{}, placed}), hash_of(plain)) << bit;
  }
}

TEST(Fingerprint, TheKindCounts) {
  const auto events = one_of_each(all_kinds);
  for (std::size_t a = 0; a < events.size(); ++a)
    for (std::size_t b = 0; b < a; ++b)
      EXPECT_NE(hash_of({Time{}, NodeId{}, events[a]}), hash_of({Time{}, NodeId{}, events[b]}));
}

TEST(Fingerprint, ValuesOfDifferentTypesDiffer) {
  const std::vector<Value> values = {Value(),
                                     Value(false),
                                     Value(true),
                                     Value(std::int64_t{0}),
                                     Value(std::int64_t{1}),
                                     Value(0.0),
                                     Value(1.0),
                                     Value(""),
                                     Value("a"),
                                     Value("aa"),
                                     Value(std::string("a\0", 2))};
  for (std::size_t a = 0; a < values.size(); ++a)
    for (std::size_t b = 0; b < a; ++b) {
      journal::InternalError first{values[a]};
      journal::InternalError second{values[b]};
      EXPECT_NE(hash_of({Time{}, NodeId{}, first}), hash_of({Time{}, NodeId{}, second})) << a << " " << b;
    }
}

journal::Record numbered(std::uint64_t number) {
  return {Time(Duration(static_cast<std::int64_t>(number))), NodeId{}, journal::Completed{}};
}

TEST(Fingerprint, TheOrderCounts) {
  Fingerprint forwards;
  Fingerprint backwards;
  forwards.fold(numbered(1));
  forwards.fold(numbered(2));
  backwards.fold(numbered(2));
  backwards.fold(numbered(1));

  EXPECT_NE(forwards.value(), backwards.value());
}

TEST(Fingerprint, KeepsABoundedNumberOfCheckpoints) {
  Fingerprint fingerprint;
  for (std::uint64_t i = 0; i < 1'000'000; ++i) fingerprint.fold(numbered(i));

  EXPECT_LE(fingerprint.checkpoints().values.size(), Fingerprint::checkpoints_max);
  EXPECT_GE(fingerprint.checkpoints().values.size(), Fingerprint::checkpoints_max / 2 - 1);
}

TEST(Checkpoints, NameTheWindowOfTheFirstDifference) {
  for (const std::uint64_t different : {0u, 63u, 64u, 1000u, 99'000u}) {
    Fingerprint a;
    Fingerprint b;
    for (std::uint64_t i = 0; i < 100'000; ++i) a.fold(numbered(i));
    for (std::uint64_t i = 0; i < 150'000; ++i) b.fold(numbered(i == different ? 7 : i));

    const auto window = window_of_first_difference(a.checkpoints(), b.checkpoints());

    ASSERT_TRUE(window) << different;
    EXPECT_LE(window->first, different);
    EXPECT_GT(window->second, different);
    EXPECT_LE(window->second - window->first, 256u);
  }
}

TEST(Checkpoints, OfEqualRunsNameNothing) {
  Fingerprint a;
  for (std::uint64_t i = 0; i < 10'000; ++i) a.fold(numbered(i));

  EXPECT_FALSE(window_of_first_difference(a.checkpoints(), a.checkpoints()));
}

}  // namespace
}  // namespace orrery::sim
