// No internal error: the runtime never meets a mistake of its own.
//
// One rule, internal_error: no such record. The property is tested by each call that is answered, for
// every one of them went through all of the runtime.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "core/journal/event.h"
#include "properties/property.h"

namespace orrery::properties {

class NoInternalError final : public Property {
 public:
  std::string_view name() const override { return "no_internal_error"; }
  journal::Interest interest() const override {
    return journal::Interest::in<journal::Answered, journal::InternalError>();
  }
  void on(const journal::Record& record) override;
  bool violated() const override { return violation_.has_value(); }
  Verdict verdict() const override;

 private:
  std::optional<Violation> violation_;
  std::uint64_t tested_ = 0;
};

}  // namespace orrery::properties
