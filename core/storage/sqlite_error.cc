#include "core/storage/sqlite_error.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace orrery::storage {
namespace {

struct Named {
  int code;
  std::string_view name;
};

#define ORRERY_NAMED(code) \
  Named { code, #code }
constexpr std::array names{
    ORRERY_NAMED(SQLITE_ERROR),
    ORRERY_NAMED(SQLITE_INTERNAL),
    ORRERY_NAMED(SQLITE_PERM),
    ORRERY_NAMED(SQLITE_ABORT),
    ORRERY_NAMED(SQLITE_BUSY),
    ORRERY_NAMED(SQLITE_LOCKED),
    ORRERY_NAMED(SQLITE_NOMEM),
    ORRERY_NAMED(SQLITE_READONLY),
    ORRERY_NAMED(SQLITE_INTERRUPT),
    ORRERY_NAMED(SQLITE_IOERR),
    ORRERY_NAMED(SQLITE_CORRUPT),
    ORRERY_NAMED(SQLITE_NOTFOUND),
    ORRERY_NAMED(SQLITE_FULL),
    ORRERY_NAMED(SQLITE_CANTOPEN),
    ORRERY_NAMED(SQLITE_PROTOCOL),
    ORRERY_NAMED(SQLITE_EMPTY),
    ORRERY_NAMED(SQLITE_SCHEMA),
    ORRERY_NAMED(SQLITE_TOOBIG),
    ORRERY_NAMED(SQLITE_CONSTRAINT),
    ORRERY_NAMED(SQLITE_MISMATCH),
    ORRERY_NAMED(SQLITE_MISUSE),
    ORRERY_NAMED(SQLITE_NOLFS),
    ORRERY_NAMED(SQLITE_AUTH),
    ORRERY_NAMED(SQLITE_FORMAT),
    ORRERY_NAMED(SQLITE_RANGE),
    ORRERY_NAMED(SQLITE_NOTADB),
    ORRERY_NAMED(SQLITE_ERROR_MISSING_COLLSEQ),
    ORRERY_NAMED(SQLITE_ERROR_RETRY),
    ORRERY_NAMED(SQLITE_ABORT_ROLLBACK),
    ORRERY_NAMED(SQLITE_LOCKED_VTAB),
    ORRERY_NAMED(SQLITE_IOERR_READ),
    ORRERY_NAMED(SQLITE_IOERR_SHORT_READ),
    ORRERY_NAMED(SQLITE_IOERR_WRITE),
    ORRERY_NAMED(SQLITE_IOERR_NOMEM),
    ORRERY_NAMED(SQLITE_CORRUPT_VTAB),
    ORRERY_NAMED(SQLITE_CORRUPT_SEQUENCE),
    ORRERY_NAMED(SQLITE_CORRUPT_INDEX),
    ORRERY_NAMED(SQLITE_CONSTRAINT_CHECK),
    ORRERY_NAMED(SQLITE_CONSTRAINT_COMMITHOOK),
    ORRERY_NAMED(SQLITE_CONSTRAINT_FOREIGNKEY),
    ORRERY_NAMED(SQLITE_CONSTRAINT_FUNCTION),
    ORRERY_NAMED(SQLITE_CONSTRAINT_NOTNULL),
    ORRERY_NAMED(SQLITE_CONSTRAINT_PRIMARYKEY),
    ORRERY_NAMED(SQLITE_CONSTRAINT_TRIGGER),
    ORRERY_NAMED(SQLITE_CONSTRAINT_UNIQUE),
    ORRERY_NAMED(SQLITE_CONSTRAINT_VTAB),
    ORRERY_NAMED(SQLITE_CONSTRAINT_ROWID),
    ORRERY_NAMED(SQLITE_CONSTRAINT_PINNED),
    ORRERY_NAMED(SQLITE_CONSTRAINT_DATATYPE),
};
#undef ORRERY_NAMED

std::string name_of(int code) {
  const auto found =
      std::find_if(names.begin(), names.end(), [code](const Named& each) { return each.code == code; });
  return found == names.end() ? fmt::format("SQLITE_{}", code) : std::string(found->name);
}

}  // namespace

std::string error_text(sqlite3* connection) {
  const int extended = sqlite3_extended_errcode(connection);
  const int primary = extended & 0xff;
  std::string text = sqlite3_errmsg(connection);
  if (const int offset = sqlite3_error_offset(connection); offset >= 0) text += fmt::format(" at offset {}", offset);
  text += ": " + name_of(primary);
  if (extended != primary) text += fmt::format(" (extended: {})", name_of(extended));
  return text;
}

}  // namespace orrery::storage
