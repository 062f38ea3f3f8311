// The manual page, in the macros of man(7).
#include <fmt/format.h>

#include <algorithm>

#include "scenarios/cli/commands.h"
#include "scenarios/cli/errors.h"
#include "scenarios/cli/manual.h"
#include "scenarios/cli/version.h"

namespace orrery::cli {
namespace {

// As it stands: no character has a meaning to roff. A minus is one that can be copied into a shell.
std::string escaped(std::string_view text) {
  std::string all;
  for (const char c : text) {
    switch (c) {
      case '\\': all += "\\e"; break;
      case '-': all += "\\-"; break;
      case '\'': all += "\\(aq"; break;
      case '"': all += "\\(dq"; break;
      case '`': all += "\\(ga"; break;
      case '^': all += "\\(ha"; break;
      case '~': all += "\\(ti"; break;
      default: all += c;
    }
  }
  return all;
}

// A line of text; a dot at its beginning would be a macro.
std::string line(std::string_view text) { return (text.starts_with('.') ? "\\&" : "") + escaped(text) + "\n"; }

std::string paragraphs(std::string_view text) {
  std::string all;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find("\n\n"), text.size());
    all += ".PP\n" + line(text.substr(0, end));
    text.remove_prefix(std::min(end + 2, text.size()));
  }
  return all;
}

std::string section(std::string_view name) { return fmt::format(".SH {}\n", name); }

// A heading with its text indented below.
std::string item(std::string_view heading, std::string_view text) {
  return fmt::format(".TP\n{}{}", line(heading), line(text));
}

std::string flag_item(const Flag& flag) {
  std::vector<std::string> names;
  for (const std::string& name : names_of(flag)) names.push_back(fmt::format("\\fB{}\\fR", escaped(name)));
  const std::string value = value_of(flag);
  return fmt::format(".TP\n{}{}\n{}", fmt::join(names, ", "),
                     value.empty() ? "" : fmt::format(" \\fI{}\\fR", escaped(value)), line(help_of(flag)));
}

std::string flag_items(const std::vector<Flag>& flags) {
  std::string all;
  for (const Flag& flag : flags) all += flag_item(flag);
  return all;
}

std::string example_items(const std::vector<Example>& examples) {
  std::string all;
  for (const Example& each : examples) {
    all += fmt::format(".TP\n\\fB{}\\fR\n", escaped(each.command));
    if (!each.note.empty()) all += line(each.note);
  }
  return all;
}

std::string command_part(const CommandEntry& command) {
  std::string all = fmt::format(".SS \"orrery {}\"\n", escaped(usage_of(command)));
  all += line(fmt::format("{}.", command.summary));
  all += paragraphs(command.text) + flag_items(command.flags) + paragraphs(command.notes);
  return all;
}

std::string things(const std::vector<NamedThing>& all) {
  std::string text;
  for (const NamedThing& each : all) text += item(each.name, each.meaning);
  return text;
}

std::string exit_status() {
  std::string all;
  for (const CodeEntry& each : manual().exit_codes)
    all += item(fmt::to_string(each.code), fmt::format("{}", each.meaning));
  return all + paragraphs(manual().exit_code_order);
}

std::string examples_of_all() {
  std::string all = example_items(manual().examples);
  for (const CommandEntry& each : shown_commands()) all += example_items(each.examples);
  return all;
}

std::string upper_case(std::string text) {
  std::ranges::transform(text, text.begin(),
                         [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  return text;
}

std::string page_of(const Program& program) {
  const std::string name = escaped(program.name);
  std::string page = fmt::format(".TH \"{}\" 1 \"\" \"orrery {}\" \"\"\n.nh\n.ad l\n", upper_case(name), version());
  page += section("NAME") + fmt::format("{} \\- {}\n", name, escaped(manual().summary));
  page += section("SYNOPSIS") + fmt::format("\\fB{}\\fR \\fICOMMAND\\fR [\\fIoptions\\fR]\n", name);
  page += section("DESCRIPTION") + line(manual().text);
  page += section("COMMANDS");
  for (const CommandEntry& each : shown_commands()) page += command_part(each);
  page += section("OPTIONS") + line("Of all commands:") + flag_items(manual().flags);
  page += section("\"EXIT STATUS\"") + exit_status();
  page += section("ENVIRONMENT") + things(manual().environment);
  page += section("FILES") + things(manual().files);
  page += section("EXAMPLES") + examples_of_all();
  return as_typed(page, Program{.name = name, .build = nullptr, .scenarios = {}, .code = {}});
}

}  // namespace

int man_command(const Program& program, const Options& options, const Console& console) {
  if (!options.names.empty()) refuse(exit_usage, "man takes no argument", "orrery help COMMAND explains one command");
  Output output(options, console);
  output.put(page_of(program));
  output.complete();
  return exit_green;
}

}  // namespace orrery::cli
