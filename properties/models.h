// What an object would do if it were called by one caller at a time.
//
// A scenario may declare that a class behaves as one of the models below. Then every history of calls to
// one of its objects must look as if the model had been called in some order that respects real time.
//
//   counter    starts at 0; a method whose name begins with "increment" adds its argument (1 if there is
//              none) and returns the new value; "read" returns the value
//   register   starts as null; "write" puts its argument, "read" returns what was put last; what a write
//              returns is not looked at
//
// Other methods are no operations of the model.
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/ids.h"
#include "core/base/value.h"

namespace orrery::properties {

struct DeclaredModel {
  ClassId object_class;
  std::string model;                 // "counter" or "register"
  std::vector<std::string> methods;  // their names, by MethodId
};

enum class ModelKind : std::uint8_t { counter, cell };

enum class Verb : std::uint8_t { none, add, read, write };

std::optional<ModelKind> model_named(std::string_view name);

// none, if the model does not know the method.
Verb verb_of(ModelKind model, std::string_view method);

// Whether the verb makes sense of the argument: a counter cannot add a text.
bool accepts(Verb verb, const Value& argument);

inline bool changes_state(Verb verb) { return verb == Verb::add || verb == Verb::write; }

Value initial_state(ModelKind model);

// Does the operation, and returns what its caller must be told.
Value perform(Value& state, Verb verb, const Value& argument);

// Whether a caller who was told `told` was told what `expected` says. Real numbers are compared bit by bit.
bool agrees(Verb verb, const Value& expected, const Value& told);

// What an increment adds: its argument, or 1.
std::int64_t addend(const Value& argument);

// The state of a model in a search: a counter's value, or the place of a register's value in a list.
using State = std::int64_t;

// One operation as a search sees it.
struct Step {
  enum class Told : std::uint8_t {
    nothing,   // no constraint: the caller does not know, or what it was told does not matter
    result,    // the caller was told `result`
    nonsense,  // the caller was told what the model can never say
  };
  Verb verb = Verb::read;
  Told told = Told::nothing;
  State argument = 0;
  State result = 0;

  friend bool operator==(const Step&, const Step&) = default;
};

// A model, as a search calls it. `after` is the state that the step leaves behind; `shows` says whether the
// step's caller, finding the object in `state`, would be told what it was told.
// Only a step that changes_state() has another state after it.
template <class Model>
concept SequentialModel = requires(State state, const Step& step) {
  { Model::after(state, step) } -> std::same_as<State>;
  { Model::shows(state, step) } -> std::same_as<bool>;
};

struct Counter {
  static State after(State state, const Step& step) {
    if (step.verb != Verb::add) return state;
    return static_cast<State>(static_cast<std::uint64_t>(state) + static_cast<std::uint64_t>(step.argument));
  }
  static bool shows(State state, const Step& step) {
    return step.told == Step::Told::nothing || (step.told == Step::Told::result && step.result == after(state, step));
  }
};
struct Register {
  static State after(State state, const Step& step) { return step.verb == Verb::write ? step.argument : state; }
  static bool shows(State state, const Step& step) {
    return step.told == Step::Told::nothing || (step.told == Step::Told::result && step.result == state);
  }
};

static_assert(SequentialModel<Counter> && SequentialModel<Register>);

}  // namespace orrery::properties
