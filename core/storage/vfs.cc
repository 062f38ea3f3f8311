#include "core/storage/vfs.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>
#include <ctime>
#include <string_view>

#include "core/base/config.h"
#include "core/base/invariant.h"

namespace orrery::storage {
namespace {

// What sqlite3_open_v2 is opening, and the turn that runs SQL. SQLite hands no pointer of ours through to the VFS.
Pages* being_opened = nullptr;
SqlTurn* turn_under_way = nullptr;
const Draws* draws_under_way = nullptr;

struct File {
  sqlite3_file base;  // must be first: SQLite sees only this
  Pages* pages;
};

Pages& pages_of(sqlite3_file* file) { return *reinterpret_cast<File*>(file)->pages; }

int close_file(sqlite3_file*) { return SQLITE_OK; }

int read_file(sqlite3_file* file, void* out, int count, sqlite3_int64 offset) {
  const Pages& pages = pages_of(file);
  const auto size = static_cast<std::size_t>(count);
  const auto from = static_cast<std::uint64_t>(offset);
  pages.read(from, static_cast<char*>(out), size);
  return from + size <= std::uint64_t{pages.count()} * page_bytes ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
}

int write_file(sqlite3_file* file, const void* bytes, int count, sqlite3_int64 offset) {
  const auto size = static_cast<std::size_t>(count);
  const auto at = static_cast<std::uint64_t>(offset);
  if (size != page_bytes || at % page_bytes != 0) return SQLITE_IOERR_WRITE;
  pages_of(file).write(at, std::string_view(static_cast<const char*>(bytes), size));
  if (at == 0) {
    constexpr std::string_view one("\0\0\0\1", 4);
    constexpr std::string_view version_number("\x00\x2e\x63\x01", 4);  // 3.40.1, whichever this SQLite is
    constexpr std::uint64_t change_counter = 24;
    constexpr std::uint64_t version_valid_for = 92;
    constexpr std::uint64_t version_of_writer = 96;
    pages_of(file).write(change_counter, one);
    pages_of(file).write(version_valid_for, one);
    pages_of(file).write(version_of_writer, version_number);
  }
  return SQLITE_OK;
}

int truncate_file(sqlite3_file* file, sqlite3_int64 size) {
  pages_of(file).resize(static_cast<std::uint32_t>(static_cast<std::uint64_t>(size) / page_bytes));
  return SQLITE_OK;
}

int size_of_file(sqlite3_file* file, sqlite3_int64* size) {
  *size = sqlite3_int64{pages_of(file).count()} * static_cast<sqlite3_int64>(page_bytes);
  return SQLITE_OK;
}

int sync_file(sqlite3_file*, int) { return SQLITE_OK; }
int lock_file(sqlite3_file*, int) { return SQLITE_OK; }
int is_locked(sqlite3_file*, int* answer) {
  *answer = 0;
  return SQLITE_OK;
}
int control_file(sqlite3_file*, int, void*) { return SQLITE_NOTFOUND; }
int sector_bytes(sqlite3_file*) { return 512; }
int characteristics(sqlite3_file*) { return SQLITE_IOCAP_POWERSAFE_OVERWRITE | SQLITE_IOCAP_SAFE_APPEND; }

constexpr sqlite3_io_methods file_methods = {
    .iVersion = 1,
    .xClose = close_file,
    .xRead = read_file,
    .xWrite = write_file,
    .xTruncate = truncate_file,
    .xSync = sync_file,
    .xFileSize = size_of_file,
    .xLock = lock_file,
    .xUnlock = lock_file,
    .xCheckReservedLock = is_locked,
    .xFileControl = control_file,
    .xSectorSize = sector_bytes,
    .xDeviceCharacteristics = characteristics,
    .xShmMap = nullptr,
    .xShmLock = nullptr,
    .xShmBarrier = nullptr,
    .xShmUnmap = nullptr,
    .xFetch = nullptr,
    .xUnfetch = nullptr,
};

int open_file(sqlite3_vfs*, sqlite3_filename, sqlite3_file* file, int flags, int* flags_out) {
  file->pMethods = nullptr;
  if ((flags & SQLITE_OPEN_MAIN_DB) == 0 || being_opened == nullptr) return SQLITE_CANTOPEN;
  auto* ours = reinterpret_cast<File*>(file);
  ours->pages = being_opened;
  ours->base.pMethods = &file_methods;
  if (flags_out != nullptr) *flags_out = flags;
  return SQLITE_OK;
}

int delete_file(sqlite3_vfs*, const char*, int) { return SQLITE_IOERR_DELETE_NOENT; }
int access_file(sqlite3_vfs*, const char*, int, int* answer) {
  *answer = 0;
  return SQLITE_OK;
}
int full_path(sqlite3_vfs*, const char* name, int room, char* out) {
  sqlite3_snprintf(room, out, "%s", name);
  return SQLITE_OK;
}
void* open_library(sqlite3_vfs*, const char*) { return nullptr; }
void library_error(sqlite3_vfs*, int room, char* out) { sqlite3_snprintf(room, out, "no libraries here"); }
void (*library_symbol(sqlite3_vfs*, void*, const char*))() { return nullptr; }
void close_library(sqlite3_vfs*, void*) {}

// A key of SQLite's own generator, which chooses row numbers when the largest possible one is taken. It is asked for
// one after each reset_sqlite(), and gets another for each statement of a turn.
int random_bytes(sqlite3_vfs*, int count, char* out) {
  const std::uint64_t statement = turn_under_way ? turn_under_way->operations : 0;
  for (int at = 0; at < count; at += 8) {
    const std::uint64_t place = (statement << 32) + (std::uint64_t{1} << 63) + static_cast<std::uint64_t>(at);
    const std::uint64_t bits =
        turn_under_way ? draws_under_way->bits(Purpose::sql_random, turn_under_way->cause, place) : place;
    std::memcpy(out + at, &bits, static_cast<std::size_t>(std::min(8, count - at)));
  }
  return count;
}

int sleep(sqlite3_vfs*, int microseconds) { return microseconds; }

int current_time_ms(sqlite3_vfs*, sqlite3_int64* out) {
  constexpr sqlite3_int64 julian_epoch_ms = 210'866'760'000'000;  // 1970, counted from noon of 4714 BC
  const std::int64_t elapsed_ms = turn_under_way ? nanoseconds(turn_under_way->now) / 1'000'000 : 0;
  *out = julian_epoch_ms + config::sql_time_origin_ms + elapsed_ms;
  return SQLITE_OK;
}

int current_time_days(sqlite3_vfs* vfs, double* out) {
  sqlite3_int64 milliseconds = 0;
  current_time_ms(vfs, &milliseconds);
  *out = static_cast<double>(milliseconds) / 86'400'000.0;
  return SQLITE_OK;
}

int last_error(sqlite3_vfs*, int, char*) { return 0; }

sqlite3_vfs our_vfs = {
    .iVersion = 2,
    .szOsFile = sizeof(File),
    .mxPathname = 64,
    .pNext = nullptr,
    .zName = "orrery",
    .pAppData = nullptr,
    .xOpen = open_file,
    .xDelete = delete_file,
    .xAccess = access_file,
    .xFullPathname = full_path,
    .xDlOpen = open_library,
    .xDlError = library_error,
    .xDlSym = library_symbol,
    .xDlClose = close_library,
    .xRandomness = random_bytes,
    .xSleep = sleep,
    .xCurrentTime = current_time_days,
    .xGetLastError = last_error,
    .xCurrentTimeInt64 = current_time_ms,
    .xSetSystemCall = nullptr,
    .xGetSystemCall = nullptr,
    .xNextSystemCall = nullptr,
};

// The local time of SQL is UTC on every machine.
int utc(const void* seconds, void* out) {
  const std::chrono::sys_seconds instant{std::chrono::seconds(*static_cast<const std::time_t*>(seconds))};
  const auto day = std::chrono::floor<std::chrono::days>(instant);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss time(instant - day);
  std::tm& broken_down = *static_cast<std::tm*>(out);
  broken_down = {};
  broken_down.tm_year = static_cast<int>(date.year()) - 1900;
  broken_down.tm_mon = static_cast<int>(static_cast<unsigned>(date.month())) - 1;
  broken_down.tm_mday = static_cast<int>(static_cast<unsigned>(date.day()));
  broken_down.tm_hour = static_cast<int>(time.hours().count());
  broken_down.tm_min = static_cast<int>(time.minutes().count());
  broken_down.tm_sec = static_cast<int>(time.seconds().count());
  return 0;
}

bool configure() {
  // A page cache begins with so many pages, in one piece: most databases have no more.
  constexpr int pages_at_first = 4;
  int result = sqlite3_config(SQLITE_CONFIG_SINGLETHREAD);
  if (result == SQLITE_OK) result = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
  if (result == SQLITE_OK) result = sqlite3_config(SQLITE_CONFIG_PAGECACHE, nullptr, 0, pages_at_first);
  if (result == SQLITE_OK) result = sqlite3_initialize();
  if (result == SQLITE_OK) result = sqlite3_vfs_register(&our_vfs, 1);
  if (result == SQLITE_OK) result = sqlite3_test_control(SQLITE_TESTCTRL_LOCALTIME_FAULT, 2, utc);
  INVARIANT(result == SQLITE_OK, "SQLite was in use before it was made ours: {}", sqlite3_errstr(result));
  return true;
}

}  // namespace

void use_our_sqlite() {
  static const bool configured = configure();
  static_cast<void>(configured);
}

void reset_sqlite() {
  use_our_sqlite();
  sqlite3_randomness(0, nullptr);
}

sqlite3* open_connection(Pages& pages) {
  sqlite3* connection = nullptr;
  being_opened = &pages;
  const int result = sqlite3_open_v2("object", &connection, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nullptr);
  being_opened = nullptr;
  if (result == SQLITE_OK) return connection;
  sqlite3_close_v2(connection);
  return nullptr;
}

InTurn::InTurn(SqlTurn& turn, const Draws& draws) {
  turn_under_way = &turn;
  draws_under_way = &draws;
}

InTurn::~InTurn() { turn_under_way = nullptr; }

std::uint64_t next_sql_draw() {
  if (turn_under_way == nullptr) return 0;
  return draws_under_way->bits(Purpose::sql_random, turn_under_way->cause, turn_under_way->draws++);
}

}  // namespace orrery::storage
