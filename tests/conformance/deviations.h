// Where this runtime is known to differ from workerd: why, by which row of the fact sheet, and the programs that show it.
//
// A program that is listed must differ. None is listed that merely has not been looked at.
#pragma once

#include <string_view>
#include <vector>

namespace orrery::tests::conformance {

struct Deviation {
  std::string_view row;  // section and rule
  std::string_view why;
  std::vector<std::string_view> programs;
};

inline const std::vector<Deviation> deviations = {
    {"2.1 broken stubs", "a user takes a new stub when the one it has is broken, as the documentation tells them to",
     {"a_stub_of_a_reset_object"}},
    {"2.3 remote", "an error that ends the instance is not `remote` by fetch, where it is not by a call",
     {"abort_has_a_default_reason", "an_answer_by_fetch_waits_for_its_writes"}},
    {"2.6 constructor throws", "what arrives at the same instant tries a new instance; here nothing lies in between",
     {"a_constructor_that_throws"}},
    {"3.1 list with allowConcurrency", "answers of concurrent reads come in the order in which they were asked for",
     {"kv_lists_with_concurrency"}},
    {"3.4 sync()", "it waits for every commit for the older kind too; workerd keeps that kind in memory and waits never",
     {"sync_in_each_state_of_kv"}},
    {"4.1 list(), limit", "a limit limits, also in a transaction of the older kind that has written",
     {"calls_of_a_transaction_kv"}},
    {"4.2 value", "2 MB, as documented; workerd takes 8 MiB", {"sql_values_at_the_limit", "sqlite_values_at_the_limit"}},
    {"4.2 function arguments", "32, as documented; workerd takes 127", {"arguments_of_functions_at_the_limit"}},
    {"4.2 VDBE ops", "25,000, as documented; workerd has no limit", {"statements_of_more_instructions"}},
    {"4.2 trigger depth", "the text of an older SQLite", {"triggers_11_deep"}},
    {"4.3 rowsRead, rowsWritten", "the original counts inside SQLite, which it has patched for that",
     {"sql_cursor_in_each_state_of_sqlite", "sql_rows_read", "sql_rows_written"}},
    {"4.3 functions", "what SQLite has here and workerd's has not is refused, and not unknown",
     {"sql_functions_refused"}},
};

// Nothing, if the program is not listed.
inline const Deviation* deviation_of(std::string_view program) {
  for (const Deviation& each : deviations)
    for (const std::string_view name : each.programs)
      if (name == program) return &each;
  return nullptr;
}

}  // namespace orrery::tests::conformance
