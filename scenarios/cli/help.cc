#include <fmt/format.h>

#include <string_view>

#include "scenarios/cli/commands.h"
#include "scenarios/cli/errors.h"
#include "scenarios/cli/version.h"

namespace orrery::cli {
namespace {

constexpr std::string_view top = R"(Usage: orrery COMMAND [options]

Simulate durable-object designs across data centers. Same seed, same result, everywhere.

  orrery run counter --seed 7            latency, queueing, where the time goes
  orrery check counter                   look for broken properties in 1,000 seeds, keep what fails
  orrery replay orrery-regressions/F     run a stored failure again, bit for bit
  orrery list counter                    what can be set

Simulate    run                          Inspect   list
Check       check  replay                Other     help  version

orrery help COMMAND for options, orrery help exit-codes
)";

constexpr std::string_view run = R"(Usage: orrery run SCENARIO [options]

Simulate one seed of a scenario: latencies, where the time goes, verdicts.

  orrery run counter
  orrery run counter --seed 7 --set run.duration=10s --set clients.rate=20/s
  orrery run counter --format json --no-wall -o result.json

  --seed N|random     any 64 bits, decimal or 0x; default 1
  --set PATH=VALUE    a setting of the scenario, as in orrery list SCENARIO; repeatable
  --history FILE      every record of the run, one a line
)";

constexpr std::string_view check = R"(Usage: orrery check SCENARIO...|all [options]

Judge the properties over many seeds, each with timing and faults of its own. Ends at the first violation of each
property and stores it in orrery-regressions/. What is stored there is tried first.

  orrery check counter
  orrery check all --seeds 100
  orrery check counter -p serialization --keep-going 5
  orrery check counter --faults off

  --seed N|random     the first seed; default 1
  --seeds N           how many; default 1000
  -j, --jobs N        worker processes; default one for each core; never changes any result
  -p, --property P    only these count: a name, or a glob such as '*order*'; repeatable
  --keep-going N      look for so many violations of each property; default 1
  --faults on|off     crashes, pauses, evictions, failing and full disks; off gives the clean baseline; default on
  --set PATH=VALUE    a setting of the scenario, as in orrery list SCENARIO; repeatable
)";

constexpr std::string_view replay = R"(Usage: orrery replay FILE [options]

Run an experiment from a file. If it is the one that was stored, by the same build, the run is the same too: exit
code 5 says that it was not. Another build is judged by the verdict alone.

  orrery replay orrery-regressions/counter-1a2b.toml

The file can be edited: seed, operations, delays, faults.
)";

constexpr std::string_view list =
    R"(Usage: orrery list [scenarios|properties|faults|rtt|regions|datacenters|SCENARIO] [options]

  orrery list                           the scenarios and what they teach
  orrery list counter                   its settings, with usual values and ranges
  orrery list counter --format toml     the same as TOML
  orrery list faults                    what can go wrong, and when
  orrery list rtt                       round trips between cities, measured or estimated
  orrery list regions                   location hints and the cities that stand for them
)";

constexpr std::string_view help = R"(Usage: orrery help [COMMAND|exit-codes]
)";

constexpr std::string_view version_help = R"(Usage: orrery version

Prints the version; with -v also the build, which stored failures name.
)";

constexpr std::string_view of_all = R"(
  -q, --quiet         only the last line
  -v                  also what decides nothing
  --format text|json  default text
  -o, --output FILE   the result goes there, complete or not at all; - is the screen
  --no-wall           leave out the time on the wall: the same seed then gives the same bytes
  --color auto|always|never
  --progress auto|bar|none
)";

constexpr std::string_view exit_codes = R"(Exit codes

    0  green
    1  red: a property is violated, or still violated in a replay
    2  usage: a wrong flag, name or value, a broken file (with its line)
    3  cannot tell: a property was not put to the test, or its checker gave up
    4  nothing selected
    5  the replay was another run than the one stored
    6  cannot read or write a file
   70  a bug in orrery; it says what to attach
  130  interrupted by Ctrl-C (143: by SIGTERM); what was known was printed

If several apply: 70, then 130 and 143, 5, 2, 6, 1, 3, 4.
)";

struct Topic {
  std::string_view name;
  std::string_view text;
  bool has_flags;
};

constexpr Topic topics[] = {
    {"run", run, true},    {"check", check, true},           {"replay", replay, true},         {"list", list, true},
    {"help", help, false}, {"version", version_help, false}, {"exit-codes", exit_codes, false}};

}  // namespace

std::string help_text(const std::string& topic) {
  if (topic.empty()) return std::string(top);
  std::vector<std::string> known;
  for (const Topic& each : topics) {
    if (each.name == topic) return std::string(each.text) + std::string(each.has_flags ? of_all : "");
    known.emplace_back(each.name);
  }
  refuse_name("help topic", topic, known, fmt::format("known: {}", fmt::join(known, ", ")));
}

int help_command(const Program& program, const Options& options, const Console& console) {
  if (options.names.size() > 1) refuse(exit_usage, "help takes one topic");
  Output output(options, console);
  output.put(as_typed(help_text(options.names.empty() ? "" : options.names.front()), program));
  output.complete();
  return exit_green;
}

int version_command(const Program& program, const Options& options, const Console& console) {
  Output output(options, console);
  output.put(options.verbose ? fmt::format("orrery {}\nbuild {}\n", version(), program.build)
                             : fmt::format("orrery {}\n", version()));
  output.complete();
  return exit_green;
}

}  // namespace orrery::cli
