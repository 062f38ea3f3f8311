#include "scenarios/cli/options.h"

#include <fmt/format.h>
#include <unistd.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <charconv>
#include <map>
#include <random>
#include <set>
#include <variant>

#include "core/base/decimal.h"
#include "core/base/invariant.h"
#include "core/base/nearest.h"
#include "scenarios/cli/errors.h"
#include "scenarios/cli/manual.h"
#include "scenarios/settings.h"

namespace orrery::cli {
namespace {

// As they were typed, or their usual values; each is read after all flags are known to exist.
struct Typed {
  std::string color;
  std::string progress;
  std::string format;
  std::string log;
  std::string seed;
  std::string seeds;
  std::string clients;
  std::string from;
  std::string until;
  std::string limit;
  std::string tolerance;
  std::string jobs;
  std::string keep_going;
  std::string faults;
  std::string duration;
  std::string warmup;
  std::string rate;
  std::vector<std::string> sets;
};

// Where the value of a flag goes.
using Field = std::variant<bool*, std::string*, std::vector<std::string>*>;
using Fields = std::map<std::string, Field, std::less<>>;

Fields fields_of(Options& options, Typed& typed) {
  return {{"--help", &options.help},
          {"--version", &options.version},
          {"--quiet", &options.quiet},
          {"-v", &options.verbose},
          {"--no-wall", &options.no_wall},
          {"--output", &options.output},
          {"--color", &typed.color},
          {"--progress", &typed.progress},
          {"--format", &typed.format},
          {"--log", &typed.log},
          {"--seed", &typed.seed},
          {"--seeds", &typed.seeds},
          {"--jobs", &typed.jobs},
          {"--property", &options.properties},
          {"--keep-going", &typed.keep_going},
          {"--faults", &typed.faults},
          {"--set", &typed.sets},
          {"--duration", &typed.duration},
          {"--warmup", &typed.warmup},
          {"--rate", &typed.rate},
          {"--variant", &options.variants},
          {"--all-variants", &options.all_variants},
          {"--tolerance", &typed.tolerance},
          {"--no-run", &options.no_run},
          {"--design", &options.design},
          {"--history", &options.history},
          {"--handler", &options.handler},
          {"--clients", &typed.clients},
          {"--real", &options.real},
          {"--from", &typed.from},
          {"--until", &typed.until},
          {"--limit", &typed.limit}};
}

void add_flag(CLI::App& app, const Flag& flag, const Fields& fields) {
  const auto found = fields.find(name_of(flag));
  INVARIANT(found != fields.end(), "flag {} has no field in the options", flag.names);
  const std::string names(flag.names);
  const bool is_switch = value_of(flag).empty();
  if (bool* const* field = std::get_if<bool*>(&found->second)) {
    INVARIANT(is_switch, "flag {} has a value, its field has none", flag.names);
    app.add_flag(names, **field);
  } else if (std::string* const* text = std::get_if<std::string*>(&found->second)) {
    INVARIANT(!is_switch && !flag.is_repeatable, "flag {} has no value, or several; its field has one", flag.names);
    app.add_option(names, **text)->multi_option_policy(CLI::MultiOptionPolicy::TakeLast)->allow_extra_args(false);
  } else {
    INVARIANT(!is_switch && flag.is_repeatable, "flag {} has one value, its field has several", flag.names);
    app.add_option(names, *std::get<std::vector<std::string>*>(found->second))
        ->allow_extra_args(false)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  }
}

// Every flag of the manual, and no field that none of them fills.
void add_manual(CLI::App& app, Options& options, const Fields& fields) {
  std::set<std::string> used;
  const auto add = [&](CLI::App& to, const std::vector<Flag>& flags) {
    to.set_help_flag();
    for (const Flag& flag : flags) {
      add_flag(to, flag, fields);
      used.insert(name_of(flag));
    }
  };
  add(app, manual().flags);
  for (const CommandEntry& entry : manual().commands) {
    CLI::App& command = *app.add_subcommand(std::string(entry.name));
    command.allow_extras();
    command.fallthrough();
    command.add_option("names", options.names);
    add(command, entry.flags);
  }
  for (const auto& [name, field] : fields) INVARIANT(used.contains(name), "no flag fills the field of {}", name);
}

void fill_in_usual(const CLI::App& app, const std::vector<Flag>& flags, const Fields& fields) {
  for (const Flag& flag : flags)
    if (!flag.usual.empty() && app.get_option(name_of(flag))->count() == 0)
      *std::get<std::string*>(fields.find(name_of(flag))->second) = flag.usual;
}

// Of the command, or of all; nothing, if there is none of the name.
const Flag* flag_called(std::string_view name, const CommandEntry* command) {
  for (const std::vector<Flag>* flags : {&manual().flags, command ? &command->flags : nullptr}) {
    if (!flags) continue;
    for (const Flag& flag : *flags) {
      const std::vector<std::string> names = names_of(flag);
      if (std::ranges::find(names, name) != names.end()) return &flag;
    }
  }
  return nullptr;
}

std::vector<std::string> long_names_of_flags(const CommandEntry* command) {
  std::vector<std::string> names;
  for (const std::vector<Flag>* flags : {&manual().flags, command ? &command->flags : nullptr}) {
    if (!flags) continue;
    for (const Flag& flag : *flags)
      if (name_of(flag).starts_with("--")) names.push_back(name_of(flag));
  }
  return names;
}

[[noreturn]] void refuse_extra(const std::string& extra, const CommandEntry* command) {
  if (!extra.starts_with('-')) {
    if (!command) refuse_name("command", extra, command_names(), "orrery help lists them");
    refuse(exit_usage, fmt::format("{} does not take \"{}\"", command->name, extra),
           fmt::format("orrery help {} says what it takes", command->name));
  }
  const std::string flag = extra.substr(0, extra.find('='));
  const std::string fix =
      command ? fmt::format("orrery help {} lists its flags", command->name) : "orrery help lists the commands";
  if (command && flag_called(flag, command))
    refuse(exit_usage, fmt::format("{} stands before {}, and belongs behind it", flag, command->name), fix);
  const auto nearest = nearest_name(flag, long_names_of_flags(command));
  const std::string meant = nearest ? fmt::format(": did you mean {}?", *nearest) : "";
  const std::string place =
      command ? fmt::format("{} has no flag {}", command->name, flag) : fmt::format("there is no flag {}", flag);
  refuse(exit_usage, place + meant, fix);
}

std::uint64_t count_of(std::string_view flag, const std::string& text, std::uint64_t most) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < 1 || number > most)
    refuse(exit_usage, fmt::format("{} must be a whole number between 1 and {}, not \"{}\"", flag, most, text));
  return number;
}

// What the word means that was chosen among those of the flag.
template <class T>
T choice_of(const Flag& flag, const std::string& text,
            std::initializer_list<std::pair<std::string_view, T>> meanings) {
  const std::vector<std::string> known(flag.words.begin(), flag.words.end());
  if (std::ranges::find(known, text) == known.end()) {
    const auto nearest = nearest_name(text, known);
    refuse(exit_usage, fmt::format("{} must be one of {}, not \"{}\"{}", name_of(flag), fmt::join(known, ", "), text,
                                   nearest ? fmt::format(": did you mean \"{}\"?", *nearest) : ""));
  }
  const auto* meaning = std::ranges::find(meanings, text, &std::pair<std::string_view, T>::first);
  INVARIANT(meaning != meanings.end(), "{} {} is known and means nothing", name_of(flag), text);
  return meaning->second;
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
    const std::uint32_t first = count(text.substr(0, dots));
    const std::uint32_t last = count(text.substr(dots + 2));
    if (first > last) refuse(exit_usage, fmt::format("--clients goes from few to many, not {}", text));
    for (std::uint32_t rung = first; rung < last; rung *= 2) ladder.push_back(rung);
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

void read_choices(const Typed& typed, const CommandEntry* command, Options& options) {
  options.color = choice_of<When>(*flag_called("--color", command), typed.color,
                                  {{"auto", When::automatic}, {"always", When::always}, {"never", When::never}});
  options.progress = choice_of<When>(*flag_called("--progress", command), typed.progress,
                                     {{"auto", When::automatic}, {"bar", When::always}, {"none", When::never}});
  if (const Flag* format = flag_called("--format", command)) {
    if (options.command == "trace")
      options.trace = choice_of<TraceForm>(
          *format, typed.format,
          {{"perfetto", TraceForm::perfetto}, {"story", TraceForm::story}, {"history", TraceForm::history}});
    else
      options.format = choice_of<Format>(*format, typed.format,
                                         {{"text", Format::text}, {"json", Format::json}, {"toml", Format::toml}});
  }
  if (const Flag* log = flag_called("--log", command))
    options.log = choice_of<sim::LogLevel>(
        *log, typed.log,
        {{"off", sim::LogLevel::off}, {"info", sim::LogLevel::info}, {"debug", sim::LogLevel::debug}});
  if (const Flag* faults = flag_called("--faults", command))
    options.faults = choice_of<scenarios::DrawnFaults>(
        *faults, typed.faults, {{"on", scenarios::DrawnFaults::on}, {"off", scenarios::DrawnFaults::off}});
}

void read_seed(const std::string& typed, Options& options) {
  options.seed_is_drawn = typed == "random";
  const auto seed = options.seed_is_drawn ? drawn_seed() : scenarios::parse_seed(typed);
  if (!seed) refuse(exit_usage, seed.error(), "or --seed random");
  options.seed = *seed;
}

// "5", or "3..7": from the seed 3 on.
void read_seeds(const Typed& typed, Options& options) {
  constexpr std::uint64_t seeds_max = std::uint64_t{1} << 53;
  const std::size_t dots = typed.seeds.find("..");
  if (typed.seeds.empty()) {
    options.seeds = 0;
  } else if (dots == typed.seeds.npos) {
    options.seeds = count_of("--seeds", typed.seeds, seeds_max);
  } else {
    const std::uint64_t last = count_of("--seeds", typed.seeds.substr(dots + 2), seeds_max);
    options.seed = count_of("--seeds", typed.seeds.substr(0, dots), seeds_max);
    options.seed_is_drawn = false;
    if (options.seed > last)
      refuse(exit_usage, fmt::format("--seeds goes from the first to the last, not {}", typed.seeds));
    options.seeds = last - options.seed + 1;
  }
}

// "5%" or "0.05".
std::int64_t share_of(std::string_view flag, const std::string& text) {
  const bool is_percent = text.ends_with('%');
  const auto number = parse_decimal(is_percent ? text.substr(0, text.size() - 1) : text, 1'000'000);
  if (!number || *number < 0)
    refuse(exit_usage, fmt::format("{} must be a share such as 5% or 0.05, not \"{}\"", flag, text));
  return is_percent ? *number / 100 : *number;
}

void read_numbers(const Typed& typed, const CommandEntry* command, Options& options) {
  const auto has = [command](std::string_view name) { return flag_called(name, command) != nullptr; };
  if (has("--seeds")) read_seeds(typed, options);
  if (has("--tolerance")) options.tolerance_millionths = share_of("--tolerance", typed.tolerance);
  if (has("--clients")) options.clients = clients_of(typed.clients);
  if (has("--from")) options.from = time_of("--from", typed.from);
  if (has("--until")) options.until = typed.until.empty() ? Duration::max() : time_of("--until", typed.until);
  if (has("--limit")) options.limit = count_of("--limit", typed.limit, std::uint64_t{1} << 40);
  if (has("--keep-going")) options.keep_going = count_of("--keep-going", typed.keep_going, 1'000'000);
  const std::uint64_t cores = static_cast<std::uint64_t>(std::max(1L, sysconf(_SC_NPROCESSORS_ONLN)));
  options.jobs = static_cast<int>(typed.jobs.empty() ? std::min<std::uint64_t>(cores, 1024)
                                                     : count_of("--jobs", typed.jobs, 1024));
}

void read_typed(const Typed& typed, const CommandEntry* command, Options& options) {
  read_choices(typed, command, options);
  if (flag_called("--seed", command)) read_seed(typed.seed, options);
  read_numbers(typed, command, options);
  if (options.output.empty()) refuse(exit_usage, "--output needs the name of a file, or - for the screen");
  for (const std::string& set : typed.sets) {
    const std::size_t equals = set.find('=');
    if (equals == set.npos || equals == 0)
      refuse(exit_usage,
             fmt::format("--set needs a path and a value, as in --set run.duration=10s, not \"{}\"", set));
    options.sets.emplace_back(set.substr(0, equals), set.substr(equals + 1));
  }
  const std::pair<const char*, const std::string&> common[] = {
      {"run.duration", typed.duration}, {"run.warmup", typed.warmup}, {"rate", typed.rate}};
  for (const auto& [path, value] : common)
    if (!value.empty()) options.common_sets.emplace_back(path, value);
}

// The sentences of CLI11 name the flag before a colon.
[[noreturn]] void refuse_mismatch(const CLI::ParseError& error) {
  const std::string what = error.what();
  const std::string flag = what.substr(0, what.find(':'));
  if (flag.starts_with('-')) refuse(exit_usage, fmt::format("{} needs a value", flag.substr(0, flag.find(' '))));
  refuse(exit_usage, what);
}

}  // namespace

std::vector<std::string> command_names() {
  std::vector<std::string> names;
  for (const CommandEntry& each : shown_commands()) names.emplace_back(each.name);
  return names;
}

Options parse_options(std::span<const std::string> args) {
  Options options;
  Typed typed;
  const Fields fields = fields_of(options, typed);
  CLI::App app;
  app.allow_extras();
  app.require_subcommand(0, 1);
  add_manual(app, options, fields);
  try {
    app.parse(std::vector<std::string>(args.rbegin(), args.rend()));  // CLI11 takes the last first
  } catch (const CLI::ParseError& error) { refuse_mismatch(error); }
  const auto chosen = app.get_subcommands();
  const CommandEntry* command = chosen.empty() ? nullptr : command_called(chosen.front()->get_name());
  const std::vector<std::string> extras = app.remaining(true);
  for (const std::string& extra : extras)
    if (extra.starts_with('-')) refuse_extra(extra, command);
  if (!extras.empty()) refuse_extra(extras.front(), command);
  fill_in_usual(app, manual().flags, fields);
  if (command) {
    options.command = command->name;
    fill_in_usual(*chosen.front(), command->flags, fields);
  }
  read_typed(typed, command, options);
  return options;
}

}  // namespace orrery::cli
