// Lookup, Fifo, Pool, bytes and draws.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <array>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "core/base/bytes.h"
#include "core/base/draws.h"
#include "core/base/fifo.h"
#include "core/base/lookup.h"
#include "core/base/pool.h"
#include "core/node/message.h"

namespace orrery {
namespace {

RC_GTEST_PROP(Lookup, AgreesWithAMap, (const std::vector<std::pair<std::uint8_t, bool>>& steps)) {
  Lookup<std::uint64_t, int> lookup;
  std::map<std::uint64_t, int> map;
  int counter = 0;
  for (const auto& [key, insert] : steps) {
    if (insert) {
      lookup[key] = ++counter;
      map[key] = counter;
    } else {
      const bool erased = map.erase(key) == 1;
      RC_ASSERT(lookup.erase(key) == erased);
    }
    RC_ASSERT(lookup.size() == map.size());
    for (std::uint64_t each = 0; each < 256; ++each) {
      const auto expected = map.find(each);
      const int* found = lookup.find(each);
      RC_ASSERT((found != nullptr) == (expected != map.end()));
      if (found) RC_ASSERT(*found == expected->second);
    }
  }
}

RC_GTEST_PROP(Fifo, AgreesWithADeque, (const std::vector<std::uint8_t>& steps)) {
  Fifo<int> fifo;
  std::deque<int> deque;
  for (const int step : steps) {
    if (step % 3 != 0 || deque.empty()) {
      fifo.push(step);
      deque.push_back(step);
    } else {
      RC_ASSERT(fifo.pop() == deque.front());
      deque.pop_front();
    }
    RC_ASSERT(fifo.size() == deque.size());
  }
}

TEST(Pool, UsesASlotAgainOnceItsThingWasTaken) {
  Pool<std::string> pool;
  const std::uint32_t first = pool.put("a");
  const std::uint32_t second = pool.put("b");

  EXPECT_EQ(pool.take(first), "a");
  EXPECT_EQ(pool.put("c"), first);
  EXPECT_EQ(pool.take(second), "b");
}

TEST(Bytes, ReadingPastTheEndIsABug) {
  Writer writer;
  writer.put(std::uint32_t{5});
  const Bytes bytes = writer.take();
  Reader reader(bytes);

  EXPECT_THROW(reader.next<std::uint64_t>(), Bug);
}

RC_GTEST_PROP(Bytes, AValueComesBackAsItWas, (const std::string& text, std::int64_t number, bool truth)) {
  for (const Value& value : {Value(text), Value(number), Value(truth), Value()}) {
    Writer writer;
    writer.put(value);
    const Bytes bytes = writer.take();
    RC_ASSERT(Reader(bytes).next<Value>() == value);
  }
}

TEST(Message, EveryKindComesBackAsItWas) {
  const ObjectId object{{1, 2, 3, 4}};
  const routing::Call call{CallId{1},   StubId{2},   3,           object, ClassId{4}, Epoch{5},
                           MethodId{6}, "arguments", "name", Cause{9}};
  const auto back = node::from_bytes_as<routing::Call>(node::to_bytes(call));
  EXPECT_EQ(back.call, call.call);
  EXPECT_EQ(back.stub, call.stub);
  EXPECT_EQ(back.sequence, call.sequence);
  EXPECT_EQ(back.object, call.object);
  EXPECT_EQ(back.object_class, call.object_class);
  EXPECT_EQ(back.epoch, call.epoch);
  EXPECT_EQ(back.method, call.method);
  EXPECT_EQ(back.arguments, call.arguments);
  EXPECT_EQ(back.name, call.name);
  EXPECT_EQ(back.cause, Cause{});  // the network carries it beside the bytes

  const auto reply = node::from_bytes_as<routing::Reply>(
      node::to_bytes(routing::Reply{CallId{1}, StubId{2}, Status::failed, "p"}));
  EXPECT_EQ(reply.status, Status::failed);
  const auto found =
      node::from_bytes_as<placement::Found>(node::to_bytes(placement::Found{object, NodeId{7}, Epoch{8}}));
  EXPECT_EQ(found.owner, NodeId{7});
  const auto asked = node::from_bytes_as<node::ServiceCall>(
      node::to_bytes(node::ServiceCall{CallId{3}, Request::post("/p", "b")}));
  EXPECT_EQ(asked.request.path(), "/p");
  EXPECT_EQ(asked.request.body(), "b");
  const auto answered = node::from_bytes_as<node::ServiceAnswer>(
      node::to_bytes(node::ServiceAnswer{CallId{3}, Response::with_status(404)}));
  EXPECT_EQ(answered.response.status(), 404);
}

TEST(Message, UnknownBytesAreABug) { EXPECT_THROW(node::take_message(Bytes("\xff"), [](auto&&) {}), Bug); }

TEST(Draws, DependOnSeedPurposeCauseAndPlaceAlone) {
  const Draws draws(7);
  const Cause cause = Cause::operation(ClientId{1}, 2);
  const std::uint64_t bits = draws.bits(Purpose::latency, cause);

  EXPECT_EQ(Draws(7).bits(Purpose::latency, cause), bits);
  EXPECT_NE(Draws(8).bits(Purpose::latency, cause), bits);
  EXPECT_NE(draws.bits(Purpose::access, cause), bits);
  EXPECT_NE(draws.bits(Purpose::latency, cause.child(0)), bits);
  EXPECT_NE(draws.bits(Purpose::latency, cause, 1), bits);
}

TEST(Draws, CausesOfDifferentPathsDiffer) {
  std::set<std::uint64_t> keys;
  for (std::uint32_t client = 0; client < 20; ++client)
    for (std::uint64_t number = 0; number < 20; ++number)
      for (std::uint64_t place = 0; place < 5; ++place) {
        const Cause root = Cause::operation(ClientId{client}, number);
        keys.insert(root.child(place).key);
        keys.insert(root.child(place).child(place).key);
        keys.insert(Cause::background(NodeId{client}, number, place).key);
      }

  EXPECT_EQ(keys.size(), 20u * 20u * 5u * 3u);
}

TEST(Draws, AreUniformToTheEye) {
  const Draws draws(1);
  std::array<int, 16> counts{};
  constexpr std::uint64_t samples = 160'000;
  for (std::uint64_t i = 0; i < samples; ++i)
    ++counts[draws.below(16, Purpose::arrival,
                         Cause::operation(ClientId{static_cast<std::uint32_t>(i % 100)}, i / 100))];

  // Chi-squared with 15 degrees of freedom: 37.7 is exceeded once in a thousand times by true chance.
  double chi_squared = 0;
  for (const int count : counts) chi_squared += (count - 10'000.0) * (count - 10'000.0) / 10'000.0;
  EXPECT_LT(chi_squared, 37.7);
}

TEST(Lineage, GivesEachChildAPlaceOfItsOwn) {
  Lineage lineage(Cause{5});

  EXPECT_EQ(lineage.next_child(), Cause{5}.child(0));
  EXPECT_EQ(lineage.next_child(), Cause{5}.child(1));
}

}  // namespace
}  // namespace orrery
