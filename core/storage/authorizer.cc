#include "core/storage/authorizer.h"

#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>

namespace orrery::storage {
namespace {

std::string_view text(const char* argument) { return argument ? std::string_view(argument) : std::string_view(); }

bool same(std::string_view a, std::string_view b) {
  return a.size() == b.size() && sqlite3_strnicmp(a.data(), b.data(), static_cast<int>(a.size())) == 0;
}

template <std::size_t n>
bool one_of(const std::array<std::string_view, n>& list, std::string_view name) {
  return std::any_of(list.begin(), list.end(), [name](std::string_view each) { return same(each, name); });
}

int allow_if(bool allowed) { return allowed ? SQLITE_OK : SQLITE_DENY; }

bool may_name(const char* name) { return !same(text(name).substr(0, 4), "_cf_"); }

constexpr std::array<std::string_view, 4> modules{"fts5", "fts5vocab", "rtree", "rtree_i32"};

// Pragmas that only read: without an argument, with the name of a table or index, with either.
constexpr std::array<std::string_view, 4> plain_pragmas{"data_version", "page_size", "table_list", "quick_check"};
constexpr std::array<std::string_view, 9> naming_pragmas{"foreign_key_check", "foreign_key_list", "index_info",
                                                         "index_list",        "index_xinfo",      "table_info",
                                                         "table_xinfo",       "quick_check",      "table_list"};
constexpr std::array<std::string_view, 4> true_words{"1", "on", "yes", "true"};
constexpr std::array<std::string_view, 4> false_words{"0", "off", "no", "false"};

// What would tell about SQLite itself, or about one connection, rather than about the database.
constexpr std::array<std::string_view, 2> hidden_tables{"sqlite_stmt", "dbstat"};
constexpr std::array<std::string_view, 6> hidden_functions{"sqlite_compileoption_get",
                                                           "sqlite_compileoption_used",
                                                           "sqlite_offset",
                                                           "sqlite_source_id",
                                                           "sqlite_version",
                                                           "fts3_tokenizer"};

std::optional<bool> truth_of(std::string_view argument) {
  if (argument.size() >= 2 && (argument.front() == '\'' || argument.front() == '"') &&
      argument.back() == argument.front())
    argument = argument.substr(1, argument.size() - 2);
  if (one_of(true_words, argument)) return true;
  if (one_of(false_words, argument)) return false;
  return std::nullopt;
}

int authorize_pragma(Seen& seen, std::string_view name, const char* argument) {
  for (int place = 0; place < static_cast<int>(std::size(switches)); ++place) {
    if (!same(switches[place], name)) continue;
    if (argument == nullptr) return SQLITE_OK;
    const std::optional<bool> on = truth_of(argument);
    if (!on) return SQLITE_DENY;
    seen.sets_switch = place;
    seen.sets_it_on = *on;
    return SQLITE_OK;
  }
  // A hint. What it would do hangs on what this connection happened to see before.
  if (same(name, "optimize")) return SQLITE_IGNORE;
  if (argument == nullptr) return allow_if(one_of(plain_pragmas, name) || same(name, "foreign_key_check"));
  return allow_if(one_of(naming_pragmas, name) && may_name(argument));
}

int authorize_schema(Seen& seen, int action, const char* first, const char* second) {
  seen.changes_schema = true;
  switch (action) {
    case SQLITE_ANALYZE: return SQLITE_OK;
    case SQLITE_CREATE_TABLE:
    case SQLITE_DROP_TABLE:
    case SQLITE_CREATE_VIEW:
    case SQLITE_DROP_VIEW:
    case SQLITE_REINDEX: return allow_if(may_name(first));
    case SQLITE_CREATE_INDEX:
    case SQLITE_DROP_INDEX:
    case SQLITE_CREATE_TRIGGER:
    case SQLITE_DROP_TRIGGER: return allow_if(may_name(first) && may_name(second));
    case SQLITE_CREATE_VTABLE:
    case SQLITE_DROP_VTABLE: return allow_if(one_of(modules, text(second)) && may_name(first));
    case SQLITE_ALTER_TABLE: seen.may_rename = true; return allow_if(same(text(first), "main") && may_name(second));
    default: return SQLITE_DENY;  // ATTACH, DETACH, temporary tables, and whatever SQLite may still learn
  }
}

}  // namespace

int authorize(Seen& seen, int action, const char* first, const char* second, const char* database) {
  const bool reads_or_updates = action == SQLITE_READ || action == SQLITE_UPDATE;
  if (same(text(database), "temp")) return allow_if(reads_or_updates && may_name(first));
  // For a column that is dropped, SQLite names the column in this place.
  if (database != nullptr && !same(database, "main") && action != SQLITE_ALTER_TABLE) return SQLITE_DENY;

  switch (action) {
    case SQLITE_SELECT:
    case SQLITE_RECURSIVE: return SQLITE_OK;
    case SQLITE_READ: return allow_if(may_name(first) && !one_of(hidden_tables, text(first)));
    case SQLITE_INSERT:
    case SQLITE_UPDATE:
    case SQLITE_DELETE:
      if (!same(text(first), "sqlite_master")) seen.touches_rows = true;
      return allow_if(may_name(first));
    case SQLITE_FUNCTION: return allow_if(!one_of(hidden_functions, text(second)));
    case SQLITE_PRAGMA: return authorize_pragma(seen, text(first), second);
    case SQLITE_TRANSACTION:
    case SQLITE_SAVEPOINT: seen.wants_transaction = true; return SQLITE_DENY;
    default: return authorize_schema(seen, action, first, second);
  }
}

}  // namespace orrery::storage
