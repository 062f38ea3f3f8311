// Keys and values: against a map, through rollbacks, evictions and new lives.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "tests/core/storage_fixture.h"

namespace orrery::storage {
namespace {

using Entries = std::vector<std::pair<std::string, Value>>;

Entries all_of(KvList list) {
  Entries entries;
  while (std::optional<std::pair<std::string, Value>> entry = list.next()) entries.push_back(std::move(*entry));
  return entries;
}

std::vector<std::string> keys_of(KvList list) {
  std::vector<std::string> keys;
  for (const auto& [key, value] : all_of(std::move(list))) keys.push_back(key);
  return keys;
}

std::string some_key() {
  return *rc::gen::container<std::string>(*rc::gen::inRange<std::size_t>(0, 4),
                                          rc::gen::element('a', 'b', '\xc3', '\xff', '\0'));
}

Value some_value() {
  switch (*rc::gen::inRange(0, 6)) {
    case 0: return Value();
    case 1: return *rc::gen::arbitrary<bool>();
    case 2: return *rc::gen::arbitrary<double>();
    case 3: return *rc::gen::arbitrary<std::string>();
    case 4: return std::string(*rc::gen::inRange<std::size_t>(0, 20000), 'v');
    default: return *rc::gen::arbitrary<std::int64_t>();
  }
}

using Model = std::map<std::string, Value>;

Entries expected(const Model& model, const std::string& prefix, const std::string& from, const std::string& until,
                 bool backwards, std::size_t limit) {
  Entries entries;
  for (const auto& [key, value] : model)
    if (key.starts_with(prefix) && key >= from && key < until) entries.emplace_back(key, value);
  if (backwards) entries = Entries(entries.rbegin(), entries.rend());
  if (entries.size() > limit) entries.resize(limit);
  return entries;
}

void one_operation(Kv kv, Model& model) {
  const std::string key = some_key();
  switch (*rc::gen::inRange(0, 5)) {
    case 0: {
      const auto found = model.find(key);
      RC_ASSERT(kv.get(key) == (found == model.end() ? std::nullopt : std::optional(found->second)));
      return;
    }
    case 1: RC_ASSERT(kv.erase(key) == (model.erase(key) == 1)); return;
    case 2: {
      const std::string until = some_key();
      const std::string prefix = some_key().substr(0, 1);
      const bool backwards = *rc::gen::arbitrary<bool>();
      const auto limit = *rc::gen::inRange<std::int64_t>(1, 5);
      ListOptions options = ListOptions::with_prefix(prefix).from(key).until(until).limited_to(limit);
      if (backwards) options = std::move(options).backwards();
      RC_ASSERT(all_of(kv.list(options)) ==
                expected(model, prefix, key, until, backwards, static_cast<std::size_t>(limit)));
      return;
    }
    default: {
      const Value value = some_value();
      kv.put(key, value);
      model[key] = value;
    }
  }
}

RC_GTEST_PROP(Kv, AgreesWithAMapThroughTurnsAndEvictions, ()) {
  Node node({.open_max = *rc::gen::inRange<std::size_t>(1, 3)});
  std::map<std::uint64_t, Model> models;
  const int turns = *rc::gen::inRange(1, 30);
  for (int turn = 0; turn < turns; ++turn) {
    const auto object = *rc::gen::inRange<std::uint64_t>(0, 3);
    Model model = models[object];
    node.begin(object);
    for (int i = *rc::gen::inRange(0, 8); i > 0; --i) one_operation(node.kv(object), model);
    switch (*rc::gen::inRange(0, 6)) {
      case 0: node.store(object).rollback(); break;
      case 1:
        node.store(object).rollback();
        node.store(object).close();
        break;
      case 2:
        node.commit(object);
        node.store(object).close();
        models[object] = model;
        break;
      default: node.commit(object); models[object] = model;
    }
  }
  for (auto& [object, model] : models) {
    node.store(object).close();
    node.begin(object);
    RC_ASSERT(all_of(node.kv(object).list()) == Entries(model.begin(), model.end()));
    RC_ASSERT(!node.commit(object));
  }
  RC_ASSERT(node.databases.open() <= 3U);
}

TEST(Kv, ValuesOfEveryKindComeBack) {
  Node node;
  const std::vector<Value> values{Value(), true, false, std::int64_t{-7}, 0.5, std::string("text"), std::string()};
  node.begin();

  for (std::size_t i = 0; i < values.size(); ++i) node.kv().put(std::to_string(i), values[i]);

  for (std::size_t i = 0; i < values.size(); ++i) EXPECT_EQ(node.kv().get(std::to_string(i)), values[i]);
  EXPECT_EQ(node.kv().get("none"), std::nullopt);
  EXPECT_EQ(node.kv().get(std::string_view()), std::nullopt);
}

TEST(Kv, ReadingAnEmptyObjectWritesNothing) {
  Node node;
  node.begin();

  EXPECT_EQ(node.kv().get("a"), std::nullopt);
  EXPECT_FALSE(node.kv().erase("a"));
  EXPECT_TRUE(all_of(node.kv().list()).empty());
  EXPECT_EQ(node.storage().database_size(), 4096U);
  EXPECT_FALSE(node.store().has_written());
  EXPECT_FALSE(node.commit());
}

TEST(Kv, KeyAndValueTogetherMayTakeTwoMillionBytes) {
  Node node;
  node.begin();
  const std::string key = "key";
  const std::string longest(config::entry_bytes_max - key.size() - 5, 'v');  // with its kind and its length
  for (const bool after_sql : {false, true}) {
    if (after_sql) node.sql().exec("SELECT 1");

    node.kv().put(key, longest);

    EXPECT_EQ(node.kv().get(key), Value(longest));
    EXPECT_EQ(message_of([&] { node.kv().put(key, longest + "v"); }), "string or blob too big: SQLITE_TOOBIG");
    EXPECT_EQ(message_of([&] { node.kv().get(std::string(2'000'001, 'k')); }),
              "string or blob too big: SQLITE_TOOBIG");
    EXPECT_EQ(node.kv().get(key), Value(longest));
  }
  EXPECT_TRUE(node.commit());
}

TEST(Kv, ListsInTheOrderOfBytes) {
  Node node;
  node.begin();
  for (const char* key : {"b", "a", "ab", "\xc3\xa4", "B", "\xff\xff", "\xff"}) node.kv().put(key, true);

  EXPECT_EQ(keys_of(node.kv().list()),
            (std::vector<std::string>{"B", "a", "ab", "b", "\xc3\xa4", "\xff", "\xff\xff"}));
  EXPECT_EQ(keys_of(node.kv().list(ListOptions::with_prefix("a"))), (std::vector<std::string>{"a", "ab"}));
  EXPECT_EQ(keys_of(node.kv().list(ListOptions::with_prefix("\xff"))),
            (std::vector<std::string>{"\xff", "\xff\xff"}));
  EXPECT_EQ(keys_of(node.kv().list(ListOptions::all().after("a").until("b"))), (std::vector<std::string>{"ab"}));
  EXPECT_EQ(keys_of(node.kv().list(ListOptions::all().from("a").until("c").backwards().limited_to(2))),
            (std::vector<std::string>{"b", "ab"}));
  EXPECT_TRUE(keys_of(node.kv().list(ListOptions::all().from("b").until("a"))).empty());
}

TEST(Kv, ListOptionsThatContradictAreTypeErrors) {
  Node node;
  const auto both = [&] { node.kv().list(ListOptions::all().from("a").after("b")); };
  const auto none = [&] { node.kv().list(ListOptions::all().limited_to(0)); };

  EXPECT_EQ(message_of(both), "list() cannot be called with both start and startAfter values.");
  EXPECT_EQ(kind_of(both), ObjectError::Kind::type_error);
  EXPECT_EQ(message_of(none), "List limit must be positive.");
  EXPECT_EQ(kind_of(none), ObjectError::Kind::type_error);
}

TEST(Kv, ANewListEndsTheOlderOne) {
  Node node;
  node.begin();
  node.kv().put("a", true);
  node.kv().put("b", true);
  KvList older = node.kv().list();
  EXPECT_EQ(older.next()->first, "a");

  KvList newer = node.kv().list();

  EXPECT_EQ(message_of([&] { older.next(); }),
            "kv.list() iterator was invalidated because a new call to kv.list() was started. Only one kv.list() "
            "iterator can exist at a time.");
  EXPECT_EQ(newer.next()->first, "a");
}

TEST(Kv, AListThatHasEndedStaysEnded) {
  Node node;
  node.begin();
  node.kv().put("a", true);
  KvList older = node.kv().list();
  EXPECT_TRUE(older.next());
  EXPECT_FALSE(older.next());

  const KvList newer = node.kv().list();

  EXPECT_FALSE(older.next());
}

TEST(Kv, AListSeesLaterWritesAndOutlivesTurnsButNotTheStorage) {
  Node node({.open_max = 1});
  node.begin();
  node.kv().put("a", true);
  node.kv().put("c", true);
  KvList list = node.kv().list();
  EXPECT_EQ(list.next()->first, "a");
  node.kv().put("b", true);
  EXPECT_TRUE(node.commit());
  node.begin(1);
  node.kv(1).put("other", true);

  EXPECT_EQ(list.next()->first, "b");
  node.store().close();
  EXPECT_EQ(message_of([&] { list.next(); }), "kv.list() iterator cannot be used: the object's storage was closed.");
}

TEST(Kv, WorksInADatabaseThatSqlBegan) {
  Node node;
  node.begin();
  node.sql().exec("CREATE TABLE t (a)");
  EXPECT_EQ(node.kv().get("a"), std::nullopt);
  EXPECT_FALSE(node.kv().erase("a"));

  node.kv().put("a", std::int64_t{1});

  EXPECT_EQ(node.kv().get("a"), Value(std::int64_t{1}));
  node.store().rollback();
  node.begin();
  EXPECT_EQ(node.kv().get("a"), std::nullopt);
  EXPECT_EQ(message_of([&] { node.sql().exec("SELECT * FROM t"); }), "no such table: t: SQLITE_ERROR");
}

}  // namespace
}  // namespace orrery::storage
