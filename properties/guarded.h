// A property of somebody else's, whose mistakes are theirs.
//
// Whatever it throws, when it is made, when it sees a record or when it judges, is a violation of its own, by the rule
// `threw`: so the seed is kept, shrunk and replayed as any other. It sees nothing more then. A violation that it had
// found before stays the one that counts.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "properties/property.h"

namespace orrery::properties {

class Guarded final : public Property {
 public:
  // The names outlive it.
  Guarded(const OwnProperty& own, const journal::Names& names);

  std::string_view name() const override { return name_; }
  journal::Interest interest() const override { return interest_; }
  void on(const journal::Record& record) override;
  bool violated() const override;
  Verdict verdict() const override;

 private:
  const std::string name_;
  std::unique_ptr<Property> property_;
  journal::Interest interest_ = journal::Interest::in<>();
  Time now_{};                      // of the last record that it saw
  std::optional<Violation> threw_;  // when it was made, or saw a record
};

}  // namespace orrery::properties
