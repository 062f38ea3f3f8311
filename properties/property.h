// A property is a fold over the records of a run, live or recorded.
//
// It observes and never asks the world a question. Its verdict has three values, because a run that never
// put a property to the test has not shown it: holds (so many times tested), violated (by which rule, where,
// and the record that proves it), untested.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/journal/event.h"
#include "core/journal/names.h"

namespace orrery::properties {

// The signature of a violation is (property, rule, object): shrinking keeps it.
struct Violation {
  std::string rule;    // a short fixed name, such as "one_owner_per_epoch"
  std::string object;  // hexadecimal id, or empty
  std::string text;    // one sentence for people, with the values that prove it
  Time at;             // the instant of the record that proves it
  friend bool operator==(const Violation&, const Violation&) = default;
};

struct Verdict {
  enum class Kind : std::uint8_t { holds, violated, untested, unknown };
  Kind kind = Kind::untested;
  std::uint64_t tested = 0;            // how many times the property was put to the test
  std::optional<Violation> violation;  // if violated
  std::string note;                    // if unknown: why no answer could be given
  friend bool operator==(const Verdict&, const Verdict&) = default;
};

// "holds", "violated", "untested", "unknown".
std::string_view to_text(Verdict::Kind kind);

class Property : public journal::Sink {
 public:
  virtual std::string_view name() const = 0;
  virtual bool violated() const = 0;    // cheap: asked after every record
  virtual Verdict verdict() const = 0;  // good at any time, final after the last record
};

// A property that an author states of objects of their own. It is known by what its name() says.
struct OwnProperty {
  std::string name;
  std::string promise;  // one sentence
  std::unique_ptr<Property> (*make)(const journal::Names& names);
};

// P is made from the names of the run's classes and clients, which outlive it.
template <class P>
OwnProperty own_property(std::string promise) {
  const journal::Names nobody;
  return {std::string(P(nobody).name()), std::move(promise),
          [](const journal::Names& names) -> std::unique_ptr<Property> { return std::make_unique<P>(names); }};
}

}  // namespace orrery::properties
