// The waiting calls on keys and values, transactions, and the older kind of storage.
#include <gtest/gtest.h>

#include "core/storage/key_cache.h"
#include "core/storage/value_size.h"
#include "tests/worlds.h"

namespace orrery {
namespace {

using scenarios::ClassPlan;
using scenarios::Code;
using scenarios::Operation;
using tests::Keep;
using tests::operation;

class Keeper final : public DurableObject {
 public:
  using DurableObject::DurableObject;

  Task<std::string> write_and_list() {
    Entries three;
    three.emplace_back("c", List{1.5, "x"});
    three.emplace_back("a", true);
    three.emplace_back("b", Blob{"\xff"});
    co_await ctx().storage().put(std::move(three));
    const bool was_there = co_await ctx().storage().erase("b");
    const Entries left = co_await ctx().storage().list();
    std::string text = was_there ? "erased" : "not there";
    for (const auto& [key, value] : left) text += " " + key + "=" + to_text(value);
    co_return text;
  }
  Task<Value> get(std::string key) {
    std::optional<Value> value = co_await ctx().storage().get(std::move(key));
    co_return value.value_or(Undefined{});
  }
  // What is read, and how long it took in microseconds.
  Task<Value> timed_get(std::string key) {
    const LocalTime before = ctx().now();
    std::optional<Value> value = co_await ctx().storage().get(std::move(key));
    co_return List{value.value_or(Undefined{}), (ctx().now() - before) / 1us};
  }
  Task<Value> get_openly(std::string key) {
    ReadOptions options;
    options.allow_concurrency = true;
    std::optional<Value> value = co_await ctx().storage().get(std::move(key), options);
    co_return List{value.value_or(Undefined{}), calls_};
  }
  Task<std::int64_t> count() { co_return ++calls_; }
  Task<Value> put(std::string key, std::int64_t value) {
    co_await ctx().storage().put(std::move(key), value);
    co_return Value();
  }
  // Two units in the mode `contract`, perhaps; one as workerd has it. So long that a crash can keep a part.
  Task<Value> put_both(std::int64_t value) {
    co_await ctx().storage().put("one", value);
    const std::string filling(20'000, static_cast<char>('a' + value));
    co_await ctx().storage().put("filling", filling);
    co_await ctx().storage().put("other", value);
    co_return Value();
  }
  Task<Value> both() {
    std::optional<Value> one = co_await ctx().storage().get("one");
    std::optional<Value> other = co_await ctx().storage().get("other");
    co_return List{one.value_or(Undefined{}), other.value_or(Undefined{})};
  }
  Task<std::string> transfer(bool fails) {
    Storage storage = ctx().storage();
    auto closure = [this, fails](Transaction transaction) { return within(transaction, fails); };
    std::string caught;
    try {
      co_await storage.transaction(closure);
    } catch (const ObjectError& error) { caught = error.message(); }
    co_return caught;
  }
  Task<std::string> roll_back() {
    Storage storage = ctx().storage();
    auto closure = [this](Transaction transaction) { return rolled_back(transaction); };
    co_await storage.transaction(closure);
    std::string caught;
    try {
      co_await left_->get("a");
    } catch (const ObjectError& error) { caught = error.message(); }
    co_return caught_ + "; " + caught;
  }
  // An answer that need not wait for its write.
  Task<Value> put_unconfirmed() {
    WriteOptions options;
    options.allow_unconfirmed = true;
    const Value one = std::int64_t{1};
    co_await ctx().storage().put("a", one, options);
    co_return Value();
  }
  Task<std::string> empty() {
    const Value one = std::int64_t{1};
    co_await ctx().storage().put("a", one);
    co_await ctx().storage().delete_all();
    const Entries left = co_await ctx().storage().list();
    co_return std::to_string(left.size());
  }

 private:
  Task<void> within(Transaction transaction, bool fails) {
    const Value seven = std::int64_t{7};
    const Value eight = std::int64_t{8};
    co_await transaction.put("a", seven);
    co_await ctx().sleep(20ms);
    co_await transaction.put("b", eight);
    if (fails) throw ObjectError::range_error("undone");
  }
  Task<void> rolled_back(Transaction transaction) {
    const Value seven = std::int64_t{7};
    co_await transaction.put("a", seven);
    transaction.rollback();
    left_ = transaction;
    try {
      co_await transaction.get("a");
    } catch (const ObjectError& error) { caught_ = error.message(); }
  }

  std::int64_t calls_ = 0;
  std::optional<Transaction> left_;
  std::string caught_;
};

const Code code{{object_class<Keeper>("Keeper")
                     .with<&Keeper::write_and_list>("write_and_list")
                     .with<&Keeper::get>("get")
                     .with<&Keeper::timed_get>("timed_get")
                     .with<&Keeper::get_openly>("get_openly")
                     .with<&Keeper::count>("count")
                     .with<&Keeper::put>("put")
                     .with<&Keeper::put_both>("put_both")
                     .with<&Keeper::both>("both")
                     .with<&Keeper::transfer>("transfer")
                     .with<&Keeper::roll_back>("roll_back")
                     .with<&Keeper::put_unconfirmed>("put_unconfirmed")
                     .with<&Keeper::empty>("empty")}};

struct Circumstances {
  StorageKind storage = StorageKind::sqlite;
  Coalescing coalescing = Coalescing::workerd;
  Duration sync = 1ms;
  std::vector<scenarios::FaultPlan> faults{};
  std::uint64_t seed = 1;
};

Keep play(std::vector<Operation> operations, const Circumstances& of = {}) {
  scenarios::Experiment experiment =
      tests::london({ClassPlan{.name = "Keeper", .storage = of.storage}}, std::move(operations));
  experiment.coalescing = of.coalescing;
  experiment.disk.sync = Distribution::constant(of.sync);
  experiment.faults = of.faults;
  experiment.seed = of.seed;
  return tests::play(experiment, code);
}

Operation call(std::uint32_t client, Duration at, std::string method, std::vector<Value> args = {}) {
  return operation(client, 0, at, "Keeper", std::move(method), std::move(args));
}

class OfBothKinds : public testing::TestWithParam<StorageKind> {
 protected:
  Circumstances circumstances() const { return {.storage = GetParam()}; }
};
INSTANTIATE_TEST_SUITE_P(Keys, OfBothKinds, testing::Values(StorageKind::sqlite, StorageKind::kv),
                         [](const auto& info) {
                           return std::string(storage_kind_names[static_cast<std::size_t>(info.param)]);
                         });

TEST_P(OfBothKinds, WritesAreReadInTheOrderOfTheirKeys) {
  const Keep keep = play({call(0, 1ms, "write_and_list")}, circumstances());
  EXPECT_EQ(keep.answer(ClientId{0}, 0), R"("erased a=true c=[1.5,\"x\"]")");
}

TEST_P(OfBothKinds, WritesOutliveTheirInstance) {
  Circumstances crashing = circumstances();
  crashing.faults = {{.kind = sim::FaultKind::crash, .at = 5s, .target = "Keeper/0", .lasts = 1s}};
  const Keep keep = play({call(0, 1ms, "put", {Value("a"), Value(std::int64_t{5})}), call(1, 20s, "get", {Value("a")})},
                         crashing);
  EXPECT_EQ(keep.answer(ClientId{1}, 0), "5");
}

TEST_P(OfBothKinds, ATransactionThatThrowsLeavesNothing) {
  const Keep keep = play({call(0, 1ms, "put", {Value("a"), Value(std::int64_t{5})}),
                          call(1, 100ms, "transfer", {Value(true)}), call(2, 1s, "get", {Value("a")}),
                          call(3, 1s, "get", {Value("b")})},
                         circumstances());
  EXPECT_EQ(keep.answer(ClientId{1}, 0), "\"undone\"");
  EXPECT_EQ(keep.answer(ClientId{2}, 0), "5");
  EXPECT_EQ(keep.answer(ClientId{3}, 0), R"({"$undefined":true})");
}

TEST_P(OfBothKinds, ATransactionLiesOverSeveralTurnsAndNobodySeesTheMiddle) {
  const Keep keep = play({call(0, 1ms, "transfer", {Value(false)}), call(1, 5ms, "get", {Value("b")})}, circumstances());
  EXPECT_EQ(keep.answer(ClientId{0}, 0), R"("")");
  EXPECT_EQ(keep.answer(ClientId{1}, 0), "8");
}

TEST_P(OfBothKinds, ATransactionThatIsOverRefusesCalls) {
  const Keep keep = play({call(0, 1ms, "roll_back")}, circumstances());
  EXPECT_EQ(keep.answer(ClientId{0}, 0),
            "\"Cannot get() on rolled back transaction; Cannot call get() on transaction that has already committed: "
            "did you move `txn` outside of the closure?\"");
}

TEST_P(OfBothKinds, DeleteAllLeavesNothing) {
  const Keep keep = play({call(0, 1ms, "empty"), call(1, 1s, "get", {Value("a")})}, circumstances());
  EXPECT_EQ(keep.answer(ClientId{0}, 0), R"("0")");
  EXPECT_EQ(keep.answer(ClientId{1}, 0), R"({"$undefined":true})");
}

TEST(Keys, OfSqliteNeverWait) {
  const Keep keep = play({call(0, 1ms, "timed_get", {Value("a")})});
  EXPECT_EQ(keep.answer(ClientId{0}, 0), R"([{"$undefined":true},0])");
}

TEST(OlderKeys, AreWaitedForOnce) {
  const Keep keep = play({call(0, 1ms, "timed_get", {Value("a")}), call(1, 1s, "timed_get", {Value("a")})},
                         {.storage = StorageKind::kv});
  const auto took = [&](std::uint32_t client) {
    return std::get<std::int64_t>(
        std::get<List>(*value_from_text(keep.answer(ClientId{client}, 0))).items.back());
  };
  EXPECT_GT(took(0), 1'000);
  EXPECT_EQ(took(1), 0);
}

TEST(OlderKeys, AreAskedForAgainWhenNobodyUsedThemForLong) {
  const Keep keep = play({call(0, 1ms, "get", {Value("a")}), call(1, 40s, "timed_get", {Value("a")})},
                         {.storage = StorageKind::kv});
  EXPECT_NE(keep.answer(ClientId{1}, 0), R"([{"$undefined":true},0])");
}

TEST(OlderKeys, KeepOthersOutWhileTheyAreWaitedFor) {
  const Keep keep = play({call(0, 1ms, "get", {Value("a")}), call(1, 1ms + 10us, "count")}, {.storage = StorageKind::kv});
  Time read;
  Time counted;
  for (const auto& [at, replied] : keep.all<journal::Replied>())
    (replied.value == Value(std::int64_t{1}) ? counted : read) = at;
  EXPECT_LT(read, counted);
}

TEST(OlderKeys, LetOthersInIfTheyAreAllowed) {
  const Keep keep = play({call(0, 1ms, "get_openly", {Value("a")}), call(1, 1ms + 10us, "count")},
                         {.storage = StorageKind::kv});
  EXPECT_EQ(keep.answer(ClientId{0}, 0), R"([{"$undefined":true},1])");
}

// The same experiment in both modes, with a crash that keeps what was written before it was synced, perhaps in part.
bool can_be_torn(Coalescing coalescing) {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    scenarios::FaultPlan crash{.kind = sim::FaultKind::crash, .target = "Keeper/0", .lasts = 1s};
    crash.at = 1'006ms + Duration(1ms) * static_cast<std::int64_t>(seed % 6);
    const Keep keep = play({call(0, 1ms, "put_both", {Value(std::int64_t{1})}),
                            call(1, 1s, "put_both", {Value(std::int64_t{2})}), call(2, 20s, "both")},
                           {.coalescing = coalescing, .sync = 8ms, .faults = {crash}, .seed = seed});
    const std::string both = keep.answer(ClientId{2}, 0);
    if (both == "[2,1]") return true;
    EXPECT_TRUE(both == "[1,1]" || both == "[2,2]") << both;
  }
  return false;
}
TEST(Coalescing, KeepsTwoAwaitedWritesTogetherAsWorkerdDoes) { EXPECT_FALSE(can_be_torn(Coalescing::workerd)); }
TEST(Coalescing, MaySplitThemAtAnAwaitByContract) { EXPECT_TRUE(can_be_torn(Coalescing::contract)); }

class Unconfirmed : public testing::TestWithParam<StorageKind> {};

TEST_P(Unconfirmed, WritesAreNotWaitedFor) {
  const Keep keep = play({call(0, 1ms, "get", {Value("a")}), call(1, 2s, "put_unconfirmed"),
                          call(2, 3s, "put", {Value("b"), Value(std::int64_t{1})})},
                         {.storage = GetParam(), .sync = 200ms});
  std::vector<Duration> lasted;
  Time requested;
  for (const journal::Record& record : keep.records) {
    if (std::holds_alternative<journal::Requested>(record.event)) requested = record.at;
    if (std::holds_alternative<journal::Completed>(record.event)) lasted.push_back(record.at - requested);
  }
  ASSERT_EQ(lasted.size(), 3u);
  EXPECT_LT(lasted[1], 200ms);
  EXPECT_GE(lasted[2], 200ms);
}
INSTANTIATE_TEST_SUITE_P(OfBothKinds, Unconfirmed, testing::Values(StorageKind::sqlite, StorageKind::kv));

TEST(Commits, ThatAreNotDurableInThirtySecondsResetTheObject) {
  const Keep keep = play({call(0, 1ms, "put", {Value("a"), Value(std::int64_t{1})})}, {.sync = 40s});
  EXPECT_EQ(keep.answer(ClientId{0}, 0),
            "\"Durable Object storage operation exceeded timeout which caused object to be reset.\"");
}

TEST(SerializedSize, IsThatOfV8) {
  using storage::serialized_size;
  EXPECT_EQ(serialized_size(Value()), 3u);
  EXPECT_EQ(serialized_size(Value(1.0)), 4u);
  EXPECT_EQ(serialized_size(Value(0.5)), 11u);
  EXPECT_EQ(serialized_size(Value(std::string(131'101, 'x'))), 131'107u);
  EXPECT_EQ(serialized_size(Value(Blob{Bytes(131'102, '\0')})), 131'108u);
  EXPECT_EQ(serialized_size(Value(std::string("caf\xc3\xa9"))), 2u + 2u + 4u);
}

TEST(KeyCache, KnowsKeysAndRangesUntilItForgets) {
  storage::KeyCache cache(100);
  const LocalTime now(1s);
  cache.learn_range({"b", "d"});
  EXPECT_TRUE(cache.knows("c", now));
  EXPECT_FALSE(cache.knows("d", now));
  EXPECT_FALSE(cache.knows("a", now));

  cache.learn("c", 60, now);
  cache.learn("x", 60, now);  // too much: what was used least recently goes

  EXPECT_FALSE(cache.knows("c", now));
  EXPECT_TRUE(cache.knows("b", now));
  EXPECT_TRUE(cache.knows("cc", now));
  EXPECT_TRUE(cache.knows("x", now));
  EXPECT_FALSE(cache.knows("x", now + 31s));
  const Entries none;
  EXPECT_FALSE(cache.knows_all({"b", "d"}, none, now));
  EXPECT_TRUE(cache.knows_all({"cc", "d"}, none, now));
}

TEST(KeyCache, JoinsRanges) {
  storage::KeyCache cache;
  const Entries none;
  cache.learn_range({"a", "c"});
  cache.learn_range({"e", "g"});
  cache.learn_range({"c", "e"});
  EXPECT_TRUE(cache.knows_all({"a", "g"}, none, {}));
  cache.learn_range({"f", std::nullopt});
  EXPECT_TRUE(cache.knows_all({"a", std::nullopt}, none, {}));
  EXPECT_FALSE(cache.knows_all({"", std::nullopt}, none, {}));
  cache.learn_that_all_is_empty();
  EXPECT_TRUE(cache.knows_all({"", std::nullopt}, none, {}));
}

}  // namespace
}  // namespace orrery
