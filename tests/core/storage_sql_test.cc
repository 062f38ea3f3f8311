// SQL as an author writes it: cursors, bindings, what is refused and with which words.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/core/storage_fixture.h"

namespace orrery::storage {
namespace {

constexpr const char* not_authorized = "not authorized: SQLITE_AUTH";

class SqlTest : public testing::Test {
 protected:
  SqlTest() { node.begin(); }

  template <class... Bindings>
  Cursor exec(std::string_view query, Bindings&&... bindings) {
    return node.sql().exec(query, std::forward<Bindings>(bindings)...);
  }
  template <class... Bindings>
  std::string error_of(std::string_view query, Bindings&&... bindings) {
    return message_of([&] { node.sql().exec(query, std::forward<Bindings>(bindings)...).to_array(); });
  }
  SqlValue value_of(std::string_view query) { return exec(query).one()[0]; }

  Node node;
};

TEST_F(SqlTest, ValuesOfEveryKindComeBack) {
  const SqlValue any = std::string("any");
  Cursor cursor = exec("SELECT ?, ?, ?, ?, ?, ?, ?, ?, ?", nullptr, 7, std::int64_t{1} << 60, true, 0.5, "text",
                       std::string_view("view"), Blob{Bytes("a\0b", 3)}, any);

  EXPECT_EQ(cursor.one(), (SqlRow{SqlValue(), std::int64_t{7}, std::int64_t{1} << 60, std::int64_t{1}, 0.5,
                                  std::string("text"), std::string("view"), Blob{Bytes("a\0b", 3)}, any}));
}

TEST_F(SqlTest, ACursorGivesNamesRowsAndCounts) {
  exec("CREATE TABLE t (a INTEGER PRIMARY KEY, b)");
  Cursor insert = exec("INSERT INTO t (b) VALUES ('x'), ('y'), ('z')");

  Cursor rows = exec("SELECT a, b AS name FROM t");

  EXPECT_EQ(insert.rows_written(), 3U);
  EXPECT_EQ(rows.column_names(), (std::vector<std::string>{"a", "name"}));
  EXPECT_EQ(rows.next(), (SqlRow{std::int64_t{1}, std::string("x")}));
  EXPECT_EQ(rows.to_array().size(), 2U);
  EXPECT_EQ(rows.next(), std::nullopt);
  EXPECT_EQ(rows.rows_read(), 3U);
  EXPECT_EQ(rows.rows_written(), 0U);
  Cursor searched = exec("SELECT a FROM t WHERE b = 'z'");
  EXPECT_EQ(searched.to_array().size(), 1U);
  EXPECT_EQ(searched.rows_read(), 3U);
}

TEST_F(SqlTest, OneWantsExactlyOneRow) {
  EXPECT_EQ(message_of([&] { exec("SELECT 1 WHERE 0").one(); }),
            "Expected exactly one result from SQL query, but got no results.");
  EXPECT_EQ(message_of([&] { exec("VALUES (1), (2)").one(); }),
            "Expected exactly one result from SQL query, but got multiple results.");
}

TEST_F(SqlTest, RunsSeveralStatementsAndGivesTheRowsOfTheLast) {
  Cursor cursor = exec(
      "CREATE TABLE t (a); INSERT INTO t VALUES (1); -- one\n INSERT INTO t VALUES (2) /* two */;"
      "SELECT a FROM t WHERE a > ?; \n",
      1);

  EXPECT_EQ(cursor.one()[0], SqlValue(std::int64_t{2}));
  EXPECT_EQ(node.store().operations(), 4U);
}

// As in the original, whose callers are told of it.
TEST_F(SqlTest, WhatFollowsTheLastStatementIsAnotherOne) {
  for (const char* more : {"SELECT 1; -- the end", "SELECT 1;;"})
    EXPECT_EQ(error_of(more), "SQL code did not contain a statement.") << more;
}

TEST_F(SqlTest, BindingsMustFit) {
  EXPECT_EQ(error_of("SELECT ?"), "Wrong number of parameter bindings for SQL query.");
  EXPECT_EQ(error_of("SELECT 1", 1), "Wrong number of parameter bindings for SQL query.");
  EXPECT_EQ(error_of("SELECT ?; SELECT 1", 1),
            "When executing multiple SQL statements in a single call, only the last statement can have parameters.");
  for (const char* empty : {"", "  \n", ";", "-- nothing", "/* nothing"})
    EXPECT_EQ(error_of(empty), "SQL code did not contain a statement.") << empty;
}

TEST_F(SqlTest, ErrorsAreWordedAsTheOriginalDoes) {
  exec("CREATE TABLE t (a UNIQUE)");
  exec("INSERT INTO t VALUES (1)");

  EXPECT_EQ(error_of("SELECT * FROM missing"), "no such table: missing: SQLITE_ERROR");
  EXPECT_EQ(error_of("SEL x"), "near \"SEL\": syntax error at offset 0: SQLITE_ERROR");
  EXPECT_EQ(error_of("INSERT INTO t VALUES (1)"),
            "UNIQUE constraint failed: t.a: SQLITE_CONSTRAINT (extended: SQLITE_CONSTRAINT_UNIQUE)");
  EXPECT_EQ(error_of("SELECT \"text\""), "no such column: text at offset 7: SQLITE_ERROR");
  EXPECT_EQ(error_of("SELECT abs(-9223372036854775808)"), "integer overflow: SQLITE_ERROR");
}

TEST_F(SqlTest, AFailedStatementIsUndoneAndTheTurnGoesOn) {
  exec("CREATE TABLE t (a UNIQUE)");
  exec("INSERT INTO t VALUES (1)");

  EXPECT_NE(error_of("INSERT INTO t VALUES (2), (3), (1)"), "nothing was thrown");

  exec("INSERT INTO t VALUES (4)");
  EXPECT_TRUE(node.commit());
  EXPECT_EQ(exec("SELECT a FROM t").to_array(), (std::vector<SqlRow>{{std::int64_t{1}}, {std::int64_t{4}}}));
}

TEST_F(SqlTest, TransactionsBelongToTheTurn) {
  for (const char* query :
       {"BEGIN", "BEGIN IMMEDIATE", "COMMIT", "END", "ROLLBACK", "SAVEPOINT a", "RELEASE a", "ROLLBACK TO a"})
    EXPECT_EQ(error_of(query), transaction_refused_text) << query;
  EXPECT_EQ(error_of("VACUUM"), "cannot VACUUM from within a transaction: SQLITE_ERROR");
}

TEST_F(SqlTest, NothingReachesBeyondTheDatabase) {
  for (const char* query :
       {"ATTACH 'other' AS other", "DETACH main", "CREATE TEMP TABLE t (a)", "CREATE TEMP VIEW v AS SELECT 1",
        "CREATE TABLE temp.t (a)", "SELECT load_extension('x'); ATTACH ':memory:' AS m"})
    EXPECT_TRUE(error_of(query).ends_with("not authorized: SQLITE_AUTH") ||
                error_of(query) == "not authorized: SQLITE_ERROR")
        << query << ": " << error_of(query);
}

TEST_F(SqlTest, ThePlatformsNamesAreItsOwn) {
  node.kv().put("key", true);
  exec("CREATE TABLE t (a)");

  EXPECT_EQ(error_of("SELECT * FROM _cf_KV"), "access to _cf_KV.key is prohibited: SQLITE_AUTH");
  for (const char* query :
       {"CREATE TABLE _cf_x (a)", "CREATE TABLE _CF_x (a)", "DROP TABLE _cf_KV", "DELETE FROM _cf_KV",
        "INSERT INTO _cf_KV VALUES ('a', 'b')", "CREATE INDEX _cf_i ON t (a)", "CREATE INDEX i ON _cf_KV (value)",
        "CREATE VIEW _cf_v AS SELECT 1", "CREATE TRIGGER _cf_t AFTER INSERT ON t BEGIN SELECT 1; END",
        "ALTER TABLE _cf_KV RENAME TO kv", "ALTER TABLE t RENAME TO _cf_t", "ALTER TABLE t RENAME TO _CF_t",
        "CREATE VIRTUAL TABLE _cf_f USING fts5(a)", "PRAGMA table_info(_cf_KV)", "PRAGMA table_info('_CF_kv')"})
    EXPECT_EQ(error_of(query), not_authorized) << query;
  EXPECT_EQ(error_of("UPDATE _cf_KV SET value = 1"), not_authorized);
  exec("ALTER TABLE t RENAME TO u");
  EXPECT_EQ(exec("SELECT * FROM u").to_array().size(), 0U);
  EXPECT_EQ(node.kv().get("key"), Value(true));
}

TEST_F(SqlTest, FullTextSearchAndTreesOfRectanglesAreTheOnlyVirtualTables) {
  exec("CREATE VIRTUAL TABLE f USING fts5(a); INSERT INTO f VALUES ('the quick fox'), ('lazy dogs')");
  exec("CREATE VIRTUAL TABLE v USING fts5vocab(f, row)");
  exec("CREATE VIRTUAL TABLE r USING rtree(id, x1, x2); INSERT INTO r VALUES (1, 0, 5)");
  exec("CREATE VIRTUAL TABLE i USING rtree_i32(id, x1, x2)");

  EXPECT_EQ(exec("SELECT a FROM f WHERE f MATCH 'quick'").one()[0], SqlValue(std::string("the quick fox")));
  EXPECT_EQ(exec("SELECT id FROM r WHERE x1 < 3").one()[0], SqlValue(std::int64_t{1}));
  EXPECT_EQ(exec("SELECT count(*) FROM v").one()[0], SqlValue(std::int64_t{5}));
  for (const char* query : {"CREATE VIRTUAL TABLE d USING dbstat", "CREATE VIRTUAL TABLE e USING fts4(a)"})
    EXPECT_EQ(error_of(query), not_authorized) << query;
  EXPECT_EQ(error_of("SELECT sql FROM sqlite_stmt"), "access to sqlite_stmt.sql is prohibited: SQLITE_AUTH");
  EXPECT_TRUE(node.commit());
}

TEST_F(SqlTest, SomePragmasAreAllowed) {
  exec("CREATE TABLE t (a PRIMARY KEY)");

  for (const char* query : {"PRAGMA data_version",
                            "PRAGMA page_size",
                            "PRAGMA case_sensitive_like = ON",
                            "PRAGMA foreign_keys",
                            "PRAGMA foreign_keys = 'off'",
                            "PRAGMA defer_foreign_keys = TRUE",
                            "PRAGMA ignore_check_constraints = 0",
                            "PRAGMA legacy_alter_table = no",
                            "PRAGMA recursive_triggers = 1",
                            "PRAGMA reverse_unordered_selects = yes",
                            "PRAGMA foreign_key_check",
                            "PRAGMA foreign_key_check(t)",
                            "PRAGMA foreign_key_list(t)",
                            "PRAGMA index_info(sqlite_autoindex_t_1)",
                            "PRAGMA index_list(t)",
                            "PRAGMA index_xinfo(sqlite_autoindex_t_1)",
                            "PRAGMA quick_check",
                            "PRAGMA quick_check(5)",
                            "PRAGMA optimize",
                            "PRAGMA table_list",
                            "PRAGMA table_info(t)",
                            "PRAGMA table_xinfo(t)",
                            "SELECT name FROM pragma_table_info('t')"})
    EXPECT_EQ(error_of(query), "nothing was thrown") << query;
  EXPECT_EQ(value_of("PRAGMA page_size"), SqlValue(std::int64_t{4096}));
  for (const char* query :
       {"PRAGMA user_version", "PRAGMA user_version = 1", "PRAGMA journal_mode", "PRAGMA journal_mode = WAL",
        "PRAGMA page_size = 512", "PRAGMA page_count", "PRAGMA synchronous", "PRAGMA foreign_keys = maybe",
        "PRAGMA writable_schema = 1", "PRAGMA cache_size = 1", "PRAGMA table_info", "PRAGMA temp_store = 1",
        "PRAGMA locking_mode = NORMAL", "PRAGMA integrity_check", "PRAGMA wal_checkpoint"})
    EXPECT_EQ(error_of(query), not_authorized) << query;
}

TEST_F(SqlTest, LimitsAreThoseOfTheOriginal) {
  const auto repeated = [](const std::string& item, int times) {
    std::string text = item;
    for (int i = 1; i < times; ++i) text += "," + item;
    return text;
  };
  const auto columns = [](int count) {
    std::string text;
    for (int i = 0; i < count; ++i) text += (i ? ",c" : "c") + std::to_string(i);
    return text;
  };
  const std::string longest(config::entry_bytes_max, 'x');
  std::string selects = "SELECT 1";
  for (int i = 1; i < 5; ++i) selects += " UNION ALL SELECT 1";
  std::string sum = "SELECT 1";
  for (int i = 1; i < 120; ++i) sum += " + a";
  exec("CREATE TABLE t (" + columns(100) + ")");

  EXPECT_EQ(value_of("SELECT length(zeroblob(2000000))"), SqlValue(std::int64_t{2'000'000}));
  EXPECT_EQ(error_of("SELECT zeroblob(2000001)"), "string or blob too big: SQLITE_TOOBIG");
  EXPECT_EQ(error_of("SELECT randomblob(2000001)"), "string or blob too big: SQLITE_TOOBIG");
  EXPECT_EQ(exec("SELECT length(?)", longest).one()[0], SqlValue(std::int64_t{2'000'000}));
  EXPECT_EQ(error_of("SELECT ?", longest + "x"), "string or blob too big: SQLITE_TOOBIG");
  EXPECT_EQ(error_of("CREATE TABLE u (" + columns(101) + ")"), "too many columns on u: SQLITE_ERROR");
  EXPECT_EQ(error_of("SELECT 1 --" + std::string(100'000, 'x')), "statement too long: SQLITE_TOOBIG");
  EXPECT_EQ(error_of("SELECT ?101"), "variable number must be between ?1 and ?100 at offset 7: SQLITE_ERROR");
  EXPECT_EQ(error_of("SELECT 'a' LIKE '" + std::string(51, 'a') + "'"),
            "LIKE or GLOB pattern too complex: SQLITE_ERROR");
  EXPECT_EQ(error_of("SELECT max(" + repeated("1", 33) + ")"),
            "too many arguments on function max at offset 7: SQLITE_ERROR");
  EXPECT_EQ(error_of("SELECT 1 IN (" + repeated("1", 20'000) + ")"), "out of memory: SQLITE_NOMEM");  // its program
  EXPECT_EQ(error_of(selects), "nothing was thrown");
  EXPECT_EQ(error_of(selects + " UNION ALL SELECT 1"), "too many terms in compound SELECT: SQLITE_ERROR");
  EXPECT_EQ(error_of(sum), "Expression tree is too large (maximum depth 100): SQLITE_ERROR");
}

TEST_F(SqlTest, TriggersMayNestTenDeep) {
  exec(
      "CREATE TABLE t (n); CREATE TRIGGER again AFTER INSERT ON t WHEN new.n > 0 BEGIN "
      "INSERT INTO t VALUES (new.n - 1); END; PRAGMA recursive_triggers = ON");

  EXPECT_EQ(error_of("INSERT INTO t VALUES (8)"), "nothing was thrown");
  EXPECT_EQ(error_of("INSERT INTO t VALUES (20)"), "too many levels of trigger recursion: SQLITE_ERROR");
}

TEST_F(SqlTest, ForeignKeysAreHeeded) {
  exec("CREATE TABLE p (id PRIMARY KEY); CREATE TABLE c (p REFERENCES p (id))");

  EXPECT_EQ(error_of("INSERT INTO c VALUES (1)"),
            "FOREIGN KEY constraint failed: SQLITE_CONSTRAINT (extended: SQLITE_CONSTRAINT_FOREIGNKEY)");
}

TEST_F(SqlTest, ADeferredConstraintThatIsViolatedEndsTheTurnUndone) {
  exec("CREATE TABLE p (id PRIMARY KEY); CREATE TABLE c (p REFERENCES p (id))");
  node.commit();
  node.begin();
  exec("PRAGMA defer_foreign_keys = ON; INSERT INTO c VALUES (1)");
  node.kv().put("key", true);

  EXPECT_EQ(message_of([&] { node.commit(); }),
            "Durable Object was reset and rolled back to its last known good state because the application left the "
            "database in a state where constraints were violated: FOREIGN KEY constraint failed: SQLITE_CONSTRAINT "
            "(extended: SQLITE_CONSTRAINT_FOREIGNKEY)");

  node.begin();
  EXPECT_EQ(exec("SELECT * FROM c").to_array().size(), 0U);
  EXPECT_EQ(node.kv().get("key"), std::nullopt);
  EXPECT_FALSE(node.commit());
  EXPECT_NE(error_of("INSERT INTO c VALUES (1)"), "nothing was thrown");  // no longer deferred
}

TEST_F(SqlTest, ACursorAcrossTurnsSeesLaterWrites) {
  exec("CREATE TABLE t (a INTEGER PRIMARY KEY); INSERT INTO t VALUES (1), (2), (5)");
  node.commit();
  node.begin();
  Cursor cursor = exec("SELECT a FROM t");
  EXPECT_EQ(cursor.next(), SqlRow{std::int64_t{1}});
  EXPECT_FALSE(node.commit());
  node.begin();

  exec("INSERT INTO t VALUES (4); DELETE FROM t WHERE a = 5");

  EXPECT_EQ(cursor.next(), SqlRow{std::int64_t{2}});
  EXPECT_TRUE(node.commit());
  EXPECT_EQ(cursor.to_array(), (std::vector<SqlRow>{{std::int64_t{4}}}));
}

TEST_F(SqlTest, RowsOfAStatementThatWritesDoNotHoldUpTheCommit) {
  exec("CREATE TABLE t (a)");

  Cursor cursor = exec("INSERT INTO t VALUES (1), (2) RETURNING a");

  EXPECT_TRUE(node.commit());
  EXPECT_EQ(cursor.to_array().size(), 2U);
}

TEST_F(SqlTest, ACursorOutlivesItsStorageWithoutHarm) {
  Cursor ended = exec("SELECT 1");
  EXPECT_EQ(ended.to_array().size(), 1U);
  Cursor cursor = exec("VALUES (1), (2)");
  Cursor undone = exec("VALUES (1), (2)");
  node.kv().put("a", true);

  node.store().rollback();
  Cursor later = exec("VALUES (1), (2), (3)");
  later.next();
  node.store().close();

  EXPECT_EQ(message_of([&] { cursor.next(); }), "SQL cursor cannot be used: the object's storage was closed.");
  EXPECT_EQ(message_of([&] { undone.next(); }), "SQL cursor cannot be used: the object's storage was closed.");
  EXPECT_EQ(message_of([&] { later.next(); }), "SQL cursor cannot be used: the object's storage was closed.");
  EXPECT_EQ(ended.next(), std::nullopt);
}

TEST_F(SqlTest, OneTextMayRunTwiceAtOnce) {
  exec("CREATE TABLE t (a); INSERT INTO t VALUES (1), (2), (3)");
  Cursor first = exec("SELECT a FROM t WHERE a >= ?", 1);
  Cursor second = exec("SELECT a FROM t WHERE a >= ?", 3);

  EXPECT_EQ(first.next(), SqlRow{std::int64_t{1}});
  EXPECT_EQ(second.next(), SqlRow{std::int64_t{3}});
  EXPECT_EQ(first.next(), SqlRow{std::int64_t{2}});
}

TEST_F(SqlTest, ASwitchSetTwiceByOneTextIsSetTwice) {
  for (int i = 0; i < 2; ++i) {
    exec("PRAGMA case_sensitive_like = ON");
    EXPECT_EQ(value_of("SELECT 'a' LIKE 'A'"), SqlValue(std::int64_t{0}));
    exec("PRAGMA case_sensitive_like = OFF");
    EXPECT_EQ(value_of("SELECT 'a' LIKE 'A'"), SqlValue(std::int64_t{1}));
  }
  EXPECT_FALSE(node.store().has_written());
}

TEST_F(SqlTest, TimeIsThatOfTheTurn) {
  node.store().begin_turn(LocalTime(std::chrono::seconds(90)), Cause{1});

  EXPECT_EQ(value_of("SELECT datetime('now')"), SqlValue(std::string("2026-01-01 00:01:30")));
  EXPECT_EQ(value_of("SELECT datetime('now', 'localtime')"), SqlValue(std::string("2026-01-01 00:01:30")));
  EXPECT_EQ(value_of("SELECT unixepoch('now') - unixepoch('2026-01-01')"), SqlValue(std::int64_t{90}));
}

TEST_F(SqlTest, ChanceHangsOnTheCauseOfTheTurn) {
  const auto draw = [&](Cause cause) {
    node.store().begin_turn(LocalTime(), cause);
    std::vector<SqlRow> rows = exec("SELECT random(), hex(randomblob(20))").to_array();
    for (const SqlRow& row : exec("SELECT random(), random()").to_array()) rows.push_back(row);
    return rows;
  };
  const std::vector<SqlRow> first = draw(Cause{1});
  const std::vector<SqlRow> other = draw(Cause{2});
  node.store().close();

  EXPECT_EQ(draw(Cause{1}), first);
  EXPECT_NE(other, first);
  EXPECT_NE(first[1][0], first[1][1]);
}

TEST_F(SqlTest, ManyTextsNeedNoMoreThanAFewStatements) {
  for (int i = 0; i < 500; ++i) EXPECT_EQ(value_of("SELECT " + std::to_string(i)), SqlValue(std::int64_t{i}));
}

}  // namespace
}  // namespace orrery::storage
