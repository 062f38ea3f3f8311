#include "scenarios/design/steps_toml.h"

#include <fmt/format.h>

#include <array>
#include <limits>

namespace orrery::scenarios {
namespace {

constexpr int depth_max = 16;
constexpr std::array kinds{"fetch", "call", "block", "all", "when"};
constexpr std::array<std::string_view, 2> gates{"open", "closed"};

Steps read_steps(TomlText& text, const toml::node& list, int depth);

std::string not_there_yet(std::string_view what) { return fmt::format("{} are not there yet", what); }

std::uint32_t count_of(TomlTable& table, std::string_view key) {
  return static_cast<std::uint32_t>(table.whole(key, 1, std::numeric_limits<std::uint32_t>::max()));
}

// "Counter.increment".
CallStep call_of(TomlTable& table) {
  const std::string whole = table.text("call");
  const std::size_t dot = whole.find('.');
  if (dot == whole.npos || dot == 0 || dot + 1 == whole.size())
    table.refuse("call",
                 fmt::format("\"call\" needs a class and a handler, as in \"Counter.add\", not \"{}\"", whole));
  if (table.has("key") && table.has("keys"))
    table.refuse("keys", "a call goes to one \"key\", or to one of so many \"keys\", not both");
  return {.object_class = whole.substr(0, dot),
          .handler = dot == whole.npos ? "" : whole.substr(dot + 1),
          .key = table.text("key", "0"),
          .keys = table.has("keys") ? count_of(table, "keys") : 0,
          .shards = table.has("shards") ? count_of(table, "shards") : 0};
}

// With its gate closed it is a section of its own.
Step fetch_of(TomlTable& table) {
  if (table.has("timeout")) table.refuse_key("timeout", not_there_yet("timeouts of fetches"));
  const Step fetch{FetchStep{table.text("fetch")}};
  if (!table.node("gate") || table.choice("gate", gates) == 0) return fetch;
  return {BlockStep{{fetch}}};
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

WhenStep when_of(TomlText& text, TomlTable& table, const toml::table& read, int depth) {
  const std::int64_t share = table.millionths("when", 0, 1'000'000);
  const toml::node* then = table.node("then");
  if (!then) text.refuse(read.source(), "\"when\" needs \"then\", a list of steps");
  return {share, then ? read_steps(text, *then, depth) : Steps{}};
}

Step step_of(TomlText& text, const toml::table& read, int depth) {
  TomlTable table(text, read, "step");
  Step step;
  if (table.has("fetch")) {
    step = fetch_of(table);
  } else if (table.has("call") && !table.has("alarm")) {
    step.what = call_of(table);
  } else if (const toml::node* block = table.node("block")) {
    step.what = BlockStep{read_steps(text, *block, depth)};
  } else if (const toml::node* all = table.node("all")) {
    step.what = branches_of(text, *all, depth);
  } else if (table.has("when")) {
    step.what = when_of(text, table, read, depth);
  } else if (table.has("alarm") || table.has("broadcast")) {
    text.refuse(read.source(), not_there_yet(table.has("alarm") ? "alarms" : "broadcasts"));
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
