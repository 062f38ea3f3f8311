#include <gtest/gtest.h>

#include <limits>

#include "core/base/invariant.h"
#include "reports/sweep.h"
#include "tests/reports/booking.h"

using namespace orrery;
using namespace orrery::reports;

namespace {

Outcome there_and_back(const Outcome& outcome) { return unpack_outcome(pack(outcome)); }

// Nothing in it is as it was made.
Outcome full_outcome() {
  Outcome outcome = booking_outcome(std::numeric_limits<std::uint64_t>::max(), 1ms);
  outcome.all.failed = 12;
  outcome.all.unknown = 3;
  outcome.all.retried = 40;
  outcome.groups[1].name = "São Paulo";
  outcome.verdicts[1] = {"serialization",
                         {.kind = properties::Verdict::Kind::violated,
                          .tested = 3,
                          .violation = {{"one_order", std::string(64, 'a'), "call 17 returned 4", Time(41'203ms)}},
                          .note = "said so"},
                         70};
  outcome.keys.push_back({"User", std::string("\0\xff\n", 3), 1, 2});
  outcome.notes = {"the recording ended early"};
  outcome.reached["overloaded"] = 0;
  return outcome;
}

}  // namespace

TEST(OutcomeBytes, ComeBackAsTheyWere) {
  const Outcome outcome = full_outcome();
  EXPECT_EQ(there_and_back(outcome), outcome);
  EXPECT_EQ(there_and_back(Outcome{}), Outcome{});
}

TEST(OutcomeBytes, TellTheSamePercentilesAndBands) {
  const Outcome outcome = full_outcome();
  const Outcome back = there_and_back(outcome);

  EXPECT_EQ(back.all.histogram.percentile({99'900}), outcome.all.histogram.percentile({99'900}));
  EXPECT_EQ(back.all.histogram.mean(), outcome.all.histogram.mean());
  EXPECT_EQ(back.all.histogram.min(), outcome.all.histogram.min());
  EXPECT_EQ(back.stages.band_between({99'000}, {100'000}), outcome.stages.band_between({99'000}, {100'000}));
}

TEST(OutcomeBytes, HoldDurationsOfEveryMagnitude) {
  Outcome outcome;
  for (int shift = 0; shift < 64; ++shift) {
    const Duration duration(static_cast<std::int64_t>(~std::uint64_t{0} >> 1 >> shift));
    outcome.all.histogram.record(duration, std::uint64_t{1} << (shift / 2));
    StageTimes stages{};
    stages[static_cast<std::size_t>(shift) % stage_count] = duration;
    outcome.stages.record(duration, stages);
    outcome.objects.push_back({.object = "a", .class_name = "b", .busy = duration, .busiest_from = Time(duration)});
    outcome.objects.push_back({.object = "a", .class_name = "b", .busy = -duration});
  }
  outcome.virtual_time = Duration::min();

  EXPECT_EQ(there_and_back(outcome), outcome);  // the sum of these latencies takes more than 64 bits
}

TEST(OutcomeBytes, MergeAfterTheWayAsBeforeIt) {
  const std::vector<Outcome> seeds{booking_outcome(1, 1ms), booking_outcome(2, 30us)};
  EXPECT_EQ(merged({there_and_back(seeds[0]), there_and_back(seeds[1])}), merged(seeds));
}

TEST(OutcomeBytes, AreFewerThanTheRequests) { EXPECT_LT(pack(booking_outcome(1, 1ms)).size(), 60'000u); }

TEST(OutcomeBytes, ThatAreCutShortOrTooManyAreOurMistake) {
  const Bytes bytes = pack(booking_outcome(1, 10us));
  for (std::size_t size = 0; size < bytes.size(); size += 97)
    EXPECT_THROW(unpack_outcome(bytes.substr(0, size)), Bug) << size;
  EXPECT_THROW(unpack_outcome(bytes + '\0'), Bug);
  EXPECT_THROW(unpack_outcome(Bytes(20, '\xff')), Bug);
}

TEST(PairedBytes, ComeBackAsTheyWere) {
  const Paired paired{.pairs = 60'000,
                      .moved = 1,
                      .mean_change_ns = -247'900'000,
                      .interval = {{std::numeric_limits<std::int64_t>::min(), 5}},
                      .slower = 60,
                      .much_slower = 2,
                      .operations = {{"Venue.view", 40'000, 1}, {"Venue.book", 20'000, 1}}};
  EXPECT_EQ(unpack_paired(pack(paired)), paired);
  EXPECT_EQ(unpack_paired(pack(Paired{})), Paired{});
}
