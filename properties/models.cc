#include "properties/models.h"

#include <bit>

#include "core/base/invariant.h"

namespace orrery::properties {

std::optional<ModelKind> model_named(std::string_view name) {
  if (name == "counter") return ModelKind::counter;
  if (name == "register") return ModelKind::cell;
  return std::nullopt;
}

Verb verb_of(ModelKind model, std::string_view method) {
  if (method == "read") return Verb::read;
  if (model == ModelKind::counter && method.starts_with("increment")) return Verb::add;
  if (model == ModelKind::cell && method == "write") return Verb::write;
  return Verb::none;
}

bool accepts(Verb verb, const Value& argument) {
  if (verb == Verb::none) return false;
  return verb != Verb::add || std::holds_alternative<std::monostate>(argument) ||
         std::holds_alternative<std::int64_t>(argument);
}

Value initial_state(ModelKind model) {
  if (model == ModelKind::counter) return std::int64_t{0};
  return std::monostate{};
}

std::int64_t addend(const Value& argument) {
  const auto* number = std::get_if<std::int64_t>(&argument);
  return number == nullptr ? 1 : *number;
}

Value perform(Value& state, Verb verb, const Value& argument) {
  switch (verb) {
    case Verb::add: {
      const auto sum =
          static_cast<std::uint64_t>(std::get<std::int64_t>(state)) + static_cast<std::uint64_t>(addend(argument));
      state = static_cast<std::int64_t>(sum);
      return state;
    }
    case Verb::write: state = argument; return std::monostate{};
    case Verb::read: return state;
    case Verb::none: break;
  }
  INVARIANT(false, "a model was asked for verb {}", static_cast<int>(verb));
}

bool agrees(Verb verb, const Value& expected, const Value& told) {
  if (verb == Verb::write) return true;
  const auto* a = std::get_if<double>(&expected);
  const auto* b = std::get_if<double>(&told);
  if (a != nullptr && b != nullptr) return std::bit_cast<std::uint64_t>(*a) == std::bit_cast<std::uint64_t>(*b);
  return expected == told;
}

}  // namespace orrery::properties
