#include "scenarios/workload_toml.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/decimal.h"
#include "scenarios/toml_text.h"

namespace orrery::scenarios {
namespace {

constexpr std::array<std::string_view, 2> retry_causes{"timeout", "error"};
constexpr std::int64_t attempts_max = 1'000;
constexpr std::int64_t nth_max = 0xffff'ffff;
constexpr std::int64_t speed_max = std::int64_t{1'000'000} * 1'000'000;

std::string in_quotes(Duration duration) { return quoted(to_text(duration)); }
std::string in_quotes(Rate rate) { return quoted(to_text(rate)); }

struct AsToml {
  std::string operator()(const PoissonArrivals& each) const { return fmt::format("rate = {}", in_quotes(each.rate)); }
  std::string operator()(const ConstantArrivals& each) const {
    return fmt::format("rate = {}", in_quotes(each.rate));
  }
  std::string operator()(const BurstyArrivals& each) const {
    return fmt::format("base = {}, peak = {}, on = {}, off = {}", in_quotes(each.base), in_quotes(each.peak),
                       in_quotes(each.on), in_quotes(each.off));
  }
  std::string operator()(const RampArrivals& each) const {
    return fmt::format("from = {}, to = {}, over = {}", in_quotes(each.from), in_quotes(each.to),
                       in_quotes(each.over));
  }
  std::string operator()(const ClosedLoop& each) const {
    return fmt::format("think = {}", quoted(each.think.to_text()));
  }
  std::string operator()(const TraceArrivals&) const { return ""; }
};

// "200ms..2s", or one time that stands for both.
void read_backoff(TomlTable& table, RetryPlan& retry) {
  const std::string text = table.text("backoff", "0s");
  const std::size_t dots = text.find("..");
  const auto least = parse_duration(text.substr(0, dots));
  const auto most = parse_duration(dots == text.npos ? text : text.substr(dots + 2));
  if (!least || !most) return table.refuse("backoff", (!least ? least : most).error(), "as in \"200ms..2s\"");
  if (*least > *most) return table.refuse("backoff", "it cannot grow from the longer time to the shorter one");
  retry.backoff_least = *least;
  retry.backoff_most = *most;
}

void read_columns(TomlTable& trace, TraceColumns& columns) {
  TomlTable table = trace.table("columns");
  columns = {.time = table.text("time", ""),
             .from = table.text("from", ""),
             .client = table.text("client", ""),
             .key = table.text("key", ""),
             .operation = table.text("operation", ""),
             .bytes = table.text("bytes", ""),
             .count = table.text("count", "")};
  table.end();
}

}  // namespace

Arrivals read_arrivals(TomlTable& owner, std::string_view key) {
  TomlTable table = owner.table(key);
  Arrivals arrivals;
  switch (table.choice("process", arrival_names)) {
    case 0: arrivals = PoissonArrivals{table.rate("rate")}; break;
    case 1: arrivals = ConstantArrivals{table.rate("rate")}; break;
    case 2:
      arrivals = BurstyArrivals{table.rate("base"), table.rate("peak"), table.duration("on"), table.duration("off")};
      break;
    case 3: arrivals = RampArrivals{table.rate("from"), table.rate("to"), table.duration("over")}; break;
    case 4: arrivals = ClosedLoop{table.distribution("think")}; break;
    default: arrivals = TraceArrivals{}; break;
  }
  table.end();
  return arrivals;
}

std::string to_toml(const Arrivals& arrivals) {
  const std::string rest = std::visit(AsToml{}, arrivals);
  return fmt::format("{{ process = \"{}\"{}{} }}", arrival_names[arrivals.index()], rest.empty() ? "" : ", ", rest);
}

RetryPlan read_retry(TomlTable& owner, std::string_view key) {
  TomlTable table = owner.table(key);
  RetryPlan retry;
  for (const std::string& cause : table.texts("on")) {
    if (cause == "overloaded")
      table.refuse("on", "objects of this orrery do not refuse calls by themselves yet", "leave \"overloaded\" out");
    else if (std::ranges::find(retry_causes, cause) == retry_causes.end())
      table.refuse("on",
                   fmt::format("clients try again after a \"timeout\" or an \"error\", not after \"{}\"", cause));
    (cause == "timeout" ? retry.after_timeout : retry.after_error) = true;
  }
  retry.timeout = table.duration("timeout", Duration{});
  retry.max = static_cast<std::uint32_t>(table.whole("max", 0, attempts_max));
  read_backoff(table, retry);
  if (retry.after_timeout && retry.timeout == Duration{})
    table.refuse("on", "a client that never gives up has no timeout to try again after", "add timeout = \"5s\"");
  table.end();
  return retry;
}

std::string to_toml(const RetryPlan& retry) {
  std::string on;
  if (retry.after_timeout) on = "\"timeout\"";
  if (retry.after_error) on += on.empty() ? "\"error\"" : ", \"error\"";
  return fmt::format("{{ on = [{}], timeout = {}, max = {}, backoff = \"{}..{}\" }}", on, in_quotes(retry.timeout),
                     retry.max, to_text(retry.backoff_least), to_text(retry.backoff_most));
}

TracePlan read_trace(TomlTable& owner, std::string_view key) {
  TomlTable table = owner.table(key);
  TracePlan trace;
  trace.file = table.text("file");
  trace.digest = table.text("digest", "");
  read_columns(table, trace.columns);
  if (table.has("operations"))
    for (const auto& [recorded, call] : table.entries("operations")) {
      const auto text = call->value<std::string>();
      if (!text) table.refuse("operations", "each recorded operation stands for the name of a call");
      trace.operations.emplace_back(recorded, text.value_or(""));
    }
  trace.unit = table.duration("unit", Duration{});
  trace.speed_millionths = table.millionths("speed", 1, speed_max, trace.speed_millionths);
  trace.spread = table.duration("spread", Duration{});
  trace.late = table.duration("late", Duration{});
  trace.interval = table.duration("interval", Duration{});
  table.end();
  return trace;
}

std::string section_of(const TracePlan& trace) {
  const TracePlan usual;
  std::string text = fmt::format("\n[trace]\nfile = {}\ndigest = {}\n", quoted(trace.file), quoted(trace.digest));
  std::string columns;
  const auto add = [&columns](std::string_view name, const std::string& column) {
    if (!column.empty()) columns += fmt::format("{}{} = {}", columns.empty() ? "" : ", ", name, quoted(column));
  };
  add("time", trace.columns.time);
  add("from", trace.columns.from);
  add("client", trace.columns.client);
  add("key", trace.columns.key);
  add("operation", trace.columns.operation);
  add("bytes", trace.columns.bytes);
  add("count", trace.columns.count);
  text += fmt::format("columns = {{ {} }}\n", columns);
  std::string operations;
  for (const auto& [recorded, call] : trace.operations)
    operations += fmt::format("{}{} = {}", operations.empty() ? "" : ", ", quoted(recorded), quoted(call));
  if (!operations.empty()) text += fmt::format("operations = {{ {} }}\n", operations);
  if (trace.unit != usual.unit) text += fmt::format("unit = {}\n", in_quotes(trace.unit));
  if (trace.speed_millionths != usual.speed_millionths)
    text += fmt::format("speed = {}\n", decimal_text(trace.speed_millionths, 6));
  if (trace.spread != usual.spread) text += fmt::format("spread = {}\n", in_quotes(trace.spread));
  if (trace.late != usual.late) text += fmt::format("late = {}\n", in_quotes(trace.late));
  if (trace.interval != usual.interval) text += fmt::format("interval = {}\n", in_quotes(trace.interval));
  return text;
}

// Of a fault; which rates a kind may have is for mistake_in() to say.
constexpr std::int64_t rate_millionths_max = 1'000'000;

FaultPlan read_fault(TomlTable& table) {
  FaultPlan fault;
  fault.kind = static_cast<sim::FaultKind>(table.choice("kind", sim::fault_kind_names));
  fault.target = table.text("target");
  if (table.has("at") == table.has("point")) {
    table.refuse("at", "a fault strikes either \"at\" a time or at a \"point\"");
  } else if (table.has("at")) {
    fault.at = table.duration("at");
    if (table.has("nth")) table.refuse("nth", "\"nth\" counts the passings of a \"point\"");
  } else {
    const auto points = std::span(sim::fault_point_names).subspan(1);  // the first is a time
    fault.point = static_cast<sim::FaultPoint>(table.choice("point", points) + 1);
    fault.nth = static_cast<std::uint32_t>(table.whole("nth", 1, nth_max, 1));
  }
  fault.lasts = table.duration("lasts", Duration{});
  fault.sectors = table.text("sectors", "");
  if (table.has("stops"))
    fault.stops = static_cast<sim::Direction>(table.choice("stops", sim::direction_names));
  fault.with_users = table.truth("with_users", false);
  fault.rate_millionths = table.millionths("rate", -rate_millionths_max, rate_millionths_max, 0);
  fault.by = table.duration("by", Duration{});
  return fault;
}

std::vector<reports::Objective> read_objectives(TomlTable& owner, std::string_view key) {
  std::vector<reports::Objective> objectives;
  if (!owner.has(key)) return objectives;
  const auto add = [&](const std::string& name, const toml::node& node) {
    const auto limit = node.value<std::string>();
    const auto parsed = limit ? reports::parse_objective(name, *limit)
                              : std::unexpected(std::string("a limit is written in quotes, as in \"500ms\""));
    if (parsed)
      objectives.push_back(*parsed);
    else
      owner.file().refuse(node.source(), parsed.error());
  };
  for (const auto& [name, node] : owner.entries(key)) {
    if (const toml::table* inner = node->as_table())
      for (const auto& [metric, limit] : *inner) add(fmt::format("{}.{}", name, metric.str()), limit);
    else
      add(name, *node);
  }
  return objectives;
}

std::vector<CountedPlan> read_counted(TomlTable& owner, std::string_view key) {
  std::vector<CountedPlan> all;
  if (!owner.has(key)) return all;
  for (const auto& [name, node] : owner.entries(key)) {
    if (!node->is_table()) {
      owner.file().refuse(node->source(),
                          "what is counted is a table: { kind = \"at-most-once\", event = \"payments\" }");
      continue;
    }
    TomlTable each(owner.file(), *node->as_table(), fmt::format("[counted.{}]", name));
    all.push_back({name, static_cast<properties::Times>(each.choice("kind", properties::times_names)),
                   each.text("event"), each.text("of", "")});
    each.end();
  }
  return all;
}

std::string section_of(const std::vector<CountedPlan>& counted) {
  std::string text;
  for (const CountedPlan& each : counted) {
    text += fmt::format("\n[counted.{}]\nkind = \"{}\"\nevent = {}\n", quoted(each.name),
                        properties::times_names[static_cast<std::size_t>(each.times)], quoted(each.event));
    if (!each.of.empty()) text += fmt::format("of = {}\n", quoted(each.of));
  }
  return text;
}

std::string section_of(const std::vector<reports::Objective>& objectives) {
  if (objectives.empty()) return "";
  std::string text = "\n[objectives]\n";
  for (const reports::Objective& each : objectives)
    text += fmt::format("{} = {}\n", quoted(reports::name_of(each)), quoted(reports::limit_of(each)));
  return text;
}

}  // namespace orrery::scenarios
