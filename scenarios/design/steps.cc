#include "scenarios/design/steps.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "core/base/decimal.h"
#include "core/base/nearest.h"
#include "scenarios/toml_text.h"

namespace orrery::scenarios {
namespace {

constexpr std::array storage_names{"kv.get", "kv.put", "sql.read", "sql.write"};
constexpr std::uint64_t rows_max = 100'000;

using Parsed = std::expected<Step, std::string>;

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

std::expected<std::uint32_t, std::string> count_in(std::string_view name, std::string_view text, std::uint64_t most) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < 1 || number > most)
    return std::unexpected(fmt::format("{} must be a whole number between 1 and {}, not \"{}\"", name, most, text));
  return static_cast<std::uint32_t>(number);
}

// "0.65ms rows=3": a time, which may be left out, then rows and bytes.
Parsed parse_storage(std::size_t kind, std::string_view rest) {
  StorageStep step{.kind = static_cast<StorageStep::Kind>(kind)};
  std::string time;
  while (!rest.empty()) {
    const std::size_t space = std::min(rest.find(' '), rest.size());
    const std::string_view word = rest.substr(0, space);
    rest = trimmed(rest.substr(space));
    const std::size_t equals = word.find('=');
    if (equals == word.npos) {
      time += (time.empty() ? "" : " ") + std::string(word);
      continue;
    }
    const std::string_view name = word.substr(0, equals);
    const bool is_rows = name == "rows";
    if (!is_rows && name != "bytes")
      return std::unexpected(fmt::format("{} takes rows= and bytes=, not {}=", storage_names[kind], name));
    if (is_rows && step.kind <= StorageStep::Kind::kv_put)
      return std::unexpected(fmt::format("{} is about one key: it has no rows", storage_names[kind]));
    if (word == "bytes=request") {
      if (step.kind == StorageStep::Kind::kv_get || step.kind == StorageStep::Kind::sql_read)
        return std::unexpected(
            fmt::format("{} reads what is there: only what is written can be as long as the request",
                        storage_names[kind]));
      step.is_as_request = true;
      continue;
    }
    const auto count = count_in(name, word.substr(equals + 1), is_rows ? rows_max : step_bytes_max);
    if (!count) return std::unexpected(count.error());
    (is_rows ? step.rows : step.bytes) = *count;
  }
  if (time.empty()) return Step{step};
  const auto cost = parse_distribution(time);
  if (!cost) return std::unexpected(cost.error());
  step.cost = *cost;
  return Step{step};
}

template <class Timed>
Parsed parse_timed(std::string_view name, std::string_view rest) {
  if (rest.empty()) return std::unexpected(fmt::format("{} needs a time, as in \"{} 5ms\"", name, name));
  const auto time = parse_distribution(rest);
  if (!time) return std::unexpected(time.error());
  return Step{Timed{*time}};
}

struct AsToml {
  std::string operator()(const CpuStep& step) const { return fmt::format("\"cpu {}\"", step.cost.to_text()); }
  std::string operator()(const WaitStep& step) const { return fmt::format("\"wait {}\"", step.lasts.to_text()); }
  std::string operator()(const SyncStep&) const { return "\"sync\""; }
  std::string operator()(const ReplyStep&) const { return "\"reply\""; }
  std::string operator()(const StorageStep& step) const {
    const StorageStep usual;
    std::string text = storage_names[static_cast<std::size_t>(step.kind)];
    if (step.cost) text += " " + step.cost->to_text();
    if (step.rows != usual.rows) text += fmt::format(" rows={}", step.rows);
    if (step.is_as_request) text += " bytes=request";
    if (step.bytes != usual.bytes) text += fmt::format(" bytes={}", step.bytes);
    return fmt::format("\"{}\"", text);
  }
  std::string operator()(const FetchStep& step) const {
    return fmt::format("{{ fetch = {} }}", quoted(step.service));
  }
  std::string operator()(const CallStep& step) const {
    const std::string key = step.keys > 0 ? fmt::format("keys = {}", step.keys) : "key = " + quoted(step.key);
    const std::string shards = step.shards > 0 ? fmt::format(", shards = {}", step.shards) : "";
    return fmt::format("{{ call = {}, {}{} }}", quoted(step.object_class + "." + step.handler), key, shards);
  }
  std::string operator()(const BlockStep& step) const { return fmt::format("{{ block = {} }}", to_toml(step.steps)); }
  std::string operator()(const AllStep& step) const {
    std::string text;
    for (const Steps& branch : step.branches) text += (text.empty() ? "" : ", ") + to_toml(branch);
    return fmt::format("{{ all = [{}] }}", text);
  }
  std::string operator()(const WhenStep& step) const {
    return fmt::format("{{ when = {}, then = {} }}", decimal_text(step.share_millionths, 6), to_toml(step.then));
  }
};

}  // namespace

Parsed parse_step(std::string_view text) {
  text = trimmed(text);
  const std::size_t space = std::min(text.find(' '), text.size());
  const std::string_view name = text.substr(0, space);
  const std::string_view rest = trimmed(text.substr(space));
  if (name == "cpu") return parse_timed<CpuStep>(name, rest);
  if (name == "wait") return parse_timed<WaitStep>(name, rest);
  const auto storage = std::ranges::find(storage_names, name);
  if (storage != storage_names.end())
    return parse_storage(static_cast<std::size_t>(storage - storage_names.begin()), rest);
  if (name == "sync" || name == "reply") {
    if (!rest.empty()) return std::unexpected(fmt::format("{} stands alone, without \"{}\"", name, rest));
    return name == "sync" ? Step{SyncStep{}} : Step{ReplyStep{}};
  }
  if (name == "alarm" || name == "broadcast") return std::unexpected(fmt::format("{}s are not there yet", name));
  const std::vector<std::string> known{"cpu", "wait", "kv.get", "kv.put", "sql.read", "sql.write", "sync", "reply"};
  const auto nearest = nearest_name(name, known);
  return std::unexpected(
      fmt::format("there is no step \"{}\"{}", name, nearest ? fmt::format(": did you mean \"{}\"?", *nearest) : ""));
}

std::string to_toml(const Step& step) { return std::visit(AsToml{}, step.what); }

std::string to_toml(const Steps& steps) {
  std::string text;
  for (const Step& step : steps) text += (text.empty() ? "" : ", ") + to_toml(step);
  return "[" + text + "]";
}

}  // namespace orrery::scenarios
