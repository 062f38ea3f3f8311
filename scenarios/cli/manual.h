// The commands, their flags, and what is said about them.
//
// Parsing, help, completions and the man page all come from this one tree: what is not in it cannot be typed, and
// what is in it is explained, completed and documented. Commands in its texts are written `orrery COMMAND`;
// as_typed() (program.h) puts the name of the program there.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace orrery::cli {

// What the shell may offer for a value.
enum class Completes : std::uint8_t {
  nothing,
  scenarios,
  properties,
  settings,
  files,
  topics,
  help,
  templates,
  rules
};

struct Flag {
  std::string_view names;                    // "-j, --jobs"; the last one is its name in errors
  std::string_view value = {};               // what stands for its value: "N"; empty for a switch and a choice
  std::vector<std::string_view> words = {};  // of a choice: all there are
  std::string_view usual = {};               // its value if it is not given; empty: the text says what then
  std::string_view help = {};
  Completes completes = Completes::nothing;
  bool is_repeatable = false;
};

struct Example {
  std::string_view command;
  std::string_view note = {};
};

struct CommandEntry {
  std::string_view name;
  std::string_view group = {};      // its heading in the help at the top
  std::string_view arguments = {};  // as in the usage: "SCENARIO...|all"
  std::string_view summary = {};    // a sentence without full stop
  std::string_view text = {};       // a paragraph or more; an empty line parts them
  std::vector<Example> examples = {};
  std::vector<Flag> flags = {};  // its own
  std::string_view notes = {};   // below its flags: exit codes
  std::vector<Completes> completes = {};
  std::vector<std::string_view> words = {};  // names that its argument may always be
  bool has_results = true;                   // whether the flags of all commands do anything
  bool is_hidden = false;                    // parsed, and not told of
};

struct CodeEntry {
  int code;
  std::string_view meaning;
};

// A name with its meaning: a variable of the environment, a file.
struct NamedThing {
  std::string_view name;
  std::string_view meaning;
};

struct Manual {
  std::string_view summary;
  std::string_view text;
  std::vector<Example> examples;
  std::vector<Flag> flags;  // of all commands
  std::vector<CommandEntry> commands;
  std::vector<CodeEntry> exit_codes;
  std::string_view exit_code_order;
  std::vector<NamedThing> environment;
  std::vector<NamedThing> files;
};

const Manual& manual();

// Topics of help that are no commands.
inline constexpr std::string_view exit_codes_topic = "exit-codes";
inline constexpr std::string_view design_file_topic = "design-file";

// Nothing, if no command has the name.
const CommandEntry* command_called(std::string_view name);

// Those that are told of.
std::vector<CommandEntry> shown_commands();
// The headings in the help at the top, in the order of their commands.
std::vector<std::string_view> command_groups();

// "-j", "--jobs".
std::vector<std::string> names_of(const Flag& flag);
// "--jobs".
std::string name_of(const Flag& flag);
// "N", "on|off"; empty for a switch.
std::string value_of(const Flag& flag);
// What it does, and what its value is otherwise.
std::string help_of(const Flag& flag);
// "run SCENARIO [options]".
std::string usage_of(const CommandEntry& command);

}  // namespace orrery::cli
