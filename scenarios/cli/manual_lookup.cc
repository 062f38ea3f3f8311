#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <iterator>

#include "scenarios/cli/manual.h"

namespace orrery::cli {

const CommandEntry* command_called(std::string_view name) {
  const auto& commands = manual().commands;
  const auto found = std::ranges::find(commands, name, &CommandEntry::name);
  return found == commands.end() ? nullptr : &*found;
}

std::vector<CommandEntry> shown_commands() {
  std::vector<CommandEntry> shown;
  std::ranges::copy_if(manual().commands, std::back_inserter(shown), std::not_fn(&CommandEntry::is_hidden));
  return shown;
}

std::vector<std::string_view> command_groups() {
  std::vector<std::string_view> groups;
  for (const CommandEntry& each : shown_commands())
    if (std::ranges::find(groups, each.group) == groups.end()) groups.push_back(each.group);
  return groups;
}

std::vector<std::string> names_of(const Flag& flag) {
  const std::size_t comma = flag.names.find(", ");
  if (comma == flag.names.npos) return {std::string(flag.names)};
  return {std::string(flag.names.substr(0, comma)), std::string(flag.names.substr(comma + 2))};
}

std::string name_of(const Flag& flag) { return names_of(flag).back(); }

std::string value_of(const Flag& flag) {
  return flag.words.empty() ? std::string(flag.value) : fmt::format("{}", fmt::join(flag.words, "|"));
}

std::string help_of(const Flag& flag) {
  return flag.usual.empty() ? std::string(flag.help) : fmt::format("{}; default {}", flag.help, flag.usual);
}

std::string usage_of(const CommandEntry& command) {
  std::string usage(command.name);
  if (!command.arguments.empty()) usage += fmt::format(" {}", command.arguments);
  if (!command.flags.empty()) usage += " [options]";
  return usage;
}

}  // namespace orrery::cli
