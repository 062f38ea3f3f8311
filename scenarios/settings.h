// Named, typed, ranged parameters of a scenario, and the values chosen for them.
//
// Paths and texts are those of a TOML design: `--set clients.rate=20/s` and `list counter --format toml` use one
// vocabulary.
#pragma once

#include <cstdint>
#include <expected>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/base/distributions.h"
#include "core/base/duration_text.h"
#include "core/base/invariant.h"
#include "core/base/time.h"

namespace orrery::scenarios {

// A number with at most six decimals.
struct Decimal {
  std::int64_t millionths = 0;
  friend constexpr auto operator<=>(Decimal, Decimal) = default;
};

// A file named by the user, read before the experiment is made: the experiment holds its text.
struct FileText {
  std::string name;  // empty: none
  std::string text;
  friend bool operator==(const FileText&, const FileText&) = default;
};

using Setting = std::variant<Duration, Rate, std::int64_t, Decimal, Distribution, FileText>;

// As it would stand in TOML, without quotes: 60s, 20/s, 1000, 0.99, lognormal 8ms sigma 0.3, matrix.csv.
std::string to_text(const Setting& setting);
// The same with the quotes that TOML wants: "60s", "20/s", 1000, 0.99, "matrix.csv".
std::string to_toml(const Setting& setting);

// Any 64 bits, decimal or with 0x before hexadecimal digits. The error is a sentence.
std::expected<std::uint64_t, std::string> parse_seed(std::string_view text);

struct Parameter {
  std::string path;  // as in "clients.rate"
  std::string help;  // one line, no full stop
  Setting usual;
  Setting least;  // both bounds are included; they mean nothing for a Distribution or a FileText
  Setting most;
};

class Settings {
 public:
  // All parameters at their usual values.
  explicit Settings(const std::vector<Parameter>& parameters);

  // Reads `text` as the parameter's type. The error is a sentence: an unknown path with the nearest known one,
  // a value that cannot be read, a value out of range with the range, a file that cannot be used.
  // A FileText's text is filled in by the caller through set_file.
  std::expected<void, std::string> set(std::string_view path, std::string_view text);
  void set_file(std::string_view path, FileText file);
  // Whether the parameter at this path names a file.
  bool is_file(std::string_view path) const;

  // PRECONDITION: the scenario has a parameter of this path and type.
  template <class T>
  const T& get(std::string_view path) const {
    const auto found = values_.find(path);
    PRECONDITION(found != values_.end() && std::holds_alternative<T>(found->second), "no parameter {} of this type",
                 path);
    return std::get<T>(found->second);
  }

  const std::vector<Parameter>& parameters() const { return parameters_; }
  const Setting& at(std::string_view path) const { return values_.find(path)->second; }

 private:
  std::vector<Parameter> parameters_;
  std::map<std::string, Setting, std::less<>> values_;
};

}  // namespace orrery::scenarios
