#include "properties/window.h"

#include <algorithm>
#include <string>
#include <utility>

#include "core/base/invariant.h"
#include "core/base/lookup.h"

namespace orrery::properties {

// Calls as a search wants them, and its states as values again.
class Window::Numbering {
 public:
  Numbering(const Window& window, std::span<const PastCall> open) : model_(window.model_) {
    operations_.reserve(window.calls_.size() + open.size());
    for (const PastCall& call : window.calls_) operations_.push_back(operation(call));
    for (const PastCall& call : open) operations_.push_back(operation(call));
    for (const ValueStart& start : window.starts_) starts_.push_back({number(start.state), start.done});
  }

  const std::vector<Operation>& operations() const { return operations_; }
  const std::vector<Start>& starts() const { return starts_; }
  Value value(State state) const {
    if (model_ == ModelKind::counter) return state;
    return values_[static_cast<std::size_t>(state)];
  }

 private:
  Operation operation(const PastCall& call) {
    Operation made{nanoseconds(call.invoked), call.is_unknown ? never : nanoseconds(call.returned), {}};
    made.step.verb = call.verb;
    if (call.verb == Verb::add) made.step.argument = addend(call.argument);
    if (call.verb == Verb::write) made.step.argument = number(call.argument);
    if (call.is_unknown || call.verb == Verb::write) return made;
    const bool is_possible = model_ == ModelKind::cell || std::holds_alternative<std::int64_t>(call.result);
    made.step.told = is_possible ? Step::Told::result : Step::Told::nonsense;
    if (is_possible) made.step.result = number(call.result);
    return made;
  }
  State number(const Value& value) {
    if (model_ == ModelKind::counter) return std::get<std::int64_t>(value);
    std::size_t& place = places_[orrery::to_text(value)];  // one more than the place, so that 0 is new
    if (place == 0) {
      values_.push_back(value);
      place = values_.size();
    }
    return static_cast<State>(place - 1);
  }

  ModelKind model_;
  std::vector<Operation> operations_;
  std::vector<Start> starts_;
  std::vector<Value> values_;
  Lookup<std::string, std::size_t> places_;
};

Window::Window(ModelKind model) : model_(model), starts_{{initial_state(model), {}}} {}

void Window::add(PastCall call) {
  if (call.is_unknown) ++unknown_count_;
  calls_.push_back(std::move(call));
}

void Window::begin_at(const Value& state) {
  PRECONDITION(unknown_count_ == 0, "{} calls may still take effect", unknown_count_);
  calls_.clear();
  starts_.resize(1);
  starts_[0].state = state;
  starts_[0].done.clear();
}

void Window::forget() {
  calls_.clear();
  calls_.shrink_to_fit();
  starts_.clear();
}

const Value* Window::only_state() const {
  if (starts_.size() != 1 || !starts_[0].done.empty()) return nullptr;
  for (const PastCall& call : calls_)
    if (!call.is_unknown) return nullptr;
  return &starts_[0].state;
}

Judgement Window::judge(std::span<const PastCall> open, const Budget& budget) const {
  const Numbering numbering(*this, open);
  return model_ == ModelKind::counter
             ? properties::judge<Counter>(numbering.operations(), numbering.starts(), budget)
             : properties::judge<Register>(numbering.operations(), numbering.starts(), budget);
}

Window::Fold Window::fold(Time until, std::size_t starts_max) {
  PRECONDITION(is_known(), "a window of {} calls begins nowhere", calls_.size());
  const Numbering numbering(*this, {});
  const std::int64_t end = nanoseconds(until);
  const States states = model_ == ModelKind::counter
                            ? states_at<Counter>(numbering.operations(), numbering.starts(), end, starts_max)
                            : states_at<Register>(numbering.operations(), numbering.starts(), end, starts_max);
  Fold fold{.kind = states.kind, .settled = {}, .culprit = {}};
  if (states.kind == States::Kind::none) fold.culprit = calls_[states.culprit];
  if (states.kind == States::Kind::all) move_to(until, states, numbering, fold);
  return fold;
}

void Window::move_to(Time until, const States& states, const Numbering& numbering, Fold& fold) {
  std::vector<std::size_t> done_in(calls_.size(), 0);  // how many of the starts
  for (const Start& start : states.starts)
    for (const std::uint32_t i : start.done) ++done_in[i];
  const std::uint32_t gone = static_cast<std::uint32_t>(calls_.size());
  std::vector<std::uint32_t> place(calls_.size(), gone);
  std::vector<PastCall> kept;
  for (std::uint32_t i = 0; i < calls_.size(); ++i) {
    PastCall& call = calls_[i];
    const bool is_settled = call.is_unknown && done_in[i] == states.starts.size();
    if (is_settled) {
      fold.settled.push_back(call.call);
      --unknown_count_;
    }
    if (is_settled || (!call.is_unknown && call.returned < until)) continue;
    place[i] = static_cast<std::uint32_t>(kept.size());
    kept.push_back(std::move(call));
  }
  calls_ = std::move(kept);
  starts_.clear();
  for (const Start& start : states.starts) {
    ValueStart& made = starts_.emplace_back();
    made.state = numbering.value(start.state);
    for (const std::uint32_t i : start.done)
      if (place[i] != gone) made.done.push_back(place[i]);
  }
}

}  // namespace orrery::properties
