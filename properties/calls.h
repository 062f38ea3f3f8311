// A property of whole calls, for those who think in questions and answers.
//
// Derive from it, say name() and on_call(); in on_call say that the property held, or how it was violated:
//
//   class NobodyIsRefused final : public CallProperty {
//    public:
//     using CallProperty::CallProperty;
//     std::string_view name() const override { return "nobody_is_refused"; }
//     void on_call(const Call& call) override {
//       if (call.value == Value(false)) return violate("refused", call, call.text() + " was refused");
//       held();
//     }
//   };
//
// Only what callers saw is judged, so a violation trusts nothing that the runtime says of itself. What on_call throws
// is a violation as well (guarded.h).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/lookup.h"
#include "core/journal/event.h"
#include "properties/property.h"

namespace orrery::properties {

// A call that was answered. Its outcome is unknown if no answer will come: it may have been done, or not.
struct Call {
  std::string from;          // "fra#2", a user, or "an object"
  std::uint64_t number = 0;  // of the user's operation
  ObjectId object;
  std::string_view object_class;
  std::string_view method;
  Value argument;  // the first one; nothing if there is none
  journal::Status status{};
  Value value;  // the result, or the message of the error
  Time sent;
  Time answered;

  // "fra#2 (book(12) at 0.318000000 s)".
  std::string text() const;
};

class CallProperty : public Property {
 public:
  explicit CallProperty(const journal::Names& names) : names_(names) {}

  // Every call that was answered, in the order of the answers.
  virtual void on_call(const Call& call) = 0;

  journal::Interest interest() const final {
    return journal::Interest::in<journal::Requested, journal::Called, journal::Answered>();
  }
  void on(const journal::Record& record) final;
  bool violated() const final { return violation_.has_value(); }
  Verdict verdict() const final;  // tested as often as held() or violate() was said

 protected:
  void held() { ++tested_; }
  // `rule` is a short fixed name; `text` one sentence with the values that prove it. The first violation counts.
  void violate(std::string rule, const Call& call, std::string text);

 private:
  struct Open {
    ClientId client;
    std::uint64_t number = 0;
    bool is_a_users = false;
    ObjectId object;
    ClassId object_class;
    MethodId method;
    Value argument;
    Time sent;
  };

  const journal::Names& names_;
  Lookup<CallId, Open> open_;
  std::optional<Violation> violation_;
  std::uint64_t tested_ = 0;
};

}  // namespace orrery::properties
