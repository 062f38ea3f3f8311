// Turns, commits and evictions: what is kept, what is undone, and that nobody sees a database being closed.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "tests/core/storage_fixture.h"

namespace orrery::storage {
namespace {

// What one operation answered, or the error that it ended with.
std::string run(Node& node, std::uint64_t object, const std::string& sql) {
  return message_of([&] {
    std::string answer;
    for (const SqlRow& row : node.sql(object).exec(sql).to_array())
      for (const SqlValue& value : row) {
        if (const auto* number = std::get_if<std::int64_t>(&value)) answer += std::to_string(*number) + ",";
        if (const auto* text = std::get_if<std::string>(&value)) answer += *text + ",";
        if (const auto* blob = std::get_if<Blob>(&value)) answer += blob->bytes + ",";
      }
    throw ObjectError(answer);
  });
}

std::string some_sql() {
  const std::string table = *rc::gen::element<std::string>("t", "u");
  const std::string number = std::to_string(*rc::gen::inRange(0, 30));
  const std::string size = std::to_string(*rc::gen::element(1, 10, 500, 5000, 60000));
  return *rc::gen::element<std::string>(
      "CREATE TABLE IF NOT EXISTS " + table + " (a INTEGER PRIMARY KEY, b)",
      "CREATE INDEX IF NOT EXISTS i" + table + " ON " + table + " (b)", "DROP TABLE IF EXISTS " + table,
      "INSERT OR REPLACE INTO " + table + " VALUES (" + number + ", zeroblob(" + size + "))",
      "INSERT INTO " + table + " (b) VALUES (randomblob(" + size + "))",
      "INSERT INTO " + table + " VALUES (9223372036854775807, 0)",
      "INSERT INTO " + table + " (b) SELECT b FROM " + table + " LIMIT 3",
      "UPDATE " + table + " SET b = b || hex(random()) WHERE a < " + number, "UPDATE " + table + " SET b = b",
      "DELETE FROM " + table + " WHERE a >= " + number, "DELETE FROM " + table,
      "SELECT a, b FROM " + table + " WHERE a > " + number, "SELECT random(), randomblob(9)",
      "SELECT last_insert_rowid(), changes(), total_changes()", "SELECT datetime('now')",
      "PRAGMA foreign_keys = " + std::string(size == "1" ? "ON" : "OFF"),
      "PRAGMA reverse_unordered_selects = " + std::string(size == "1" ? "ON" : "OFF"),
      "PRAGMA case_sensitive_like = " + std::string(size == "1" ? "ON" : "OFF"), "PRAGMA foreign_keys",
      "PRAGMA defer_foreign_keys = ON", "PRAGMA defer_foreign_keys", "SELECT 'a' LIKE 'A'", "PRAGMA data_version",
      "CREATE TABLE IF NOT EXISTS c (r REFERENCES " + table + " (a))", "INSERT INTO c VALUES (" + number + ")",
      "ALTER TABLE " + table + " ADD COLUMN c" + number, "ANALYZE", "PRAGMA optimize", "SELECT 1", "VALUES (1), (2)",
      "CREATE VIRTUAL TABLE IF NOT EXISTS f USING fts5(x)", "INSERT INTO f VALUES ('some words " + number + "')",
      "SELECT x FROM f WHERE f MATCH 'words'", "PRAGMA quick_check", "not SQL");
}

// The same operation on every node; all must answer alike.
template <class Operation>
void on_all(std::vector<Node*> nodes, Operation&& operation) {
  const auto answer = operation(*nodes[0]);
  for (std::size_t i = 1; i < nodes.size(); ++i) RC_ASSERT(operation(*nodes[i]) == answer);
}

void one_turn(const std::vector<Node*>& nodes, std::uint64_t object) {
  for (Node* node : nodes) node->begin(object);
  for (int i = *rc::gen::inRange(0, 6); i > 0; --i) {
    const std::string key(1, *rc::gen::inRange('a', 'd'));
    switch (*rc::gen::inRange(0, 5)) {
      case 0: {
        const std::string value(*rc::gen::inRange<std::size_t>(0, 3000), 'v');
        for (Node* node : nodes) node->kv(object).put(key, value);
        break;
      }
      case 1: on_all(nodes, [&](Node& node) { return node.kv(object).erase(key); }); break;
      case 2: on_all(nodes, [&](Node& node) { return node.kv(object).get(key); }); break;
      default: {
        const std::string sql = some_sql();
        on_all(nodes, [&](Node& node) { return run(node, object, sql); });
      }
    }
    on_all(nodes, [&](Node& node) { return node.store(object).has_written(); });
  }
  const bool undone = *rc::gen::inRange(0, 6) == 0;
  on_all(nodes, [&](Node& node) {
    return message_of([&] { undone ? node.store(object).rollback() : static_cast<void>(node.commit(object)); });
  });
}

RC_GTEST_PROP(Databases, HowManyAreOpenChangesNothing, ()) {
  Node many;
  Node one({.open_max = 1});
  for (int turn = *rc::gen::inRange(1, 40); turn > 0; --turn)
    one_turn({&many, &one}, *rc::gen::inRange<std::uint64_t>(0, 3));

  for (const auto& [object, changes] : many.log.changes) {
    const auto& others = one.log.changes[object];
    RC_ASSERT(changes.size() == others.size());
    for (std::size_t i = 0; i < changes.size(); ++i) {
      RC_ASSERT(changes[i].change == others[i].change);
      RC_ASSERT(changes[i].digest == others[i].digest);
    }
    const std::expected<Image, std::string> image = many.log.image_of(object);
    RC_ASSERT(image.has_value());
    RC_ASSERT(image->pages.digest() == image->pages.computed_digest());
  }
}

TEST(ObjectStore, CommitsWhatTheTurnWroteAndNothingElse) {
  Node node;
  node.begin();
  EXPECT_FALSE(node.commit());
  node.begin();
  node.kv().put("a", true);
  EXPECT_TRUE(node.store().has_written());
  EXPECT_TRUE(node.commit());
  EXPECT_FALSE(node.store().has_written());

  node.begin();
  EXPECT_EQ(node.kv().get("a"), Value(true));
  node.kv().put("a", true);

  EXPECT_TRUE(node.store().has_written());
  EXPECT_FALSE(node.commit());  // as it was
}

TEST(ObjectStore, CountsOperationsOfTheTurn) {
  Node node;
  node.begin();
  node.kv().put("a", true);
  node.kv().get("a");
  node.kv().erase("a");
  node.kv().list();
  node.sql().exec("SELECT 1; SELECT 2");
  EXPECT_EQ(node.store().operations(), 6U);

  node.begin();

  EXPECT_EQ(node.store().operations(), 0U);
}

TEST(ObjectStore, RollbackUndoesTheTurn) {
  Node node;
  node.begin();
  node.kv().put("a", true);
  node.store().rollback();
  EXPECT_EQ(node.kv().get("a"), std::nullopt);
  EXPECT_EQ(node.storage().database_size(), 4096U);
  node.kv().put("a", std::int64_t{1});
  EXPECT_TRUE(node.commit());
  node.begin();
  node.kv().put("a", std::int64_t{2});
  node.sql().exec("CREATE TABLE t (a)");

  node.store().rollback();

  EXPECT_EQ(node.kv().get("a"), Value(std::int64_t{1}));
  EXPECT_FALSE(node.commit());
}

TEST(ObjectStore, TheFirstKeyMakesTheSameDatabaseHoweverItCame) {
  Node fresh;
  Node connected;
  connected.sql().exec("SELECT 1");  // SQLite makes the table itself

  for (Node* node : {&fresh, &connected}) {
    node->begin();
    node->kv().put("a", true);
    EXPECT_TRUE(node->commit());
  }

  EXPECT_EQ(fresh.log.changes[Node::id(0)][0].change, connected.log.changes[Node::id(0)][0].change);
  EXPECT_LT(fresh.log.changes[Node::id(0)][0].change.size(), 300U);
}

TEST(ObjectStore, AnImageDoesNotTellWhichSqliteWroteIt) {
  Node node;
  node.begin(0);
  node.kv(0).put("a", true);
  node.begin(1);
  node.sql(1).exec("CREATE TABLE t (a)");
  for (const std::uint64_t object : {0U, 1U}) {
    EXPECT_TRUE(node.commit(object));
    std::string version(4, '\0');
    node.log.image_of(Node::id(object))->pages.read(96, version.data(), version.size());

    EXPECT_EQ(version, std::string("\x00\x2e\x63\x01", 4)) << "object " << object;
  }
}

TEST(ObjectStore, BeginsWithThePagesThatItIsGiven) {
  Node node;
  node.begin();
  node.kv().put("a", true);
  EXPECT_TRUE(node.commit());
  Image image = *node.log.image_of(Node::id(0));
  node.store().close();
  node.log.refusal = "the log was asked";

  ObjectStore store(node.databases, Node::id(0), std::move(image.pages));
  AtOnce waits({});

  EXPECT_EQ(Storage(store, waits).kv().get("a"), Value(true));
  store.close();
  EXPECT_EQ(message_of([&] { Storage(store, waits).kv().get("a"); }), "the log was asked");
}

TEST(ObjectStore, AnIncrementIsAChangeOfAFewBytes) {
  Node node;
  node.begin();
  node.kv().put("count", std::int64_t{1});
  node.commit();
  node.begin();

  node.kv().put("count", std::int64_t{2});

  node.commit();
  EXPECT_LT(node.log.changes[Node::id(0)][1].change.size(), 32U);
}

TEST(ObjectStore, SaysWhyItsImageCannotBeHad) {
  Node node;
  node.log.refusal = "a snapshot is damaged";

  EXPECT_EQ(message_of([&] { node.kv().get("a"); }), "a snapshot is damaged");
  EXPECT_FALSE(node.commit());
}

TEST(ObjectStore, AFullDatabaseEndsTheTurnUndone) {
  Node node({.bytes_max = 20 * page_bytes});
  node.begin();
  node.kv().put("a", true);
  EXPECT_TRUE(node.commit());
  node.begin();
  node.kv().put("b", true);

  EXPECT_EQ(message_of([&] { node.kv().put("c", std::string(100'000, 'v')); }),
            "database or disk is full: SQLITE_FULL");
  EXPECT_EQ(message_of([&] { node.kv().put("d", true); }), "database or disk is full: SQLITE_FULL");
  EXPECT_EQ(message_of([&] { node.commit(); }), "database or disk is full: SQLITE_FULL");

  node.begin();
  EXPECT_EQ(node.kv().get("a"), Value(true));
  EXPECT_EQ(node.kv().get("b"), std::nullopt);
  node.kv().put("b", true);
  EXPECT_TRUE(node.commit());
}

TEST(ObjectStore, DatabaseSizeCountsThePagesInUse) {
  Node node;
  node.begin();
  node.sql().exec("CREATE TABLE t (a)");
  EXPECT_EQ(node.storage().database_size(), 2 * page_bytes);
  node.sql().exec("INSERT INTO t VALUES (zeroblob(40000))");
  EXPECT_GT(node.storage().database_size(), 10 * page_bytes);
  node.sql().exec("DELETE FROM t");

  EXPECT_EQ(node.storage().database_size(), 2 * page_bytes);
}

TEST(Databases, OnlySoManyAreOpen) {
  Node node({.open_max = 2});
  for (std::uint64_t object = 0; object < 5; ++object) {
    node.begin(object);
    node.kv(object).put("a", static_cast<std::int64_t>(object));
    EXPECT_TRUE(node.commit(object));
  }

  EXPECT_EQ(node.databases.open(), 2U);
  for (std::uint64_t object = 0; object < 5; ++object)
    EXPECT_EQ(node.kv(object).get("a"), Value(static_cast<std::int64_t>(object)));
}

TEST(Databases, WhatIsInUseStaysOpen) {
  Node node({.open_max = 1});
  node.begin(0);
  node.kv(0).put("a", true);
  Cursor cursor = node.sql(1).exec("VALUES (1), (2)");

  node.kv(2).get("a");

  EXPECT_EQ(node.databases.open(), 3U);
  EXPECT_TRUE(node.commit(0));
  EXPECT_EQ(cursor.to_array().size(), 2U);
  node.kv(3).get("a");
  EXPECT_EQ(node.databases.open(), 1U);
}

TEST(Databases, AStatementOfOneIsNeverUsedOnAnother) {
  Node node;
  for (const std::uint64_t object : {0U, 1U}) {
    node.begin(object);
    node.sql(object).exec("CREATE TABLE t (a)");
    node.sql(object).exec("INSERT INTO t VALUES (?)", object + 10);
    node.kv(object).put("a", static_cast<std::int64_t>(object));
    EXPECT_TRUE(node.commit(object));
  }

  for (int round = 0; round < 3; ++round) {
    for (const std::uint64_t object : {0U, 1U}) {
      EXPECT_EQ(node.sql(object).exec("SELECT a FROM t").one()[0], SqlValue(static_cast<std::int64_t>(object + 10)));
      EXPECT_EQ(node.kv(object).get("a"), Value(static_cast<std::int64_t>(object)));
    }
  }
}

TEST(Databases, EqualTurnsGiveEqualBytes) {
  std::vector<std::vector<Bytes>> all;
  for (int round = 0; round < 3; ++round) {
    Node node;
    if (round == 1) node.kv(9).put("noise", true);  // SQLite's own random numbers move on
    std::vector<Bytes> changes;
    for (int turn = 0; turn < 3; ++turn) {
      node.begin();
      node.sql().exec("CREATE TABLE IF NOT EXISTS t (a INTEGER PRIMARY KEY, b)");
      node.sql().exec("INSERT OR IGNORE INTO t VALUES (9223372036854775807, random())");
      node.sql().exec("INSERT INTO t (b) VALUES (randomblob(100))");  // its row number is drawn
      EXPECT_TRUE(node.commit());
      changes.push_back(node.log.changes[Node::id(0)].back().change);
    }
    all.push_back(changes);
  }

  EXPECT_EQ(all[0], all[1]);
  EXPECT_EQ(all[0], all[2]);
}

}  // namespace
}  // namespace orrery::storage
