#include "scenarios/experiment_file.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>
#include <numeric>

#include "scenarios/testing/rapidcheck.h"  // a program shows experiments in one way

using namespace orrery;
using namespace orrery::scenarios;

namespace {

// ---- experiments of any kind ------------------------------------------------------------------------

std::string any_name() {
  const auto pieces = *rc::gen::container<std::vector<std::string>>(
      rc::gen::element<std::string>("a", "Counter", " ", "\"", "\\", "'", "'''", "\n", "\r", "\t", "\x01", "\x7f",
                                    "é", "São", "日本", "😀", "#", "="));
  return std::accumulate(pieces.begin(), pieces.end(), std::string());
}

Duration any_duration() { return Duration(*rc::gen::inRange<std::int64_t>(0, nanoseconds(Distribution::tail_max))); }

Distribution any_distribution() {
  const Duration base = any_duration();
  switch (*rc::gen::inRange(0, 5)) {
    case 0: return Distribution::constant(base);
    case 1: return Distribution::uniform(base, base + any_duration());
    case 2: return Distribution::exponential(base);
    case 3: return Distribution::lognormal(base, *rc::gen::inRange<std::int64_t>(0, 10'000'001));
    default: return Distribution::pareto(base, *rc::gen::inRange<std::int64_t>(100'000, 100'000'001));
  }
}

Value any_value() {
  switch (*rc::gen::inRange(0, 6)) {
    case 0: return std::monostate{};
    case 1: return *rc::gen::arbitrary<bool>();
    case 2: return *rc::gen::arbitrary<std::int64_t>();
    case 3: {
      const double number = *rc::gen::arbitrary<double>();
      return std::isnan(number) ? 0.0 : number;  // a NaN equals nothing
    }
    case 4: return any_name();
    default: return *rc::gen::arbitrary<std::string>();
  }
}

Argument any_argument() {
  if (*rc::gen::inRange(0, 3) > 0) return any_value();
  return Between{*rc::gen::arbitrary<std::int64_t>(), *rc::gen::arbitrary<std::int64_t>()};
}

template <class Make>
auto some(int most, Make make) {
  std::vector<decltype(make())> all;
  for (int left = *rc::gen::inRange(0, most + 1); left > 0; --left) all.push_back(make());
  return all;
}

std::vector<Operation> any_list() {
  std::vector<Operation> list;
  for (std::uint32_t client = 0; client < 3; ++client) {
    std::uint64_t number = 0;
    for (int left = *rc::gen::inRange(0, 4); left > 0; --left) {
      number += *rc::gen::inRange<std::uint64_t>(1, 1'000'000'000'000);
      Operation operation{.client = ClientId{client},
                          .number = number,
                          .object_class = any_name(),
                          .call = any_name(),
                          .key = any_name(),
                          .args = some(3, any_value)};
      if (*rc::gen::arbitrary<bool>())
        operation.after_previous = any_duration();
      else
        operation.at = any_duration();
      list.push_back(std::move(operation));
    }
  }
  return list;
}

FaultPlan any_fault() {
  FaultPlan fault;
  fault.kind = static_cast<sim::FaultKind>(*rc::gen::inRange<std::size_t>(0, sim::fault_kind_names.size()));
  fault.point = static_cast<sim::FaultPoint>(*rc::gen::inRange<std::size_t>(0, sim::fault_point_names.size()));
  if (fault.point == sim::FaultPoint::at_time)
    fault.at = any_duration();
  else
    fault.nth = *rc::gen::inRange<std::uint32_t>(1, UINT32_MAX);
  fault.target = any_name();
  fault.lasts = any_duration();
  fault.sectors = any_name();
  fault.stops = static_cast<sim::Direction>(*rc::gen::inRange<std::size_t>(0, sim::direction_names.size()));
  fault.with_users = *rc::gen::arbitrary<bool>();
  fault.rate_millionths = *rc::gen::inRange<std::int64_t>(-1'000'000, 1'000'001);
  fault.by = any_duration();
  return fault;
}

std::int64_t any_share() { return *rc::gen::inRange<std::int64_t>(0, 1'000'001); }
Rate any_rate() { return {*rc::gen::inRange<std::int64_t>(0, INT64_MAX)}; }

Arrivals any_arrivals() {
  switch (*rc::gen::inRange(0, 6)) {
    case 0: return PoissonArrivals{any_rate()};
    case 1: return ConstantArrivals{any_rate()};
    case 2: return BurstyArrivals{any_rate(), any_rate(), any_duration(), any_duration()};
    case 3: return RampArrivals{any_rate(), any_rate(), any_duration()};
    case 4: return ClosedLoop{any_distribution()};
    default: return TraceArrivals{};
  }
}

RetryPlan any_retry() {
  if (*rc::gen::arbitrary<bool>()) return {};
  const Duration a = any_duration();
  const Duration b = any_duration();
  return {.after_timeout = *rc::gen::arbitrary<bool>(),
          .after_error = *rc::gen::arbitrary<bool>(),
          .timeout = any_duration() + 1ns,
          .max = *rc::gen::inRange<std::uint32_t>(0, 1'001),
          .backoff_least = std::min(a, b),
          .backoff_most = std::max(a, b)};
}

std::optional<TracePlan> any_trace() {
  if (*rc::gen::arbitrary<bool>()) return std::nullopt;
  TracePlan trace;
  trace.file = any_name();
  trace.digest = any_name();
  trace.columns = {any_name(), any_name(), any_name(), any_name(), any_name(), any_name(), any_name()};
  if (*rc::gen::arbitrary<bool>()) trace.operations = {{any_name() + "a", any_name()}};
  trace.unit = any_duration();
  trace.speed_millionths = *rc::gen::inRange<std::int64_t>(1, 1'000'000'000);
  trace.spread = any_duration();
  trace.late = any_duration();
  trace.interval = any_duration();
  return trace;
}

reports::Objective any_objective() {
  const std::string metric = *rc::gen::elementOf(std::vector<std::string>{"mean", "max", "p50", "p99.9"});
  return *reports::parse_objective(*rc::gen::elementOf(std::vector<std::string>{"", "us.", "Venue.book."}) + metric,
                                   to_text(any_duration() + 1ns));
}

Experiment any_experiment() {
  Experiment e;
  e.scenario = any_name();
  e.seed = *rc::gen::arbitrary<std::uint64_t>();
  e.lasts = any_duration();
  e.warmup = any_duration();
  e.world = {any_name(), any_name(), *rc::gen::inRange(1, 9), *rc::gen::inRange(1, 9)};
  e.link = {any_distribution(), *rc::gen::inRange<std::int64_t>(0, 1'000'001)};
  e.disk.sync = any_distribution();
  e.classes = some(3, [] {
    return ClassPlan{any_name(),
                     any_name(),
                     *rc::gen::inRange<std::uint64_t>(1, Zipf::ranks_max + 1),
                     *rc::gen::inRange<std::int64_t>(0, Zipf::s_millionths_max + 1),
                     any_share(),
                     any_share(),
                     *rc::gen::arbitrary<std::uint32_t>(),
                     any_name(),
                     static_cast<object::Holding>(*rc::gen::inRange<std::size_t>(0, object::holding_names.size()))};
  });
  e.services = some(2, [] {
    return ServicePlan{any_name(), any_name(), any_distribution(), *rc::gen::inRange<std::int64_t>(0, 1'000'001)};
  });
  e.clients = some(3, [] {
    return ClientGroup{any_name(), any_name(), *rc::gen::inRange<std::uint32_t>(1, 1'000'001), any_arrivals(),
                       any_retry()};
  });
  if (*rc::gen::arbitrary<bool>())
    e.workload = Law{some(3,
                          [] {
                            return CallShare{any_name(), any_name(), *rc::gen::arbitrary<std::uint32_t>(),
                                             some(3, any_argument), any_name()};
                          }),
                     any_trace()};
  else
    e.workload = any_list();
  e.adversary = {any_duration(), *rc::gen::arbitrary<bool>(), some(3, [] {
                   return sim::Postponement{ClientId{*rc::gen::arbitrary<std::uint32_t>()},
                                            *rc::gen::inRange<std::uint64_t>(0, INT64_MAX),
                                            *rc::gen::inRange<std::uint32_t>(0, 1'001), any_duration()};
                 })};
  e.faults = some(3, any_fault);
  e.properties = some(3, any_name);
  for (const reports::Objective& each : some(3, any_objective)) {
    const auto is_it = [&each](const reports::Objective& other) { return name_of(other) == name_of(each); };
    if (std::ranges::none_of(e.objectives, is_it)) e.objectives.push_back(each);
  }
  return e;
}

Experiment small_experiment() {
  Experiment e;
  e.scenario = "counter";
  e.seed = 7;
  e.classes = {{.name = "Counter", .model = "counter", .keys = 4, .zipf_millionths = 990'000}};
  e.clients = {{.name = "lhr", .city = "London", .clients = 2, .arrivals = poisson(*parse_rate("50/s"))}};
  e.workload = std::vector<Operation>{
      {ClientId{0}, 0, 2ms, "Counter", "increment", "3", {Value(std::int64_t{1}), Value(), Value(0.5)}},
      {ClientId{1}, 0, 1500us, "Counter", "read", "0", {}}};
  e.properties = {"serialization"};
  return e;
}

ExperimentStamp stamp() {
  return {.build = "0.1.0+ab12",
          .property = "serialization",
          .violation = {"no_order", std::string(64, 'a'), "it read \"3\" before", Time(1203ms)},
          .fingerprint = 0xc39d1f6a50b7e284u,
          .checkpoints = {.interval = 128, .values = {1, 0xffffffffffffffffu}}};
}

std::string replaced(std::string text, std::string_view what, std::string_view with) {
  const std::size_t at = text.find(what);
  EXPECT_NE(at, text.npos) << what;
  return at == text.npos ? text : text.replace(at, what.size(), with);
}

// What is said of the small experiment with one thing changed.
std::string complaint(std::string_view what, std::string_view with) {
  const auto read = read_experiment(replaced(to_toml(small_experiment(), stamp()), what, with), "x.toml");
  return read ? "nothing" : to_text(read.error());
}

}  // namespace

RC_GTEST_PROP(ExperimentFile, ReadsBackWhatWasWritten, ()) {
  const Experiment experiment = any_experiment();
  const std::string text = to_toml(experiment);
  const auto read = read_experiment(text, "x.toml");
  if (!read) RC_FAIL(to_text(read.error()));
  RC_ASSERT(read->experiment == experiment);
  RC_ASSERT(to_toml(read->experiment) == text);
}

TEST(ExperimentFile, IsLaidOutForPeople) {
  EXPECT_EQ(to_toml(small_experiment()), R"(orrery     = 1
scenario   = "counter"
seed       = "7"
properties = ["serialization"]

[run]
duration = "1m"
warmup   = "0s"

[network]
access = "lognormal 8ms sigma 0.3"
jitter = 0.02

[disk]
sync = "lognormal 200us sigma 0.3"

[world]
data_centers_per_city = 3
machines_per_data_center = 1
classes = [
  { name = "Counter", model = "counter", keys = 4, zipf = 0.99 },
]

[workload]
clients = [
  { name = "lhr", city = "London", clients = 2, arrivals = { process = "poisson", rate = "50/s" } },
]
ops = [
  { client = 0, n = 0, at = "2ms", class = "Counter", call = "increment", key = "3", args = [1, {}, 0.5] },
  { client = 1, n = 0, at = "1.5ms", class = "Counter", call = "read", key = "0" },
]
)");
}

TEST(ExperimentFile, WritesEachFaultAsATable) {
  Experiment experiment = small_experiment();
  experiment.faults = {
      {.kind = sim::FaultKind::crash, .at = 195ms, .target = "Counter/12", .lasts = 1s, .sectors = "kdt"},
      {.kind = sim::FaultKind::evict, .point = sim::FaultPoint::at_await, .nth = 3, .target = "iad-1-1"},
      {.kind = sim::FaultKind::partition,
       .target = "Counter/12",
       .lasts = 5s,
       .stops = sim::Direction::out,
       .with_users = true},
      {.kind = sim::FaultKind::delay, .target = "lhr,fra", .lasts = 5s, .rate_millionths = 250'000, .by = 20ms}};

  EXPECT_TRUE(to_toml(experiment).ends_with(R"(
[[faults]]
kind = "crash"
target = "Counter/12"
at = "195ms"
lasts = "1s"
sectors = "kdt"

[[faults]]
kind = "evict"
target = "iad-1-1"
point = "at_await"
nth = 3

[[faults]]
kind = "partition"
target = "Counter/12"
at = "0s"
lasts = "5s"
stops = "out"
with_users = true

[[faults]]
kind = "delay"
target = "lhr,fra"
at = "0s"
lasts = "5s"
rate = 0.25
by = "20ms"
)"));
}

TEST(ExperimentFile, HasTheUsualDiskIfItNamesNone) {
  const std::string text =
      replaced(to_toml(small_experiment()), "[disk]\nsync = \"lognormal 200us sigma 0.3\"\n\n", "");

  const auto read = read_experiment(text, "x.toml");

  ASSERT_TRUE(read);
  EXPECT_EQ(read->experiment, small_experiment());
}

TEST(ExperimentFile, EmbedsAMatrixAsItIs) {
  Experiment experiment = small_experiment();
  experiment.world.rtt_csv = "from,to,rtt_ms\nZurich,London,18.25\n";

  EXPECT_NE(to_toml(experiment).find("matrix = '''\nfrom,to,rtt_ms\nZurich,London,18.25\n'''\n"), std::string::npos);
}

TEST(ExperimentFile, KeepsWhatWasFound) {
  const auto read = read_experiment(to_toml(small_experiment(), stamp()), "x.toml");

  ASSERT_TRUE(read);
  EXPECT_FALSE(read->edited);
  EXPECT_EQ(read->stamp.build, "0.1.0+ab12");
  EXPECT_EQ(read->stamp.property, "serialization");
  EXPECT_EQ(read->stamp.violation, stamp().violation);
  EXPECT_EQ(read->stamp.fingerprint, 0xc39d1f6a50b7e284u);
  EXPECT_EQ(read->stamp.checkpoints.interval, 128u);
  EXPECT_EQ(read->stamp.checkpoints.values, stamp().checkpoints.values);
}

TEST(ExperimentFile, NoticesThatItWasEdited) {
  const std::string text = to_toml(small_experiment(), stamp());

  const auto moved = read_experiment(replaced(text, "\"2ms\"", "\"3ms\""), "x.toml");
  const auto commented = read_experiment("# a note\n" + text, "x.toml");

  ASSERT_TRUE(moved && commented);
  EXPECT_TRUE(moved->edited);
  EXPECT_FALSE(commented->edited);
}

TEST(ExperimentFile, TakesOperationsInAnyOrder) {
  std::string text = to_toml(small_experiment());
  const std::string second =
      "  { client = 1, n = 0, at = \"1.5ms\", class = \"Counter\", call = \"read\", key = \"0\" },\n";
  text = replaced(text, second, "");
  text = replaced(text, "ops = [\n", "ops = [\n" + second);

  const auto read = read_experiment(text, "x.toml");

  ASSERT_TRUE(read);
  EXPECT_EQ(read->experiment, small_experiment());
}

TEST(ExperimentFile, KeepsAtMost64Checkpoints) {
  sim::Checkpoints many{.interval = 64, .values = std::vector<std::uint64_t>(1000)};
  std::iota(many.values.begin(), many.values.end(), 1u);

  const sim::Checkpoints fewer = thinned(many);

  EXPECT_EQ(fewer.interval, 64u * 16);
  ASSERT_EQ(fewer.values.size(), 62u);
  EXPECT_EQ(fewer.values.front(), 16u);
  EXPECT_EQ(fewer.values.back(), 992u);
}

TEST(ExperimentFile, ShowsWhereItIsBroken) {
  EXPECT_EQ(complaint("scenario ", "scenaro "),
            "x.toml:2:1: unknown key \"scenaro\"\n"
            "    2 | scenaro   = \"counter\"\n"
            "      | ^~~~~~~ did you mean \"scenario\"?\n");
  EXPECT_EQ(complaint("\"2ms\"", "\"2 apples\"").substr(0, 43), "x.toml:29:29: \"2 apples\" is not a duration:");
}

TEST(ExperimentFile, RefusesWhatItDoesNotKnow) {
  const auto begins = [](const std::string& text, std::string_view wanted) {
    EXPECT_EQ(text.substr(0, wanted.size()), wanted);
  };
  begins(complaint("orrery     = 1", "orrery     = 2"),
         "x.toml:1:14: the file has format 2, this orrery reads format 1");
  begins(complaint("orrery     = 1\n", ""), "x.toml: there is no \"orrery\"");
  begins(complaint("seed       = \"7\"", "seed       = 7"),
         "x.toml:3:14: \"seed\" must be a text in quotes, not a whole number");
  begins(complaint("seed       = \"7\"\n", ""), "x.toml: there is no \"seed\"");
  begins(complaint("duration = \"1m\"\n", ""), "x.toml:6:1: there is no \"duration\" in [run]");
  begins(complaint("jitter = 0.02", "jitter = 1.5"), "x.toml:12:10: \"jitter\" must be between 0 and 1");
  begins(complaint("jitter = 0.02", "jitter = nan"), "x.toml:12:10: \"jitter\" must be between 0 and 1");
  begins(complaint("jitter = 0.02", "jitter = 0.1234567"), "x.toml:12:10: \"jitter\" has more than six decimals");
  begins(complaint("keys = 4", "keys = 0"), "x.toml:21:49: \"keys\" must be between 1 and 16777216");
  begins(complaint("keys = 4", "keyz = 4"), "x.toml:21:42: unknown key \"keyz\" in classes");
  begins(complaint("rate = \"50/s\"", "rate = \"50\""), "x.toml:26:90: \"50\" is not a rate");
  begins(complaint("client = 1", "client = 0"), "x.toml:30:21: operation 0 of client 0 stands twice");
  begins(complaint("ops = [", "opps = ["), "x.toml:24:1: there is neither a \"mix\" nor \"ops\" in [workload]");
  begins(complaint("[workload]", "[workload]\nmix = []"),
         "x.toml:29:7: the workload is either a \"mix\" or \"ops\", not both");
  begins(complaint("args = [1,", "args = [{ x = 1 },"), "x.toml:29:94: \"args\" may hold");
  begins(complaint("\"c39d1f6a50b7e284\"", "\"c39d\""),
         "x.toml:40:15: \"fingerprint\" must be a text of 16 hexadecimal digits");
  begins(complaint("[run]", "[run]\nwarmup = \"1s\""), "x.toml:9:12: this is not TOML: ");
  begins(complaint("[run]", "[run"), "x.toml:6:5: this is not TOML: ");
  begins(complaint("[run]", "[ruin]"), "x.toml: there is no \"duration\" in [run]");
}

TEST(ExperimentFile, RefusesFaultsThatItCannotRead) {
  const auto complaint_about = [](const std::string& fault) {
    const auto read = read_experiment(to_toml(small_experiment()) + "[[faults]]\n" + fault, "x.toml");
    return read ? "nothing" : to_text(read.error());
  };
  const auto begins = [](const std::string& text, std::string_view wanted) {
    EXPECT_EQ(text.substr(0, wanted.size()), wanted);
  };

  EXPECT_EQ(complaint_about("kind = \"pause\"\ntarget = \"iad-1-1\"\nat = \"1s\"\n"), "nothing");
  EXPECT_EQ(complaint_about("kind = \"crsh\"\ntarget = \"iad-1-1\"\nat = \"1s\"\n"),
            "x.toml:33:8: \"kind\" must be one of crash, pause, evict, sync_fails, disk_full, new_disk, partition, drop, duplicate, delay, "
            "drift, not \"crsh\"\n"
            "   33 | kind = \"crsh\"\n"
            "      |        ^~~~~~ did you mean \"crash\"?\n");
  begins(complaint_about("kind = 1\ntarget = \"iad-1-1\"\nat = \"1s\"\n"),
         "x.toml:33:8: \"kind\" must be a text, not a whole number");
  begins(complaint_about("kind = \"crash\"\nat = \"1s\"\n"), "x.toml:32:1: there is no \"target\" in faults");
  begins(complaint_about("kind = \"crash\"\ntarget = \"iad-1-1\"\npoint = \"at\"\n"),
         "x.toml:35:9: \"point\" must be one of in_turn, at_await, before_sync, after_sync, not \"at\"");
  begins(complaint_about("kind = \"crash\"\ntarget = \"iad-1-1\"\npoint = \"in_turn\"\nnth = 0\n"),
         "x.toml:36:7: \"nth\" must be between 1 and 4294967295");
  begins(complaint_about("kind = \"crash\"\ntarget = \"iad-1-1\"\nat = \"1s\"\nnth = 2\n"),
         "x.toml:36:7: \"nth\" counts the passings of a \"point\"");
  begins(complaint_about("kind = \"crash\"\ntarget = \"iad-1-1\"\n"),
         "x.toml:32:1: a fault strikes either \"at\" a time or at a \"point\"");
  begins(complaint_about("kind = \"crash\"\ntarget = \"iad-1-1\"\nat = \"1s\"\npoint = \"in_turn\"\n"),
         "x.toml:35:6: a fault strikes either \"at\" a time or at a \"point\"");
  begins(complaint_about("kind = \"crash\"\ntarget = \"iad-1-1\"\nat = \"1s\"\nlast = \"1s\"\n"),
         "x.toml:36:1: unknown key \"last\" in faults\n   36 | last = \"1s\"\n      | ^~~~ did you mean \"lasts\"?");
  begins(complaint("[disk]\nsync", "[disk]\nsink"), "x.toml:15:1: unknown key \"sink\" in [disk]");
}

TEST(ExperimentFile, NeverFailsOnBrokenText) {
  Experiment experiment = small_experiment();
  experiment.faults = {{.kind = sim::FaultKind::crash, .target = "Counter/0", .lasts = 1s, .sectors = "kdt"}};
  const std::string text = to_toml(experiment, stamp());
  for (std::size_t size = 0; size < text.size(); ++size) {
    const auto cut = read_experiment(std::string_view(text).substr(0, size), "x.toml");
    EXPECT_TRUE(cut || !cut.error().message.empty()) << size;
  }
}
