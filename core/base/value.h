// What calls carry: nothing, a truth value, a number, or text.
#pragma once

#include <cstdint>
#include <string>
#include <variant>

namespace orrery {

// Raw bytes. A std::string, because its small form holds a packed number without an allocation.
using Bytes = std::string;

using Value = std::variant<std::monostate, bool, std::int64_t, double, std::string>;

// As written in TOML and JSON: null, true, 7, 0.5, "text" (quotes and control characters escaped).
std::string to_text(const Value& value);

}  // namespace orrery
