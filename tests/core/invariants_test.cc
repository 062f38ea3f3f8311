// Invariants that authors state of their objects: looked at after each turn, without changing it.
#include <gtest/gtest.h>

#include "tests/worlds.h"

namespace orrery {
namespace {

using scenarios::ClassPlan;
using scenarios::Code;
using tests::Keep;
using tests::operation;

class Watched final : public DurableObject {
 public:
  using DurableObject::DurableObject;

  Task<std::int64_t> put() {
    ctx().storage().kv().put("n", n() + 1);
    co_return n();
  }
  std::optional<std::string> reads() {
    if (n() > 2) return "n is " + std::to_string(n());
    return std::nullopt;
  }
  std::optional<std::string> writes() {
    ctx().storage().kv().put("m", n());
    return std::nullopt;
  }
  std::optional<std::string> spends() {
    ctx().spend(5ms);
    return std::nullopt;
  }
  std::optional<std::string> aborts() { ctx().abort(); }
  std::optional<std::string> throws() { throw ObjectError("oh"); }
  std::optional<std::string> throws_a_number() { throw 7; }
  std::optional<std::string> draws() {
    ctx().random_bits();
    ctx().binding("Watched").new_unique_id();
    return std::nullopt;
  }

 private:
  std::int64_t n() { return ctx().storage().kv().get_or("n", std::int64_t{0}); }
};

ObjectClass plain() { return object_class<Watched>("Watched").with<&Watched::put>("put"); }

// What the invariant said after each of three turns, and what else happened.
struct Looked {
  std::vector<std::string> broken;
  std::vector<std::uint64_t> others;
};
Looked look_with(const ObjectClass& watched) {
  scenarios::Experiment experiment = tests::london(
      {ClassPlan{.name = "Watched"}}, {operation(0, 0, 1s, "Watched", "put"), operation(0, 1, 2s, "Watched", "put"),
                                       operation(0, 2, 3s, "Watched", "put")});
  Keep keep;
  scenarios::run(experiment, Code{{watched}}, {.more_sinks = {&keep}});
  Looked looked;
  for (const journal::Record& record : keep.records) {
    if (const auto* checked = std::get_if<journal::InvariantChecked>(&record.event))
      looked.broken.push_back(to_text(checked->broken));
    else
      looked.others.push_back(sim::hash_of(record));
  }
  return looked;
}

TEST(Invariant, IsLookedAtAfterEachTurn) {
  const Looked looked = look_with(plain().invariant<&Watched::reads>("reads"));
  EXPECT_EQ(looked.broken, (std::vector<std::string>{"null", "null", "\"n is 3\""}));
}

TEST(Invariant, DoesNotChangeTheRun) {
  const Looked bare = look_with(plain());
  EXPECT_EQ(look_with(plain().invariant<&Watched::reads>("reads")).others, bare.others);
  EXPECT_EQ(look_with(plain().invariant<&Watched::draws>("draws")).others, bare.others);
  EXPECT_EQ(look_with(plain().invariant<&Watched::throws>("throws")).others, bare.others);
}

TEST(Invariant, IsBrokenIfItChangesTheObject) {
  const std::string acted = "\"the invariant itself changed the object: it may only read\"";
  for (const ObjectClass& each :
       {plain().invariant<&Watched::writes>("writes"), plain().invariant<&Watched::spends>("spends"),
        plain().invariant<&Watched::aborts>("aborts")}) {
    const Looked looked = look_with(each);
    ASSERT_EQ(looked.broken.size(), 3u);
    EXPECT_EQ(looked.broken.front(), acted) << each.invariants().front().name;
  }
}

TEST(Invariant, ThatSpendsOrAbortsIsUndone) {
  const Looked bare = look_with(plain());
  EXPECT_EQ(look_with(plain().invariant<&Watched::spends>("spends")).others, bare.others);
  EXPECT_EQ(look_with(plain().invariant<&Watched::aborts>("aborts")).others, bare.others);
}

TEST(Invariant, IsBrokenIfItThrows) {
  EXPECT_EQ(look_with(plain().invariant<&Watched::throws>("throws")).broken.front(), "\"it threw: oh\"");
  EXPECT_EQ(look_with(plain().invariant<&Watched::throws_a_number>("number")).broken.front(),
            "\"it threw something that is no std::exception, or aborted the object\"");
}

}  // namespace
}  // namespace orrery
