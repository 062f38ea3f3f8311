#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "reports/text.h"
#include "scenarios/cli/commands.h"
#include "scenarios/cli/design_help.h"
#include "scenarios/cli/errors.h"
#include "scenarios/cli/manual.h"
#include "scenarios/cli/version.h"
#include "scenarios/rules.h"

namespace orrery::cli {
namespace {

constexpr reports::Style page{.width = 80};

// Paragraphs in lines that fit the page, with an empty line between them.
std::string wrapped_paragraphs(std::string_view text) {
  std::string all;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find("\n\n"), text.size());
    if (!all.empty()) all += "\n";
    all += reports::wrapped(text.substr(0, end), 0, page);
    text.remove_prefix(std::min(end + 2, text.size()));
  }
  return all;
}

// The heading, then the text from a column on; in lines below, if the heading reaches into it.
std::string entry(std::string_view heading, std::string_view text, std::size_t column) {
  std::string head = fmt::format("  {}", heading);
  if (text.empty()) return head + "\n";
  const std::string body = reports::wrapped(text, column, page);
  if (head.size() + 2 > column) return head + "\n" + body;
  return head + body.substr(head.size());
}

std::string examples_text(const std::vector<Example>& examples) {
  std::size_t longest = 0;
  for (const Example& each : examples)
    if (!each.note.empty()) longest = std::max(longest, each.command.size());
  std::string text;
  for (const Example& each : examples) text += entry(each.command, each.note, longest + 5);
  return text;
}

std::string flags_text(const std::vector<Flag>& flags) {
  constexpr std::size_t column = 22;
  std::string text;
  for (const Flag& each : flags) {
    const std::string value = value_of(each);
    text += entry(value.empty() ? std::string(each.names) : fmt::format("{} {}", each.names, value), help_of(each),
                  column);
  }
  return text;
}

std::string names_in_group(std::string_view group) {
  std::string names;
  for (const CommandEntry& each : shown_commands())
    if (each.group == group) names += fmt::format("{}{}", names.empty() ? "" : "  ", each.name);
  return names;
}

std::string groups_text() {
  std::string text;
  for (const std::string_view each : command_groups()) text += fmt::format("{:<10}{}\n", each, names_in_group(each));
  return text;
}

std::string top_text() {
  return fmt::format(
      "Usage: orrery COMMAND [options]\n\n{}\n{}\n{}\n"
      "orrery help COMMAND for options, orrery help {}, orrery help {}\n",
      wrapped_paragraphs(manual().text), examples_text(manual().examples), groups_text(), design_file_topic,
      exit_codes_topic);
}

std::string command_text(const CommandEntry& command) {
  std::string text = fmt::format("Usage: orrery {}\n\n{}", usage_of(command),
                                 wrapped_paragraphs(fmt::format("{}.", command.summary)));
  const auto add = [&text](const std::string& part) {
    if (!part.empty()) text += "\n" + part;
  };
  add(wrapped_paragraphs(command.text));
  add(examples_text(command.examples));
  add(flags_text(command.flags));
  if (command.has_results) add(flags_text(manual().flags));
  add(wrapped_paragraphs(command.notes));
  return text;
}

std::string exit_codes_text() {
  std::string text = "Exit codes\n\n";
  for (const CodeEntry& each : manual().exit_codes) text += fmt::format("{:>5}  {}\n", each.code, each.meaning);
  return text + fmt::format("\n{}\n", manual().exit_code_order);
}

}  // namespace

std::string help_text(const std::string& topic) {
  if (topic.empty()) return top_text();
  if (topic == exit_codes_topic) return exit_codes_text();
  if (topic == design_file_topic) return design_file_text();
  if (const CommandEntry* command = command_called(topic)) return command_text(*command);
  if (const scenarios::Rule* rule = scenarios::rule_named(topic))
    return fmt::format("{}: {}\n\n{}", rule->id, rule->sentence, wrapped_paragraphs(rule->why));
  std::vector<std::string> known = command_names();
  known.emplace_back(exit_codes_topic);
  known.emplace_back(design_file_topic);
  for (const scenarios::Rule& rule : scenarios::rules()) known.emplace_back(rule.id);
  refuse_name("help topic", topic, known, "orrery help lists the commands, orrery names rules the rules");
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
  output.put(options.verbose ? fmt::format("orrery {}\nbuild {}\n", version(), program.build())
                             : fmt::format("orrery {}\n", version()));
  output.complete();
  return exit_green;
}

}  // namespace orrery::cli
