#include "scenarios/toml_reader.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "core/base/decimal.h"
#include "core/base/hex.h"
#include "core/base/nearest.h"
#include "scenarios/settings.h"

namespace orrery::scenarios {
namespace {

const toml::table no_table;

// By the place in Distribution::Kind.
constexpr std::array<std::string_view, 5> distribution_names{"constant", "uniform", "exponential", "lognormal",
                                                             "pareto"};

std::string_view kind_of(const toml::node& node) {
  switch (node.type()) {
    case toml::node_type::table: return "a table";
    case toml::node_type::array: return "a list";
    case toml::node_type::string: return "a text";
    case toml::node_type::integer: return "a whole number";
    case toml::node_type::floating_point: return "a real number";
    case toml::node_type::boolean: return "a truth value";
    default: return "a date or time";
  }
}

std::optional<std::uint64_t> hexadecimal_in(const toml::node& node) {
  const auto* text = node.as_string();
  if (!text || text->get().size() != 16) return std::nullopt;
  std::uint64_t number = 0;
  const char* const end = text->get().data() + 16;
  const auto [read, error] = std::from_chars(text->get().data(), end, number, 16);
  if (error != std::errc() || read != end) return std::nullopt;
  return number;
}

// Nothing, if it has more decimals.
std::optional<std::int64_t> exact_millionths(double number) {
  if (!(std::abs(number) < 1e9)) return std::nullopt;
  const auto millionths = static_cast<std::int64_t>(std::llround(number * 1e6));
  const std::string again = decimal_text(millionths, 6);
  double read_back = 0;
  std::from_chars(again.data(), again.data() + again.size(), read_back);
  return read_back == number ? std::optional(millionths) : std::nullopt;
}

std::string millionths_text(std::int64_t millionths) { return to_text(Setting(Decimal{millionths})); }

}  // namespace

const toml::node* TomlTable::find(std::string_view key, bool needed) {
  asked_.emplace_back(key);
  const toml::node* node = table_.get(key);
  if (!node && needed) {
    std::vector<std::string> others;
    for (const auto& [other, held] : table_)
      if (std::ranges::find(asked_, other.str()) == asked_.end()) others.emplace_back(other.str());
    if (const auto misspelt = nearest_name(key, others))
      text_.refuse(table_.find(*misspelt)->first.source(), unknown(*misspelt),
                   fmt::format("did you mean \"{}\"?", key));
    else if (&table_ == &text_.root() || &table_ == &no_table)
      text_.refuse_all(fmt::format("there is no \"{}\"{}", key, name_.empty() ? "" : " in " + name_));
    else
      text_.refuse(table_.source(), fmt::format("there is no \"{}\" in {}", key, name_));
  }
  return node;
}

std::string TomlTable::unknown(std::string_view key) const {
  return fmt::format("unknown key \"{}\"{}", key, name_.empty() ? "" : " in " + name_);
}

std::string TomlTable::wrong_type(std::string_view key, const toml::node& node, std::string_view wanted) const {
  return fmt::format("\"{}\" must be {}, not {}", key, wanted, kind_of(node));
}

void TomlTable::refuse(std::string_view key, std::string message, std::string hint) {
  const toml::node* node = table_.get(key);
  text_.refuse(node ? node->source() : table_.source(), std::move(message), std::move(hint));
}

void TomlTable::refuse(std::string_view key, FileError what) {
  const toml::node* node = table_.get(key);
  text_.refuse(node ? node->source() : table_.source(), std::move(what));
}

void TomlTable::refuse_key(std::string_view key, std::string message, std::string hint) {
  FileError what;
  what.message = std::move(message);
  what.hint = std::move(hint);
  refuse_key(key, std::move(what));
}

void TomlTable::refuse_key(std::string_view key, FileError what) {
  const auto found = table_.find(key);
  text_.refuse(found != table_.end() ? found->first.source() : table_.source(), std::move(what));
}

std::string TomlTable::text(std::string_view key, std::optional<std::string> fallback) {
  const toml::node* node = find(key, !fallback);
  if (!node) return fallback.value_or("");
  if (const auto* held = node->as_string()) return held->get();
  refuse(key, wrong_type(key, *node, "a text"));
  return "";
}

bool TomlTable::truth(std::string_view key, std::optional<bool> fallback) {
  const toml::node* node = find(key, !fallback);
  if (!node) return fallback.value_or(false);
  if (const auto* held = node->as_boolean()) return held->get();
  refuse(key, wrong_type(key, *node, "true or false"));
  return false;
}

std::int64_t TomlTable::whole(std::string_view key, std::int64_t least, std::int64_t most,
                              std::optional<std::int64_t> fallback) {
  const toml::node* node = find(key, !fallback);
  if (!node) return fallback.value_or(least);
  const auto* held = node->as_integer();
  if (!held)
    refuse(key, wrong_type(key, *node, "a whole number"));
  else if (held->get() >= least && held->get() <= most)
    return held->get();
  else if (most == whole_max)
    refuse(key, fmt::format("\"{}\" must be at least {}", key, least));
  else
    refuse(key, fmt::format("\"{}\" must be between {} and {}", key, least, most));
  return least;
}

std::int64_t TomlTable::millionths(std::string_view key, std::int64_t least, std::int64_t most,
                                   std::optional<std::int64_t> fallback) {
  const toml::node* node = find(key, !fallback);
  if (!node) return fallback.value_or(least);
  const std::optional<double> number = node->is_number() ? node->value<double>() : std::nullopt;
  if (!number) {
    refuse(key, wrong_type(key, *node, "a number"));
    return least;
  }
  const std::string range =
      fmt::format("\"{}\" must be between {} and {}", key, millionths_text(least), millionths_text(most));
  if (!(*number * 1e6 >= static_cast<double>(least) && *number * 1e6 <= static_cast<double>(most))) {
    refuse(key, range);
    return least;
  }
  const std::optional<std::int64_t> exact = exact_millionths(*number);
  if (!exact) refuse(key, fmt::format("\"{}\" has more than six decimals", key));
  return exact.value_or(least);
}

template <class T>
T TomlTable::parsed(std::string_view key, std::expected<T, std::string> (*parse)(std::string_view),
                    std::optional<T> fallback) {
  const toml::node* node = find(key, !fallback);
  if (!node) return fallback.value_or(T{});
  const auto* held = node->as_string();
  if (!held) {
    refuse(key, wrong_type(key, *node, "a text in quotes"));
    return T{};
  }
  auto result = parse(held->get());
  if (result) return *result;
  refuse(key, std::move(result.error()));
  return T{};
}

Duration TomlTable::duration(std::string_view key, std::optional<Duration> fallback) {
  return parsed<Duration>(key, parse_duration, fallback);
}
Rate TomlTable::rate(std::string_view key) { return parsed<Rate>(key, parse_rate, {}); }
Distribution TomlTable::distribution(std::string_view key, std::optional<Distribution> fallback) {
  const toml::node* node = table_.get(key);
  if (!node || !node->is_table()) return parsed<Distribution>(key, parse_distribution, fallback);
  TomlTable spelt_out = table(key);
  const auto read = parse_distribution(spelt_out.distribution_text());
  spelt_out.end();
  if (!read) refuse(key, read.error());
  return read.value_or(Distribution{});
}

std::string TomlTable::distribution_text() {
  const auto length = [this](std::string_view key) { return orrery::to_text(duration(key)); };
  const auto number = [this](std::string_view key, std::int64_t least, std::int64_t most) {
    return decimal_text(millionths(key, least, most), 6);
  };
  const bool is_lognormal = !node("dist");
  switch (is_lognormal ? Distribution::Kind::lognormal
                       : static_cast<Distribution::Kind>(choice("dist", distribution_names))) {
    case Distribution::Kind::constant: return length("value");
    case Distribution::Kind::uniform: return fmt::format("uniform {}..{}", length("least"), length("most"));
    case Distribution::Kind::exponential: return fmt::format("exponential {}", length("mean"));
    case Distribution::Kind::lognormal:
      return fmt::format("lognormal {} sigma {}", length("median"),
                         number("sigma", 0, Distribution::sigma_millionths_max));
    case Distribution::Kind::pareto:
      return fmt::format("pareto {} alpha {}", length("scale"),
                         number("alpha", Distribution::alpha_millionths_min, Distribution::alpha_millionths_max));
  }
  return "";
}

std::uint64_t TomlTable::seed(std::string_view key) { return parsed<std::uint64_t>(key, parse_seed, {}); }

std::size_t TomlTable::choice(std::string_view key, std::span<const std::string_view> words) {
  const toml::node* node = find(key, true);
  if (!node) return 0;
  const auto* held = node->as_string();
  if (!held) {
    refuse(key, wrong_type(key, *node, "a text"));
    return 0;
  }
  const auto found = std::ranges::find(words, held->get());
  if (found != words.end()) return static_cast<std::size_t>(found - words.begin());
  const auto nearest = nearest_name(held->get(), std::vector<std::string>(words.begin(), words.end()));
  refuse(key, fmt::format("\"{}\" must be one of {}, not \"{}\"", key, fmt::join(words, ", "), held->get()),
         nearest ? fmt::format("did you mean \"{}\"?", *nearest) : "");
  return 0;
}

std::uint64_t TomlTable::hexadecimal(std::string_view key) {
  const toml::node* node = find(key, true);
  if (!node) return 0;
  const auto number = hexadecimal_in(*node);
  if (!number) refuse(key, fmt::format("\"{}\" must be a text of 16 hexadecimal digits", key));
  return number.value_or(0);
}

const toml::array* TomlTable::array(std::string_view key) {
  const toml::node* node = find(key, false);
  if (node && !node->is_array()) refuse(key, wrong_type(key, *node, "a list"));
  return node ? node->as_array() : nullptr;
}

std::vector<std::string> TomlTable::texts(std::string_view key) {
  std::vector<std::string> all;
  if (const toml::array* list = array(key))
    for (const toml::node& node : *list) {
      if (const auto* held = node.as_string())
        all.push_back(held->get());
      else
        text_.refuse(node.source(), wrong_type(key, node, "a list of texts"));
    }
  return all;
}

std::vector<std::uint64_t> TomlTable::hexadecimals(std::string_view key) {
  std::vector<std::uint64_t> all;
  if (const toml::array* list = array(key))
    for (const toml::node& node : *list) {
      const auto number = hexadecimal_in(node);
      if (!number)
        text_.refuse(node.source(), fmt::format("\"{}\" must be a list of texts of 16 hexadecimal digits", key));
      all.push_back(number.value_or(0));
    }
  return all;
}

Value TomlTable::value_of(std::string_view key, const toml::node& node) {
  if (const auto* truth = node.as_boolean()) return truth->get();
  if (const auto* number = node.as_integer()) return number->get();
  if (const auto* real = node.as_floating_point()) return real->get();
  if (const auto* text = node.as_string()) return text->get();
  if (const toml::array* array = node.as_array()) {
    List list;
    for (const toml::node& each : *array) list.items.push_back(value_of(key, each));
    return list;
  }
  if (const toml::table* table = node.as_table()) {
    std::optional<Value> value = value_in(key, *table);
    if (value) return std::move(*value);
  }
  text_.refuse(node.source(), fmt::format("\"{}\" may hold true, 7, 0.5, \"text\", {{ hex = \"00ff\" }}, {{ bytes = "
                                          "\"00ff\" }}, [7, 8], {{ fields = [[\"a\", 7]] }}, and {{}} for null",
                                          key));
  return {};
}

// What TOML has no form for.
std::optional<Value> TomlTable::value_in(std::string_view key, const toml::table& table) {
  if (table.empty()) return Value();
  if (table.size() != 1) return std::nullopt;
  if (table.contains("undefined")) return Undefined{};
  const auto* text = table.get_as<std::string>("hex");
  const auto* digits = text ? text : table.get_as<std::string>("bytes");
  std::optional<Bytes> bytes = digits ? bytes_of_hex(digits->get()) : std::nullopt;
  if (bytes) return text ? Value(std::move(*bytes)) : Value(Blob{std::move(*bytes)});
  const toml::array* fields = table.get_as<toml::array>("fields");
  if (!fields) return std::nullopt;
  Object object;
  for (const toml::node& each : *fields) {
    const toml::array* field = each.as_array();
    const auto* name = field && field->size() == 2 ? field->get_as<std::string>(0) : nullptr;
    if (!name) return std::nullopt;
    object.fields.emplace_back(name->get(), value_of(key, *field->get(1)));
  }
  return object;
}

std::vector<Value> TomlTable::values(std::string_view key) {
  std::vector<Value> all;
  if (const toml::array* list = array(key))
    for (const toml::node& node : *list) all.push_back(value_of(key, node));
  return all;
}

Argument TomlTable::argument_of(std::string_view key, const toml::node& node) {
  const toml::table* table = node.as_table();
  if (!table || !table->contains("between")) return value_of(key, node);
  const toml::array* bounds = table->get_as<toml::array>("between");
  if (table->size() == 1 && bounds && bounds->size() == 2 && bounds->is_homogeneous<std::int64_t>())
    return Between{**bounds->get_as<std::int64_t>(0), **bounds->get_as<std::int64_t>(1)};
  text_.refuse(node.source(), "what is drawn is written as { between = [1, 6] }, with two whole numbers");
  return {};
}

std::vector<Argument> TomlTable::arguments(std::string_view key) {
  std::vector<Argument> all;
  if (const toml::array* list = array(key))
    for (const toml::node& node : *list) all.push_back(argument_of(key, node));
  return all;
}

std::vector<std::pair<std::string, const toml::node*>> TomlTable::entries(std::string_view key) {
  std::vector<std::pair<std::string, const toml::node*>> all;
  const toml::node* node = find(key, false);
  if (node && !node->is_table()) refuse(key, wrong_type(key, *node, "a table"));
  if (!node || !node->is_table()) return all;
  const toml::table& held = *node->as_table();
  for (const auto& [name, value] : held) all.emplace_back(name.str(), &value);
  const auto place = [&](const auto& entry) { return text_.order(held.find(entry.first)->first.source()); };
  std::ranges::sort(all, {}, place);  // the table itself is ordered by name
  return all;
}

TomlTable TomlTable::table(std::string_view key, std::string name) {
  const toml::node* node = find(key, false);
  if (node && !node->is_table()) refuse(key, wrong_type(key, *node, "a table"));
  return {text_, node && node->is_table() ? *node->as_table() : no_table,
          name.empty() ? fmt::format("[{}]", key) : std::move(name)};
}

void TomlTable::end() {
  for (const auto& [key, node] : table_) {
    if (std::ranges::find(asked_, key.str()) != asked_.end()) continue;
    const auto nearest = nearest_name(key.str(), asked_);
    text_.refuse(key.source(), unknown(key.str()), nearest ? fmt::format("did you mean \"{}\"?", *nearest) : "");
  }
}

}  // namespace orrery::scenarios
