#include "core/storage/statements.h"

#include <utility>

#include "core/base/config.h"

namespace orrery::storage {

std::unique_ptr<Statement> StatementCache::take(std::string_view sql) {
  for (auto at = statements_.end(); at != statements_.begin();) {
    --at;
    if ((*at)->sql() != sql) continue;
    std::unique_ptr<Statement> taken = std::move(*at);
    statements_.erase(at);
    return taken;
  }
  return nullptr;
}

void StatementCache::give(std::unique_ptr<Statement> statement) {
  if (statement->sql().empty()) return;
  sqlite3_reset(statement->handle());
  sqlite3_clear_bindings(statement->handle());
  if (statements_.size() == config::cached_statements_max) statements_.erase(statements_.begin());
  statements_.push_back(std::move(statement));
}

}  // namespace orrery::storage
