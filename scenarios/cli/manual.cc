// The whole manual, written out.
#include "scenarios/cli/manual.h"

#include "scenarios/cli/errors.h"

namespace orrery::cli {
namespace {

Flag seed(std::string_view help) { return {.names = "--seed", .value = "N|random", .usual = "1", .help = help}; }

Flag set() {
  return {.names = "--set",
          .value = "PATH=VALUE",
          .help = "a setting of the scenario, as in orrery list SCENARIO; repeatable",
          .completes = Completes::settings,
          .is_repeatable = true};
}

// Settings that have flags of their own: they change all that the command runs alike.
std::vector<Flag> with_common_sets(std::vector<Flag> flags) {
  flags.push_back({.names = "--duration", .value = "TIME", .help = "virtual time that clients send for: run.duration"});
  flags.push_back(
      {.names = "--warmup", .value = "TIME", .help = "requests of this beginning are left out: run.warmup"});
  flags.push_back({.names = "--rate", .value = "xN", .help = "N times the arrivals of a design, as in x1.5: rate"});
  return flags;
}

Flag variant() {
  return {.names = "--variant",
          .value = "NAME",
          .help = "a variant of the design; repeatable where several are taken",
          .is_repeatable = true};
}

Flag seeds() {
  return {.names = "--seeds", .value = "N|A..B", .help = "how many; default: as many as the design says, or 1"};
}

Flag format(std::vector<std::string_view> words, std::string_view help = "what the result is written as") {
  const std::string_view usual = words.front();
  return {.names = "--format", .words = std::move(words), .usual = usual, .help = help};
}

Flag jobs() {
  return {.names = "-j, --jobs",
          .value = "N",
          .help = "worker processes; never changes any result; default: as many as there are cores"};
}

Flag log() {
  return {.names = "--log",
          .words = {"off", "info", "debug"},
          .usual = "off",
          .help = "tell on standard error what happens in the run, in virtual time; debug: each message too"};
}

Flag verbose(std::string_view help) { return {.names = "-v", .help = help}; }

std::vector<Flag> flags_of_all() {
  return {
      {.names = "-h, --help", .help = "the help of the command"},
      {.names = "--version", .help = "the version, if there is no command"},
      {.names = "-q, --quiet", .help = "only the last line"},
      {.names = "-o, --output",
       .value = "FILE",
       .usual = "-",
       .help = "the result, whole or not at all; - is the screen",
       .completes = Completes::files},
      {.names = "--no-wall", .help = "no time on the wall: the same seed gives the same bytes"},
      {.names = "--color", .words = {"auto", "always", "never"}, .usual = "auto", .help = "auto: only on a screen"},
      {.names = "--progress",
       .words = {"auto", "bar", "none"},
       .usual = "auto",
       .help = "counts seeds; auto: only on a screen"},
  };
}

CommandEntry run() {
  return {.name = "run",
          .group = "Simulate",
          .arguments = "SCENARIO|DESIGN",
          .summary = "Simulate a scenario or a design: latencies, where the time goes, what to do about it",
          .text =
              "A design is a workload in a TOML file: orrery init writes one, orrery help design-file says what can "
              "stand in it. If it has objectives, they decide about the exit code.",
          .examples = {{"orrery run counter"},
                       {"orrery run booking.toml --variant shards --seeds 5"},
                       {"orrery run counter --seed 7 --set run.duration=10s --set clients.rate=20/s"},
                       {"orrery run counter --format json --no-wall -o result.json"}},
          .flags = with_common_sets({seed("the first seed; any 64 bits, decimal or 0x"),
                    seeds(),
                    jobs(),
                    set(),
                    variant(),
                    {.names = "--history",
                     .value = "FILE",
                     .help = "every record of the run, one a line",
                     .completes = Completes::files},
                    log(),
                    format({"text", "json"}),
                    verbose("all parts of the report; of one seed, before it, the first 100 lines of its story")}),
          .notes = "Exit code 1: an objective is missed, or a property violated. 3: too few requests to say.",
          .completes = {Completes::scenarios, Completes::files}};
}

CommandEntry sweep() {
  return {.name = "sweep",
          .group = "Simulate",
          .arguments = "DESIGN|SCENARIO",
          .summary = "The same design with other values: where it bends, and the smallest value that is enough",
          .text = "Each --set lists the values of one path; several make a grid.",
          .examples = {{"orrery sweep booking.toml --set objects.Venue.shards=1,2,4,per-key"},
                       {"orrery sweep booking.toml --set rate=x0.5,x1,x2 --seeds 3"}},
          .flags = with_common_sets({seed("the first seed; any 64 bits, decimal or 0x"), seeds(), jobs(), set(),
                                     variant(), format({"text", "json"})}),
          .notes = "Exit code 1: no point meets all objectives.",
          .completes = {Completes::scenarios, Completes::files}};
}

CommandEntry compare() {
  return {.name = "compare",
          .group = "Simulate",
          .arguments = "DESIGN...",
          .summary = "Designs under the same traffic: each request is compared with itself",
          .text =
              "All have the same arrivals, keys and draws, so what differs is due to the designs. The first is the "
              "baseline; the others are its variants, other files, or what --set makes of it.",
          .examples = {{"orrery compare booking.toml --all-variants"},
                       {"orrery compare booking.toml --set objects.Venue.shards=2 --variant shards-home"},
                       {"orrery compare old.toml new.toml --tolerance 5%"}},
          .flags = with_common_sets({variant(),
                    {.names = "--all-variants", .help = "every variant that the design has"},
                    set(),
                    {.names = "--tolerance",
                     .value = "SHARE",
                     .usual = "10%",
                     .help = "how much a percentile may grow before the last design is worse than the first"},
                    seed("the first seed; any 64 bits, decimal or 0x"),
                    seeds(),
                    jobs(),
                    format({"text", "json"})}),
          .notes = "Exit code 1: the last design is worse than the first.",
          .completes = {Completes::scenarios, Completes::files}};
}

CommandEntry lint() {
  return {.name = "lint",
          .group = "Inspect",
          .arguments = "DESIGN",
          .summary = "What is wrong with a design, by rules, each with the numbers of a run",
          .examples = {{"orrery lint booking.toml"}, {"orrery help hot-object", "what a rule means"}},
          .flags = with_common_sets({{.names = "--no-run", .help = "read the design only: no evidence"},
                    variant(),
                    set(),
                    seed("of the run, a minute long at most"),
                    format({"text", "json"})}),
          .notes = "Exit code 1: a note is an error.",
          .completes = {Completes::files}};
}

CommandEntry init() {
  return {.name = "init",
          .group = "Other",
          .arguments = "[TEMPLATE]",
          .summary = "Write a commented design to begin with",
          .examples = {{"orrery init", "the templates there are"}, {"orrery init booking -o booking.toml"}},
          .flags = {},
          .completes = {Completes::templates}};
}

CommandEntry bench() {
  return {.name = "bench",
          .group = "Simulate",
          .arguments = "[SCENARIO|DESIGN]",
          .summary = "How much one object can do: more and more clients, each waiting for its answer",
          .text =
              "Each rung of the ladder has so many clients, all of one object; each calls again as soon as it has "
              "its answer. The scenario is the first one, if none is named.",
          .examples = {{"orrery bench counter"},
                       {"orrery bench counter --handler read --clients 1,8,64"},
                       {"orrery bench counter --real", "also on this machine's disk and clock"}},
          .flags = {{.names = "--handler",
                     .value = "NAME",
                     .help = "the call whose ladder it is; default: the first of the scenario's mix"},
                    {.names = "--clients",
                     .value = "A..B|A,B,C",
                     .usual = "1..64",
                     .help = "the rungs: powers of two from A to B, or these numbers"},
                    {.names = "--real", .help = "the same on real files and in real time too"},
                    jobs(),
                    seed("any 64 bits, decimal or 0x"),
                    set(),
                    variant(),
                    format({"text", "json"})},
          .completes = {Completes::scenarios, Completes::files}};
}

CommandEntry check() {
  return {.name = "check",
          .group = "Check",
          .arguments = "SCENARIO...|DESIGN...|all",
          .summary = "Judge the properties over many seeds, each with timing and faults of its own",
          .text =
              "Ends at the first violation of each property and stores it in orrery-regressions/. What is stored "
              "there is tried first.",
          .examples = {{"orrery check counter"},
                       {"orrery check all --seeds 100"},
                       {"orrery check counter -p serialization --keep-going 5"},
                       {"orrery check counter --faults off"}},
          .flags = {seed("the first seed; any 64 bits, decimal or 0x"),
                    {.names = "--seeds", .value = "N|A..B", .usual = "1000", .help = "how many"},
                    jobs(),
                    {.names = "-p, --property",
                     .value = "P",
                     .help = "only these count: a name, or a glob such as '*order*'; repeatable",
                     .completes = Completes::properties,
                     .is_repeatable = true},
                    {.names = "--keep-going",
                     .value = "N",
                     .usual = "1",
                     .help = "look for so many violations of each property"},
                    {.names = "--faults",
                     .words = {"on", "off"},
                     .usual = "on",
                     .help = "crashes, pauses, bad disks, partitions, wrong clocks; off gives the clean baseline"},
                    set(),
                    variant(),
                    format({"text", "json"})},
          .notes = "Exit code 1: a property is violated. 3: a property was not put to the test.",
          .completes = {Completes::scenarios, Completes::files},
          .words = {"all"}};
}

CommandEntry replay() {
  return {.name = "replay",
          .group = "Check",
          .arguments = "FILE",
          .summary = "Run an experiment from a file: a stored failure again, bit for bit",
          .text =
              "If it is the one that was stored, by the same build, the run is the same too: exit code 5 says that "
              "it was not. Another build is judged by the verdict alone.\n\n"
              "The file can be edited: seed, operations, delays, faults.",
          .examples = {{"orrery replay orrery-regressions/counter-1a2b.toml"},
                       {"orrery replay orrery-regressions/counter-1a2b.toml --log info"}},
          .flags = {log(), format({"text", "json"}),
                    verbose("all parts of the report, and before it the first 1,000 lines of its story")},
          .notes = "Exit code 1: still violated. 5: another run than the one stored.",
          .completes = {Completes::files}};
}

CommandEntry trace() {
  return {.name = "trace",
          .group = "Inspect",
          .arguments = "SCENARIO|FILE",
          .summary = "What happened in a run, event by event",
          .examples = {{"orrery trace counter --until 2s -o t.json", "open t.json in ui.perfetto.dev"},
                       {"orrery trace orrery-regressions/counter-1a2b.toml --format story"}},
          .flags = with_common_sets({format({"perfetto", "story", "history"},
                           "perfetto: a timeline for ui.perfetto.dev, JSON; story: who did what to whom, to read; "
                           "history: calls and answers, to be judged elsewhere"),
                    {.names = "--from",
                     .value = "TIME",
                     .usual = "0s",
                     .help = "leave out what comes before, in virtual time: 500ms, 2s"},
                    {.names = "--until",
                     .value = "TIME",
                     .help = "leave out what comes at that time or later; default: the end of the run"},
                    {.names = "--limit", .value = "N", .usual = "1000000", .help = "events or lines at most"},
                    seed("any 64 bits, decimal or 0x; of a scenario or design"),
                    set(),
                    variant()}),
          .completes = {Completes::scenarios, Completes::files}};
}

CommandEntry list() {
  return {.name = "list",
          .group = "Inspect",
          .arguments = "[TOPIC|SCENARIO|DESIGN]",
          .summary = "What there is, and what can be set",
          .text = "Topics: scenarios, properties, faults, rtt, regions, datacenters.",
          .examples = {{"orrery list", "the scenarios and what they teach"},
                       {"orrery list counter", "its settings, with usual values and ranges"},
                       {"orrery list counter --format toml", "the same as TOML"},
                       {"orrery list booking.toml",
                        "its settings; with --format toml, what it comes to with all that it includes"},
                       {"orrery list faults", "what can go wrong, and when"},
                       {"orrery list rtt", "round trips between cities, and where they come from"},
                       {"orrery list regions", "location hints and their cities"}},
          .flags = {{.names = "--design",
                     .value = "FILE",
                     .help = "rtt, regions, datacenters: of the world of this design",
                     .completes = Completes::files},
                    format({"text", "json", "toml"}, "toml: the settings of a scenario, with comments")},
          .completes = {Completes::topics, Completes::scenarios, Completes::files},
          .words = {"scenarios", "properties", "faults", "rtt", "regions", "datacenters"}};
}

CommandEntry doctor() {
  return {.name = "doctor",
          .group = "Other",
          .arguments = "[SCENARIO...|all]",
          .summary = "Whether the same seed gives the same run on this machine",
          .text =
              "Runs each seed twice: in a plain process, and in one where all is changed that must not matter "
              "(addresses, memory, hashes, environment). If two runs differ, it tells the first different event "
              "and what the run depends on. All scenarios, if none is named.",
          .examples = {{"orrery doctor"}, {"orrery doctor counter --seeds 500"}},
          .flags = {seed("the first seed; any 64 bits, decimal or 0x"),
                    {.names = "--seeds", .value = "N", .usual = "50", .help = "how many of each scenario"},
                    set(),
                    format({"text", "json"})},
          .notes = "Exit code 5: two runs of one seed differ, or are equal, but one asked the system for something.",
          .completes = {Completes::scenarios},
          .words = {"all"}};
}

CommandEntry help() {
  return {.name = "help",
          .group = "Other",
          .arguments = "[COMMAND|RULE|design-file|exit-codes]",
          .summary = "What can be typed",
          .examples = {{"orrery help check"},
                       {"orrery check --help", "the same"},
                       {"orrery help design-file", "what can stand in a design"},
                       {"orrery help hot-object", "a rule that a finding names"}},
          .completes = {Completes::help, Completes::rules},
          .has_results = false};
}

CommandEntry completions() {
  return {.name = "completions",
          .group = "Other",
          .arguments = "bash|zsh|fish",
          .summary = "A script that lets the shell complete commands, flags, names and settings",
          .text = "For one session, or in the file that the shell reads when it starts:",
          .examples = {{"source <(orrery completions bash)", "~/.bashrc"},
                       {"source <(orrery completions zsh)", "~/.zshrc, after compinit"},
                       {"orrery completions fish | source", "~/.config/fish/config.fish"}},
          .notes =
              "Or store it where the shell looks for it: in ~/.local/share/bash-completion/completions/ under the "
              "name of the program, in a folder of zsh's $fpath under that name after an underscore, in "
              "~/.config/fish/completions/ under that name with .fish.",
          .words = {"bash", "zsh", "fish"},
          .has_results = false};
}

CommandEntry man() {
  return {.name = "man",
          .group = "Other",
          .summary = "The manual page, for man",
          .text = "To be found by man it belongs in ~/.local/share/man/man1/ under the name of the program with .1.",
          .examples = {{"orrery man | man -l -", "read it now"}},
          .has_results = false};
}

CommandEntry version() {
  return {.name = "version",
          .group = "Other",
          .summary = "The version",
          .examples = {{"orrery version"}, {"orrery version -v"}},
          .flags = {verbose("also the build, which stored failures name")},
          .has_results = false};
}

// Asked by the scripts of `completions`.
CommandEntry names() {
  return {.name = "names",
          .arguments = "scenarios|properties|settings|topics|templates|rules [SCENARIO]",
          .summary = "Names for completion, one a line",
          .words = {"scenarios", "properties", "settings", "topics", "templates", "rules"},
          .has_results = false,
          .is_hidden = true};
}

std::vector<CodeEntry> exit_codes() {
  return {{exit_green, "green"},
          {exit_red,
           "red: a property is violated, or still violated in a replay; an objective is missed; compare: worse"},
          {exit_usage, "usage: a wrong flag, name or value, a broken file (with its line)"},
          {exit_cannot_tell,
           "cannot tell: a property was not put to the test, or its checker gave up; too few requests for an "
           "objective"},
          {exit_nothing_selected, "nothing selected"},
          {exit_diverged,
           "the replay was another run than the one stored; doctor: two runs differ, or are equal, but one asked the "
           "system for something"},
          {exit_no_file, "cannot read or write a file"},
          {exit_bug, "a bug in orrery; it says what to attach"},
          {exit_interrupted, "interrupted by Ctrl-C (143: by SIGTERM or SIGHUP); what was known was printed"}};
}

Manual all() {
  return {
      .summary = "simulate durable-object designs across data centers",
      .text = "Simulate durable-object designs across data centers. Same seed, same result, everywhere.",
      .examples = {{"orrery init booking -o booking.toml", "start from a commented design"},
                   {"orrery run booking.toml", "latency, queueing, where the time goes"},
                   {"orrery compare booking.toml --all-variants", "the same traffic through several designs"},
                   {"orrery check counter", "seek broken properties, keep what fails"},
                   {"orrery replay orrery-regressions/F", "run a stored failure again, bit for bit"},
                   {"orrery list counter", "what can be set"}},
      .flags = flags_of_all(),
      .commands = {run(), sweep(), compare(), bench(), check(), replay(), trace(), list(), lint(), init(), doctor(),
                   help(), completions(), man(), version(), names()},
      .exit_codes = exit_codes(),
      .exit_code_order = "If several apply: 70, then 130 and 143, 5, 2, 6, 1, 3, 4.",
      .environment =
          {{"NO_COLOR", "No color, if it is not empty and --color does not ask for it."},
           {"TERM", "No color, if it is dumb."},
           {"COLUMNS", "The width of tables. Otherwise that of the screen, or 120."},
           {"LC_ALL, LC_CTYPE, LANG",
            "The first that is not empty decides whether signs beyond ASCII are printed: if it names UTF-8."}},
      .files = {{"orrery-regressions/",
                 "Failures that check has found, in the current directory. Every later check of the scenario tries "
                 "them first. Meant to be committed."}},
  };
}

}  // namespace

const Manual& manual() {
  static const Manual whole = all();
  return whole;
}

}  // namespace orrery::cli
