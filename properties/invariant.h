// An invariant that an author states of an object's state (core/object/object_class.h), as a property.
//
// Judged whenever a turn of an object of the class ends. One rule: holds_after_every_turn.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "properties/property.h"

namespace orrery::properties {

class AuthorsInvariant final : public Property {
 public:
  // `place` is its place among the invariants of the class.
  AuthorsInvariant(std::string name, ClassId object_class, std::uint32_t place)
      : name_(std::move(name)), class_(object_class), place_(place) {}

  std::string_view name() const override { return name_; }
  journal::Interest interest() const override { return journal::Interest::in<journal::InvariantChecked>(); }
  void on(const journal::Record& record) override;
  bool violated() const override { return violation_.has_value(); }
  Verdict verdict() const override;  // tested by each turn of an object of the class

 private:
  std::string name_;
  ClassId class_;
  std::uint32_t place_;
  std::optional<Violation> violation_;
  std::uint64_t tested_ = 0;
};

}  // namespace orrery::properties
