// The catalogue of what makes designs slow or wrong: nothing is missing from it, and nothing is in it in vain.
#include "scenarios/rules.h"

#include <gtest/gtest.h>

#include <set>

#include "scenarios/design/lint.h"
#include "scenarios/findings.h"
#include "tests/scenarios/broken_rules.h"

namespace orrery::scenarios {
namespace {

using namespace tests;

TEST(Rules, HaveANameOfTheirOwnAndSaySomething) {
  std::set<std::string_view> ids;
  for (const Rule& each : rules()) {
    EXPECT_TRUE(ids.insert(each.id).second) << each.id << " stands twice";
    EXPECT_EQ(rule_named(each.id), &each);
    EXPECT_EQ(each.id.find_first_not_of("abcdefghijklmnopqrstuvwxyz-"), each.id.npos) << each.id;
    EXPECT_FALSE(each.sentence.ends_with('.')) << each.sentence;
    EXPECT_TRUE(each.why.ends_with('.')) << each.why;
  }
  EXPECT_EQ(rule_named("hot"), nullptr);
}

TEST(Rules, AreAllBrokenByAnExample) {
  std::set<std::string> broken;
  for (const auto& examples : {broken_in_runs(), broken_in_text()})
    for (const BrokenRule& each : examples) broken.insert(each.rule);
  for (const Rule& each : rules()) EXPECT_TRUE(broken.contains(std::string(each.id))) << each.id;
}

TEST(Rules, AreInTheCatalogueIfAnythingNamesThem) {
  for (const BrokenRule& each : broken_in_text()) {
    EXPECT_TRUE(rule_named(each.rule)) << each.rule;
    Design design;
    design.experiment = each.broken;
    for (const LintNote& note : lint(design, nullptr)) EXPECT_TRUE(rule_named(note.rule)) << note.rule;
  }
  for (const BrokenRule& each : broken_in_runs()) {
    EXPECT_TRUE(rule_named(each.rule)) << each.rule;
    const reports::Outcome outcome = run(each.broken, built_in_code()).outcome;
    const auto judged = reports::judge(each.broken.objectives, outcome, each.broken.lasts);
    for (const reports::Finding& finding : findings_of(each.broken, outcome, judged, "venue.toml"))
      EXPECT_TRUE(rule_named(finding.rule)) << finding.rule;
  }
}

}  // namespace
}  // namespace orrery::scenarios
