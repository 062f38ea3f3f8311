#include "scenarios/cli/options.h"

#include <fmt/format.h>
#include <unistd.h>
#include <CLI/CLI.hpp>

#include <array>
#include <charconv>
#include <random>

#include "core/base/nearest.h"
#include "scenarios/cli/errors.h"
#include "scenarios/settings.h"

namespace orrery::cli {
namespace {

// As they were typed; each is read after all flags are known to exist.
struct Typed {
  std::string color = "auto";
  std::string progress = "auto";
  std::string format = "text";
  std::string seed = "1";
  std::string seeds;
  std::string clients = "1..64";
  std::string from = "0s";
  std::string until;
  std::string limit = "1000000";
  std::string jobs;
  std::string keep_going = "1";
  std::string faults = "on";
  std::vector<std::string> sets;
};

constexpr std::array commands{"run",    "check", "replay",  "bench",       "trace", "list",
                              "doctor", "help",  "version", "completions", "man"};

CLI::Option* one_value(CLI::App& app, const char* flag, std::string& value) {
  return app.add_option(flag, value)->multi_option_policy(CLI::MultiOptionPolicy::TakeLast)->allow_extra_args(false);
}

void many_values(CLI::App& app, const char* flag, std::vector<std::string>& values) {
  app.add_option(flag, values)->allow_extra_args(false)->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

void add_flags_of_all(CLI::App& app, Options& options, Typed& typed) {
  app.set_help_flag();
  app.add_flag("-h,--help", options.help);
  app.add_flag("--version", options.version);
  app.add_flag("-q,--quiet", options.quiet);
  app.add_flag("-v", options.verbose);
  app.add_flag("--no-wall", options.no_wall);
  one_value(app, "--color", typed.color);
  one_value(app, "--format", typed.format);
  one_value(app, "--progress", typed.progress);
  one_value(app, "-o,--output", options.output);
}

void add_commands(CLI::App& app, Options& options, Typed& typed) {
  for (const char* name : commands) {
    CLI::App& command = *app.add_subcommand(name);
    const std::string_view called = name;
    command.set_help_flag();
    command.allow_extras();
    command.fallthrough();
    command.add_option("names", options.names);
    if (called == "run" || called == "check" || called == "bench" || called == "trace" || called == "doctor") {
      one_value(command, "--seed", typed.seed);
      many_values(command, "--set", typed.sets);
    }
    if (called == "doctor") one_value(command, "--seeds", typed.seeds);
    if (called == "bench") {
      one_value(command, "--handler", options.handler);
      one_value(command, "--clients", typed.clients);
      command.add_flag("--real", options.real);
    }
    if (called == "trace") {
      one_value(command, "--from", typed.from);
      one_value(command, "--until", typed.until);
      one_value(command, "--limit", typed.limit);
    }
    if (called == "run") one_value(command, "--history", options.history);
    if (called == "check") {
      one_value(command, "--seeds", typed.seeds);
      one_value(command, "-j,--jobs", typed.jobs);
      one_value(command, "--keep-going", typed.keep_going);
      one_value(command, "--faults", typed.faults);
      many_values(command, "-p,--property", options.properties);
    }
  }
}

std::vector<std::string> flags_of(const CLI::App& app, const CLI::App* command) {
  std::vector<std::string> flags;
  for (const CLI::App* each : {&app, command}) {
    if (!each) continue;
    for (const CLI::Option* option : each->get_options())
      for (const std::string& name : option->get_lnames()) flags.push_back("--" + name);
  }
  return flags;
}

[[noreturn]] void refuse_extra(const std::string& extra, const CLI::App& app, const CLI::App* command) {
  if (!extra.starts_with('-')) {
    if (!command) refuse_name("command", extra, command_names(), "orrery help lists them");
    refuse(exit_usage, fmt::format("{} does not take \"{}\"", command->get_name(), extra),
           fmt::format("orrery help {} says what it takes", command->get_name()));
  }
  const std::string flag = extra.substr(0, extra.find('='));
  const auto nearest = nearest_name(flag, flags_of(app, command));
  const std::string meant = nearest ? fmt::format(": did you mean {}?", *nearest) : "";
  const std::string place = command ? fmt::format("{} has no flag {}", command->get_name(), flag)
                                    : fmt::format("there is no flag {}", flag);
  refuse(exit_usage, place + meant,
         command ? fmt::format("orrery help {} lists its flags", command->get_name())
                 : "orrery help lists the commands");
}

std::uint64_t count_of(std::string_view flag, const std::string& text, std::uint64_t most) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < 1 || number > most)
    refuse(exit_usage, fmt::format("{} must be a whole number between 1 and {}, not \"{}\"", flag, most, text));
  return number;
}

// The place of the chosen word.
std::size_t choice_of(std::string_view flag, const std::string& text, std::initializer_list<const char*> words) {
  std::size_t place = 0;
  for (const char* word : words) {
    if (text == word) return place;
    ++place;
  }
  const std::vector<std::string> known(words.begin(), words.end());
  const auto nearest = nearest_name(text, known);
  refuse(exit_usage, fmt::format("{} must be one of {}, not \"{}\"{}", flag, fmt::join(known, ", "), text,
                                 nearest ? fmt::format(": did you mean \"{}\"?", *nearest) : ""));
}

Duration time_of(std::string_view flag, const std::string& text) {
  const auto time = parse_duration(text);
  if (!time) refuse(exit_usage, fmt::format("{} \"{}\": {}", flag, text, time.error()));
  return *time;
}

// "8", "1,3,9", or "1..64": the powers of two from one to the other, and the last.
std::vector<std::uint32_t> clients_of(const std::string& text) {
  constexpr std::uint64_t clients_max = 100'000;
  const auto count = [](const std::string& part) {
    return static_cast<std::uint32_t>(count_of("--clients", part, clients_max));
  };
  std::vector<std::uint32_t> ladder;
  const std::size_t dots = text.find("..");
  if (dots != text.npos) {
    const std::uint32_t last = count(text.substr(dots + 2));
    for (std::uint32_t rung = count(text.substr(0, dots)); rung < last; rung *= 2) ladder.push_back(rung);
    ladder.push_back(last);
    return ladder;
  }
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t comma = std::min(text.find(',', at), text.size());
    ladder.push_back(count(text.substr(at, comma - at)));
    at = comma + 1;
  }
  return ladder;
}

// Below 2^53, so that jq and JavaScript never round it.
std::uint64_t drawn_seed() {
  std::random_device device;
  return (std::uint64_t{device()} << 32 | device()) >> 11;
}

void read_typed(const Typed& typed, Options& options) {
  options.color = static_cast<When>(choice_of("--color", typed.color, {"auto", "always", "never"}));
  options.progress = static_cast<When>(choice_of("--progress", typed.progress, {"auto", "bar", "none"}));
  if (options.command == "list")
    options.format = static_cast<Format>(choice_of("--format", typed.format, {"text", "json", "toml"}));
  else if (options.command == "trace")
    options.trace = static_cast<TraceForm>(
        choice_of("--format", typed.format == "text" ? "perfetto" : typed.format, {"perfetto", "story", "history"}));
  else
    options.format = static_cast<Format>(choice_of("--format", typed.format, {"text", "json"}));
  const std::string usual_seeds = options.command == "doctor" ? "50" : "1000";
  options.seeds = count_of("--seeds", typed.seeds.empty() ? usual_seeds : typed.seeds, std::uint64_t{1} << 53);
  options.clients = clients_of(typed.clients);
  options.from = time_of("--from", typed.from);
  options.until = typed.until.empty() ? Duration::max() : time_of("--until", typed.until);
  options.limit = count_of("--limit", typed.limit, std::uint64_t{1} << 40);
  options.keep_going = count_of("--keep-going", typed.keep_going, 1'000'000);
  options.faults = static_cast<scenarios::DrawnFaults>(choice_of("--faults", typed.faults, {"on", "off"}));
  const std::uint64_t cores = static_cast<std::uint64_t>(std::max(1L, sysconf(_SC_NPROCESSORS_ONLN)));
  options.jobs = static_cast<int>(typed.jobs.empty() ? std::min<std::uint64_t>(cores, 1024)
                                                     : count_of("--jobs", typed.jobs, 1024));
  if (options.output.empty()) refuse(exit_usage, "--output needs the name of a file, or - for the screen");

  options.seed_is_drawn = typed.seed == "random";
  const auto seed = options.seed_is_drawn ? drawn_seed() : scenarios::parse_seed(typed.seed);
  if (!seed) refuse(exit_usage, seed.error(), "or --seed random");
  options.seed = *seed;
  for (const std::string& set : typed.sets) {
    const std::size_t equals = set.find('=');
    if (equals == set.npos || equals == 0)
      refuse(exit_usage,
             fmt::format("--set needs a path and a value, as in --set run.duration=10s, not \"{}\"", set));
    options.sets.emplace_back(set.substr(0, equals), set.substr(equals + 1));
  }
}

// The sentences of CLI11 name the flag before a colon.
[[noreturn]] void refuse_mismatch(const CLI::ParseError& error) {
  const std::string what = error.what();
  const std::string flag = what.substr(0, what.find(':'));
  if (flag.starts_with('-')) refuse(exit_usage, fmt::format("{} needs a value", flag.substr(0, flag.find(' '))));
  refuse(exit_usage, what);
}

}  // namespace

std::vector<std::string> command_names() { return {commands.begin(), commands.end()}; }

Options parse_options(std::span<const std::string> args) {
  Options options;
  Typed typed;
  CLI::App app;
  app.allow_extras();
  app.require_subcommand(0, 1);
  add_flags_of_all(app, options, typed);
  add_commands(app, options, typed);
  try {
    app.parse(std::vector<std::string>(args.rbegin(), args.rend()));  // CLI11 takes the last first
  } catch (const CLI::ParseError& error) { refuse_mismatch(error); }
  const auto chosen = app.get_subcommands();
  const CLI::App* command = chosen.empty() ? nullptr : chosen.front();
  const std::vector<std::string> extras = app.remaining(true);
  for (const std::string& extra : extras)
    if (extra.starts_with('-')) refuse_extra(extra, app, command);
  if (!extras.empty()) refuse_extra(extras.front(), app, command);
  if (command) options.command = command->get_name();
  read_typed(typed, options);
  return options;
}

}  // namespace orrery::cli
