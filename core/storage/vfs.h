// SQLite's world: everything it would ask of an operating system, answered by us.
//
// Its main files are images in memory (pages.h). It opens no other file, loads no library, waits for nobody; time and
// chance are those of the turn that runs SQL.
//
// Three fields of a database's first page are always the same. The counter of its changes and the copy of it are 1:
// they exist for other processes, and would tell how often the database was opened. SQLite's version is that of
// 3.40.1: nothing reads it, and digests, chains and fingerprints would change with the library.
//
// SQLite's settings are those of the whole process, and so is the turn that runs SQL: no threads.
#pragma once

#include <sqlite3.h>

#include <cstdint>

#include "core/base/draws.h"
#include "core/base/time.h"
#include "core/storage/pages.h"

namespace orrery::storage {

// Makes SQLite ours, once for the process; further calls do nothing. Must come before any other use of SQLite.
void use_our_sqlite();

// Forgets SQLite's own random numbers, which are one sequence for the process: whoever begins a run calls this.
void reset_sqlite();

// A connection to the image, which must outlive it. Nothing if memory is short.
sqlite3* open_connection(Pages& pages);

// What the SQL of a turn hangs on, and how much of it there was.
struct SqlTurn {
  LocalTime now;
  Cause cause;
  std::uint32_t operations = 0;
  std::uint32_t draws = 0;  // random() and randomblob()
};

// While this lives, SQL sees the time and the chance of that turn. Both arguments must outlive it.
class InTurn {
 public:
  InTurn(SqlTurn& turn, const Draws& draws);
  ~InTurn();
  InTurn(const InTurn&) = delete;
  InTurn& operator=(const InTurn&) = delete;
};

// 64 bits for the SQL of the turn under way.
std::uint64_t next_sql_draw();

}  // namespace orrery::storage
