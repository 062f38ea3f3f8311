#include "scenarios/notes.h"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>

#include "core/object/durable_object.h"
#include "scenarios/world_settings.h"

namespace orrery::scenarios {
namespace {

constexpr std::int64_t notes_kept = 100;
constexpr std::int64_t authors = 10;

// A hundred notes and who wrote them, in SQL. The same page of all notes is made in three ways, each with its price:
// one query; a hundred and one queries in one turn (what is called N+1, and is cheap here, because the database is
// in the object's own process); a hundred and one calls from another object, one after the other (see Reader).
class Notes final : public DurableObject {
 public:
  explicit Notes(Context& context) : DurableObject(context) {
    Sql sql = ctx().storage().sql();
    sql.exec("CREATE TABLE IF NOT EXISTS authors (id INTEGER PRIMARY KEY, name TEXT)");
    sql.exec("CREATE TABLE IF NOT EXISTS notes (id INTEGER PRIMARY KEY, author INTEGER, text TEXT)");
    if (sql.exec("SELECT 1 FROM notes LIMIT 1").next()) return;
    for (std::int64_t id = 1; id <= authors; ++id)
      sql.exec("INSERT INTO authors (id, name) VALUES (?, ?)", id, fmt::format("author {}", id));
    for (std::int64_t id = 1; id <= notes_kept; ++id)
      sql.exec("INSERT INTO notes (id, author, text) VALUES (?, ?, ?)", id, id % authors + 1,
               fmt::format("note {}", id));
  }

  Task<std::string> page_one_query() {
    std::string page;
    Cursor rows = ctx().storage().sql().exec(
        "SELECT notes.text, authors.name FROM notes JOIN authors ON authors.id = notes.author ORDER BY notes.id");
    while (const std::optional<SqlRow> row = rows.next()) page += line_of(*row);
    co_return page;
  }

  Task<std::string> page_n_plus_one() {
    std::string page;
    for (const std::int64_t id : ids()) page += line_with(id);
    co_return page;
  }

  // For Reader: "1 2 3 ".
  Task<std::string> note_ids() {
    std::string text;
    for (const std::int64_t id : ids()) text += fmt::format("{} ", id);
    co_return text;
  }
  Task<std::string> note(std::int64_t id) { co_return line_with(id); }

 private:
  std::vector<std::int64_t> ids() {
    std::vector<std::int64_t> all;
    Cursor rows = ctx().storage().sql().exec("SELECT id FROM notes ORDER BY id");
    while (const std::optional<SqlRow> row = rows.next()) all.push_back(std::get<std::int64_t>(row->front()));
    return all;
  }
  std::string line_with(std::int64_t id) {
    Cursor rows = ctx().storage().sql().exec(
        "SELECT notes.text, authors.name FROM notes JOIN authors ON authors.id = notes.author WHERE notes.id = ?",
        id);
    return line_of(rows.one());
  }
  static std::string line_of(const SqlRow& row) {
    return fmt::format("{}, by {}\n", std::get<std::string>(row[0]), std::get<std::string>(row[1]));
  }
};

// Makes the page from afar. Each of its calls is a round trip to where the notes live, and awaits the one before.
class Reader final : public DurableObject {
 public:
  using DurableObject::DurableObject;

  Task<std::string> page_by_calls() {
    Stub notes = ctx().binding("Notes").get_by_name("0");
    const std::string listed = co_await notes.call<&Notes::note_ids>();
    std::istringstream ids(listed);
    std::string page;
    for (std::int64_t id = 0; ids >> id;) {
      const std::string line = co_await notes.call<&Notes::note>(id);
      page += line;
    }
    co_return page;
  }
};

// The city of this name, if the world has it.
const sim::City& city_or(const std::vector<sim::City>& cities, std::string_view name, const sim::City& otherwise) {
  const auto found = std::ranges::find(cities, name, &sim::City::name);
  return found == cities.end() ? otherwise : *found;
}

// The notes live near those who write them, because these call first nearly always; the readers live across an ocean.
Experiment make_notes(const Settings& settings) {
  Experiment experiment = experiment_in_world("notes", settings);
  experiment.classes = {{.name = "Notes", .model = ""}, {.name = "Reader", .model = ""}};
  const std::vector<sim::City> cities = cities_of(experiment);
  const sim::City& near = city_or(cities, "Washington DC", cities.front());
  const sim::City& far = city_or(cities, "London", cities.back());
  experiment.clients = {{"near", near.name, 4, poisson(settings.get<Rate>("clients.near_rate"))},
                        {"far", far.name, 4, poisson(settings.get<Rate>("clients.far_rate"))}};
  experiment.workload = Law{{{"Notes", "page_one_query", 1, {}, "near"},
                             {"Notes", "page_n_plus_one", 1, {}, "near"},
                             {"Notes", "page_one_query", 1, {}, "far"},
                             {"Notes", "page_n_plus_one", 1, {}, "far"},
                             {"Reader", "page_by_calls", 1, {}, "far"}}};
  experiment.faults = faults_of(experiment, settings);
  return experiment;
}

}  // namespace

Scenario notes() {
  return {.name = "notes",
          .teaches = "101 queries in one turn cost two milliseconds, 101 calls cost 101 round trips.",
          .classes = {object_class<Notes>("Notes")
                          .with<&Notes::page_one_query>("page_one_query")
                          .with<&Notes::page_n_plus_one>("page_n_plus_one")
                          .with<&Notes::note_ids>("note_ids")
                          .with<&Notes::note>("note"),
                      object_class<Reader>("Reader").with<&Reader::page_by_calls>("page_by_calls")},
          .parameters =
              with_world_settings(10min, {{"clients.near_rate", "pages asked for by those who live near the notes",
                                           *parse_rate("5/s"), *parse_rate("1/h"), *parse_rate("10000/s")},
                                          {"clients.far_rate", "pages asked for across the ocean", *parse_rate("1/s"),
                                           *parse_rate("1/h"), *parse_rate("10000/s")}}),
          .make = make_notes};
}

}  // namespace orrery::scenarios
