#include "properties/guarded.h"

#include <exception>

#include "properties/verdicts.h"

namespace orrery::properties {
namespace {

// What the call threw, as a violation; nothing, if it returned.
template <class Call>
std::optional<Violation> thrown_by(Call call, Time at) {
  const auto violation = [at](std::string text) { return Violation{"threw", {}, std::move(text), at}; };
  try {
    call();
    return std::nullopt;
  } catch (const std::exception& error) {
    return violation(std::string("it threw: ") + error.what());
  } catch (...) { return violation("it threw something that is no std::exception"); }
}

}  // namespace

Guarded::Guarded(const OwnProperty& own, const journal::Names& names) : name_(own.name) {
  threw_ = thrown_by(
      [&] {
        property_ = own.make(names);
        interest_ = property_->interest();
      },
      now_);
}

void Guarded::on(const journal::Record& record) {
  now_ = record.at;
  if (!threw_) threw_ = thrown_by([&] { property_->on(record); }, now_);
}

bool Guarded::violated() const {
  bool is_violated = threw_.has_value();
  if (!is_violated && thrown_by([&] { is_violated = property_->violated(); }, now_)) return true;
  return is_violated;
}

Verdict Guarded::verdict() const {
  std::optional<Verdict> its;
  std::optional<Violation> threw = threw_;
  if (property_)
    if (auto also = thrown_by([&] { its = property_->verdict(); }, now_); also && !threw) threw = std::move(also);
  if (its && (its->violation || !threw)) return *std::move(its);
  return verdict_of(its ? its->tested : 0, threw);
}

}  // namespace orrery::properties
