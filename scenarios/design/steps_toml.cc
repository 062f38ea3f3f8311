#include "scenarios/design/steps_toml.h"

#include <fmt/format.h>

#include <array>

namespace orrery::scenarios {
namespace {

constexpr int depth_max = 16;
constexpr std::array kinds{"fetch", "call", "block", "all", "when"};

Steps read_steps(TomlText& text, const toml::node& list, int depth);

// "Counter.increment".
CallStep call_of(TomlTable& table) {
  const std::string whole = table.text("call");
  const std::size_t dot = whole.find('.');
  if (dot == whole.npos || dot == 0 || dot + 1 == whole.size())
    table.refuse("call",
                 fmt::format("\"call\" needs a class and a handler, as in \"Counter.add\", not \"{}\"", whole));
  return {whole.substr(0, dot), dot == whole.npos ? "" : whole.substr(dot + 1), table.text("key", "0")};
}

AllStep branches_of(TomlText& text, const toml::node& node, int depth) {
  AllStep all;
  const toml::array* list = node.as_array();
  if (!list)
    text.refuse(node.source(), "\"all\" holds lists of steps, as in [[\"wait 5ms\"], [{ fetch = \"bank\" }]]");
  if (list)
    for (const toml::node& branch : *list) all.branches.push_back(read_steps(text, branch, depth));
  return all;
}

Step step_of(TomlText& text, const toml::table& read, int depth) {
  TomlTable table(text, read, "step");
  Step step;
  if (table.has("fetch")) {
    step.what = FetchStep{table.text("fetch")};
  } else if (table.has("call")) {
    step.what = call_of(table);
  } else if (table.has("block")) {
    table.mark("block");
    step.what = BlockStep{read_steps(text, *read.get("block"), depth)};
  } else if (table.has("all")) {
    table.mark("all");
    step.what = branches_of(text, *read.get("all"), depth);
  } else if (table.has("when")) {
    const std::int64_t share = table.millionths("when", 0, 1'000'000);
    table.mark("then");
    if (!table.has("then")) text.refuse(read.source(), "\"when\" needs \"then\", a list of steps");
    step.what = WhenStep{share, table.has("then") ? read_steps(text, *read.get("then"), depth) : Steps{}};
  } else if (table.has("alarm") || table.has("broadcast")) {
    text.refuse(read.source(),
                fmt::format("there is no step \"{}\" yet", table.has("alarm") ? "alarm" : "broadcast"));
    return step;
  } else {
    text.refuse(read.source(), fmt::format("a step in braces has one of {}", fmt::join(kinds, ", ")));
    return step;
  }
  table.end();
  return step;
}

Steps read_steps(TomlText& text, const toml::node& list, int depth) {
  Steps steps;
  const toml::array* all = list.as_array();
  if (!all) text.refuse(list.source(), "steps are a list, as in [\"cpu 1ms\", \"kv.put\"]");
  if (!all) return steps;
  if (depth >= depth_max) text.refuse(list.source(), fmt::format("steps stand in steps {} deep at most", depth_max));
  if (depth >= depth_max) return steps;
  for (const toml::node& node : *all) {
    if (const toml::table* table = node.as_table()) {
      steps.push_back(step_of(text, *table, depth + 1));
    } else if (const auto* word = node.as_string()) {
      auto step = parse_step(word->get());
      if (!step) text.refuse(node.source(), step.error());
      steps.push_back(std::move(step).value_or(Step{SyncStep{}}));
    } else {
      text.refuse(node.source(), "a step is a text, as in \"cpu 1ms\", or stands in braces");
    }
  }
  return steps;
}

}  // namespace

std::vector<HandlerPlan> read_handlers(TomlTable& owner, std::string_view key) {
  std::vector<HandlerPlan> handlers;
  for (const auto& [name, steps] : owner.entries(key))
    handlers.push_back({name, read_steps(owner.file(), *steps, 0)});
  return handlers;
}

}  // namespace orrery::scenarios
