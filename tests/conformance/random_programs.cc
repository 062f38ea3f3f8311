#include "tests/conformance/random_programs.h"

#include <fmt/format.h>
#include <rapidcheck.h>

#include <utility>

#include "tests/conformance/play.h"

namespace orrery::tests::conformance {
namespace {

// Events come at multiples of the one, and what waits lasts so long, or the same and multiples of the other more.
constexpr std::int64_t between_events_ms = 110;
constexpr std::int64_t shortest_wait_ms = 55;
constexpr std::int64_t look_at_ms = 7 * between_events_ms;  // when all is over
constexpr Duration margin = 50ms;
constexpr int tries = 200;

// Where an operation stands.
struct Scope {
  bool is_kv = false;
  bool is_callee = false;       // it calls nobody
  bool is_synchronous = false;  // it waits for nothing
  bool in_transaction = false;
  bool has_transaction = false;  // whose calls it may use
  bool is_timed = true;          // it may wait for time
  int depth = 0;
};

// Writes operations, each a draw of RapidCheck's: to be used within rc::gen::exec.
class Author {
 public:
  explicit Author(bool is_kv) : is_kv_(is_kv) {}

  Json program(const std::string& name) {
    Json handlers = Json::object();
    handlers["prepare"] = prepare();
    for (const std::string_view handler : {"one", "two", "three"})
      handlers[std::string(handler)] = operations({.is_kv = is_kv_}, 2, 5);
    handlers["look"] = look();
    Json callee = Json::object();
    callee["help"] = operations({.is_kv = is_kv_, .is_callee = true, .is_timed = false, .depth = 1}, 1, 3);
    callee["help"].push_back(Json::array({"return", value()}));
    callee["look"] = Json::array({see({"storage.list"})});
    Json schedule = Json::array({event(0, "a", "prepare")});
    const int events = *rc::gen::inRange(1, 4);
    for (int i = 1; i <= events; ++i)
      schedule.push_back(event(i * between_events_ms, "a", *rc::gen::element<std::string>("one", "two", "three")));
    for (const std::string_view object : {"a", "b"}) schedule.push_back(event(look_at_ms, object, "look"));
    return {{"name", name},
            {"section", "random"},
            {"rule", "Whatever it is, it is as in workerd."},
            {"storage", is_kv_ ? "kv" : "sqlite"},
            {"classes", {{"Main", handlers}, {"Callee", callee}}},
            {"objects", {{"b", "Callee"}}},
            {"services", {{"slow", {{"delay", shortest_wait_ms}}}}},
            {"schedule", schedule}};
  }

 private:
  static Json event(std::int64_t at, std::string_view object, std::string_view handler) {
    return {{"at", at}, {"object", object}, {"handler", handler}};
  }
  Json prepare() {
    Json list = Json::array({Json::array({"storage.put", {{"a", 1}, {"b", "two"}, {"d", nullptr}}})});
    if (is_kv_) return list;
    list.push_back({"sql", "CREATE TABLE t (id INTEGER PRIMARY KEY, x UNIQUE)"});
    list.push_back({"sql", "INSERT INTO t VALUES (1, 'one'), (2, 'two')"});
    return list;
  }
  Json look() {
    Json list = Json::array({see({"storage.list"})});
    if (!is_kv_) list.push_back(see({"sql", "SELECT * FROM t ORDER BY id"}));
    return list;
  }

  Json see(Json operation) { return {"see", fmt::format("{}", ++labels_), std::move(operation)}; }
  static bool one_in(int n) { return *rc::gen::inRange(0, n) == 0; }
  static std::string key() { return *rc::gen::element<std::string>("a", "b", "c", "d", "e"); }
  static Json value() {
    return *rc::gen::element<Json>(1, 2.5, "text", true, nullptr, Json::array({1, Json::object({{"x", 2}})}),
                                   Json({{"$bytes", "00ff"}}));
  }
  static Json keys() {
    Json list = Json::array();
    const int count = *rc::gen::inRange(1, 4);
    for (int i = 0; i < count; ++i) list.push_back(key());
    return list;
  }
  static Json entries() {
    Json all = Json::object();
    const int count = *rc::gen::inRange(1, 4);
    for (int i = 0; i < count; ++i) all[key()] = value();
    return all;
  }
  static Json list_options(bool may_limit) {
    Json options = Json::object();
    if (one_in(3)) options[one_in(2) ? "start" : "startAfter"] = key();
    if (one_in(4)) options["end"] = key();
    if (one_in(5)) options["prefix"] = key();
    if (one_in(3)) options["reverse"] = true;
    if (one_in(3) && may_limit) options["limit"] = *rc::gen::inRange(1, 4);
    return options;
  }
  std::int64_t wait_ms() { return shortest_wait_ms + between_events_ms * *rc::gen::inRange(0, 3); }

  Json operations(const Scope& scope, int least, int most) {
    Json list = Json::array();
    const int count = *rc::gen::inRange(least, most + 1);
    for (int i = 0; i < count; ++i) {
      list.push_back(operation(scope));
      const bool is_end = !scope.is_callee && one_in(25);
      if (!is_end) continue;
      list.push_back(one_in(3) ? Json({"return", value()}) : Json({"throw", "RangeError", "thrown"}));
      break;
    }
    return list;
  }

  Json operation(const Scope& scope) {
    const bool nests = scope.depth < 3 && one_in(2);
    if (nests && scope.is_synchronous) return see({"storage.transaction_sync", operations(deeper(scope), 1, 3)});
    if (nests) return nested(scope);
    if (scope.is_timed && !scope.is_synchronous && one_in(4)) return timed();
    if (scope.is_synchronous || (!scope.is_kv && one_in(2))) return see(synchronous());
    return see(waiting(scope));
  }

  static Scope deeper(Scope scope) {
    ++scope.depth;
    return scope;
  }

  // What holds operations.
  Json nested(const Scope& scope) {
    Scope inner = deeper(scope);
    switch (*rc::gen::inRange(0, 8)) {
      case 0:
      case 1: {
        inner.in_transaction = inner.has_transaction = true;
        Json list = operations(inner, 1, 4);
        if (one_in(4)) list.push_back(Json::array({"txn.rollback"}));
        if (one_in(4)) list.push_back(Json({"throw", "RangeError", "undone"}));
        return see({"storage.transaction", std::move(list)});
      }
      case 2:
        if (scope.is_kv) return see(waiting(scope));
        inner.is_synchronous = true;
        return see({"storage.transaction_sync", operations(inner, 1, 3)});
      case 3:
      case 4: {
        inner.has_transaction = false;
        Json list = operations(inner, 1, 3);
        // An exception resets the object; the older kind forgets all then, in workerd alone.
        if (scope.is_kv) return Json({"block", Json::array({Json({"try", std::move(list), "caught"})})});
        return Json({"block", std::move(list)});
      }
      case 5: {
        if (!scope.is_timed) return see(waiting(scope));
        Json branches = Json::array();
        inner.has_transaction = false;
        inner.is_timed = false;
        for (int i = 0; i < 2; ++i) {
          Json branch = operations(inner, 1, 2);
          branch.insert(branch.begin(), Json({"sleep", shortest_wait_ms * (2 * i + 1)}));
          branches.push_back(std::move(branch));
        }
        return see({"all", std::move(branches)});
      }
      case 6: {
        if (!scope.is_timed) return see(waiting(scope));
        inner.has_transaction = false;
        inner.is_timed = false;
        Json list = operations(inner, 1, 2);
        list.insert(list.begin(), Json({"sleep", wait_ms()}));
        return Json({"wait_until", std::move(list)});
      }
      default: return Json({"try", operations(inner, 1, 3), fmt::format("caught {}", ++labels_)});
    }
  }

  // What takes time, and lets others in.
  Json timed() {
    if (one_in(3)) return see({"fetch", "slow", "question"});
    return Json({"sleep", wait_ms()});
  }

  Json synchronous() {
    switch (*rc::gen::inRange(0, 10)) {
      case 0: return Json({"kv.get", key()});
      case 1: return Json({"kv.delete", key()});
      case 2: return Json({"kv.list", list_options(true)});
      case 3: return Json({"sql", "INSERT INTO t (x) VALUES (?)", *rc::gen::element<std::string>("one", "five", "six")});
      case 4: return Json({"sql", "UPDATE t SET x = x || '!' WHERE id = ?", *rc::gen::inRange(1, 4)});
      case 5: return Json({"sql", "DELETE FROM t WHERE id = ?", *rc::gen::inRange(1, 4)});
      case 6: return Json({"sql", "SELECT * FROM t ORDER BY id"});
      case 7: return Json({"memory.get", "m"});
      default: return Json({"kv.put", key(), value()});
    }
  }

  Json waiting(const Scope& scope) {
    const std::string on = scope.has_transaction && !one_in(4) ? "txn" : "storage";
    switch (*rc::gen::inRange(0, 13)) {
      case 0: return Json({on + ".get", key()});
      case 1: return Json({on + ".get", keys()});
      case 2: return Json({on + ".delete", key()});
      case 3: return Json({on + ".delete", keys()});
      case 4: return Json({on + ".list", list_options(!scope.is_kv || !scope.in_transaction)});
      case 5: return Json({on + ".put", entries()});
      case 6: return Json({"memory.set", "m", value()});
      case 7: return Json({"memory.get", "m"});
      case 8:
        if (scope.is_kv) return Json({"storage.get", key()});  // workerd's waits for nothing
        return Json::array({"storage.sync"});
      case 9:
        if (scope.in_transaction) return Json({on + ".put", key(), value()});
        return Json::array({"storage.delete_all"});
      case 10:
        if (scope.is_callee) return Json({on + ".put", key(), value()});
        return Json({"call", "b", "help"});
      default: return Json({on + ".put", key(), value()});
    }
  }

  bool is_kv_;
  int labels_ = 0;
};

rc::Gen<Json> program_named(const std::string& name) {
  return rc::gen::exec([name] {
    const bool is_kv = *rc::gen::inRange(0, 4) == 0;
    return Author(is_kv).program(name);
  });
}

// A real clock is late by a millisecond or two at each wait, so there may not be many, one after the other.
bool keeps_margins(const Json& json) {
  const Played played = play_closely(program_of(json));
  return played.closest >= margin && played.last_wait < Time(1ms * (look_at_ms - between_events_ms));
}

}  // namespace

Json random_program(std::uint64_t seed, const std::string& name) {
  const rc::Gen<Json> programs = program_named(name);
  rc::Random random(seed);
  for (int i = 0; i < tries; ++i) {
    Json drawn = programs(random.split(), rc::kNominalSize).value();
    if (keeps_margins(drawn)) return drawn;
  }
  throw std::runtime_error(fmt::format("seed {}: {} programs, and none keeps its margins", seed, tries));
}

}  // namespace orrery::tests::conformance
