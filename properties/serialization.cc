#include "properties/serialization.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>
#include <utility>

#include "core/base/invariant.h"
#include "properties/verdicts.h"

namespace orrery::properties {
namespace {

constexpr std::uint32_t none = 0xffff'ffffu;

}  // namespace

Serialization::Serialization(const std::vector<DeclaredModel>& models, SerializationOptions options)
    : options_(options) {
  for (const DeclaredModel& declared : models) {
    const std::optional<ModelKind> model = model_named(declared.model);
    PRECONDITION(model.has_value(), "there is no model named {}", declared.model);
    if (declared.object_class.value >= classes_.size()) classes_.resize(declared.object_class.value + std::size_t{1});
    Judged judged{*model, {}};
    for (const std::string& method : declared.methods) judged.methods.push_back({method, verb_of(*model, method)});
    classes_[declared.object_class.value] = std::move(judged);
  }
}

void Serialization::on(const journal::Record& record) {
  if (violation_) return;
  if (const auto* called = std::get_if<journal::Called>(&record.event))
    on_called(record.at, *called);
  else if (const auto* replied = std::get_if<journal::Replied>(&record.event))
    on_replied(*replied);
  else if (const auto* answered = std::get_if<journal::Answered>(&record.event))
    on_answered(record.at, *answered);
  else if (const auto* committed = std::get_if<journal::Committed>(&record.event))
    on_committed(*committed);
  else if (const auto* confirmed = std::get_if<journal::Confirmed>(&record.event))
    on_confirmed(*confirmed);
  else if (const auto* taken = std::get_if<journal::TakenOver>(&record.event))
    on_taken_over(*taken);
  else if (const auto* recovered = std::get_if<journal::Recovered>(&record.event))
    on_recovered(*recovered);
}

void Serialization::on_called(Time at, const journal::Called& called) {
  if (called.object_class.value >= classes_.size() || !classes_[called.object_class.value]) return;
  const Judged& judged = *classes_[called.object_class.value];
  const Verb verb =
      called.method.value < judged.methods.size() ? judged.methods[called.method.value].verb : Verb::none;
  if (!accepts(verb, called.argument)) {
    ++not_of_the_model_;
    return;
  }
  std::uint32_t& place = pending_places_[called.call];
  if (place != 0) return;  // one more than its place: 0 is new
  if (free_.empty()) {
    free_.push_back(static_cast<std::uint32_t>(pending_.size()));
    pending_.emplace_back();
  }
  const std::uint32_t slot = free_.back();
  free_.pop_back();
  place = slot + 1;

  const std::uint32_t number = object_of(called, judged.model);
  Object& object = objects_[number];
  if (object.open == 0 && at > object.last_return) settle_while_quiet(object, at);
  Pending& call = pending_[slot];
  call.call = called.call;
  call.object = number;
  call.before = object.last_call;
  call.after = none;
  call.method = called.method;
  call.verb = verb;
  call.is_unknown = call.was_done = false;
  call.commit = CommitIndex{};
  call.invoked = at;
  call.argument = called.argument;
  (object.last_call == none ? object.first_call : pending_[object.last_call].after) = slot;
  object.last_call = slot;
  ++object.open;
}

std::uint32_t Serialization::object_of(const journal::Called& called, ModelKind model) {
  std::uint32_t& place = object_places_[called.object];
  if (place == 0) {
    objects_.emplace_back(called.object, called.object_class, model, options_.window_max);
    objects_.back().first_call = objects_.back().last_call = none;
    place = static_cast<std::uint32_t>(objects_.size());
  }
  return place - 1;
}

void Serialization::on_replied(const journal::Replied& replied) {
  const std::uint32_t* place = pending_places_.find(replied.call);
  if (place == nullptr || replied.status != journal::Status::ok) return;
  const std::uint32_t slot = *place - 1;
  Pending& call = pending_[slot];
  Object& object = objects_[call.object];
  if (!call.was_done && object.trust == Trust::witness)
    call.expected = perform(object.state, call.verb, call.argument);
  call.was_done = true;
  call.commit = object.commit;
  if (call.is_unknown) release(slot);
}

void Serialization::on_answered(Time at, const journal::Answered& answered) {
  const std::uint32_t* place = pending_places_.find(answered.call);
  if (place == nullptr) return;
  const std::uint32_t slot = *place - 1;
  Pending& call = pending_[slot];
  if (call.is_unknown) return;
  Object& object = objects_[call.object];
  --object.open;
  object.last_return = at;
  const bool is_change = changes_state(call.verb);
  const bool is_ok = answered.status == journal::Status::ok;
  const bool is_unknown = answered.status == journal::Status::unknown;
  bool agrees_with_witness = true;
  if (is_ok) {
    if (object.trust != Trust::abandoned) ++tested_;
    Time& latest = is_change ? object.last_change_return : object.last_read_invoked;
    latest = std::max(latest, is_change ? at : call.invoked);
    object.answered = std::max(object.answered, call.commit);
    object.has_told_zero |= call.commit == CommitIndex{};
    agrees_with_witness = call.was_done && agrees(call.verb, call.expected, answered.value);
  } else if (!is_unknown) {
    agrees_with_witness = !(is_change && call.was_done);  // it failed, so it had no effect
  }
  if (object.trust != Trust::abandoned && (is_ok || (is_unknown && is_change)))
    object.window.add({.call = call.call,
                       .method = call.method,
                       .verb = call.verb,
                       .is_unknown = is_unknown,
                       .invoked = call.invoked,
                       .returned = at,
                       .argument = std::move(call.argument),
                       .result = answered.value});
  if (is_unknown && is_change && !call.was_done)
    call.is_unknown = true;  // a reply may still come
  else
    release(slot);
  if (!options_.witness) return;
  if (object.trust == Trust::witness && !agrees_with_witness)
    distrust_witness(object, "an answer differs from the order of replies");
  fold_if_full(object, at);
}

// The object, if its witness is asked and there is a model for it.
Serialization::Object* Serialization::witnessed(const ObjectId& object) {
  if (!options_.witness) return nullptr;
  const std::uint32_t* place = object_places_.find(object);
  return place == nullptr ? nullptr : &objects_[*place - 1];
}

// Comes before the replies of its turn.
void Serialization::on_committed(const journal::Committed& committed) {
  Object* object = witnessed(committed.object);
  if (object == nullptr) return;
  const CommitIndex previous{committed.index.value - 1};
  // If commits are missing, they were made before the first call of the model.
  if (object->commit != previous) object->earlier.clear();
  if (object->trust == Trust::witness) object->earlier.add(previous, object->state);
  object->commit = committed.index;
}

void Serialization::on_confirmed(const journal::Confirmed& confirmed) {
  if (Object* object = witnessed(confirmed.object)) object->earlier.forget_before(confirmed.index);
}

void Serialization::on_recovered(const journal::Recovered& recovered) {
  if (Object* object = witnessed(recovered.object)) go_back(*object, recovered.index);
}

// The marker is a commit that changes nothing.
void Serialization::on_taken_over(const journal::TakenOver& taken) {
  Object* object = witnessed(taken.object);
  if (object == nullptr) return;
  const bool is_after_others = taken.through > object->commit;  // markers that were never confirmed
  go_back(*object, taken.through);
  if (is_after_others) object->earlier.clear();
  if (object->trust == Trust::witness) object->earlier.add(taken.through, object->state);
  object->commit = taken.marker;
}

void Serialization::go_back(Object& object, CommitIndex commit) {
  const bool is_proof = object.trust != Trust::witness || undo_after(object, commit);
  object.commit = commit;
  object.answered = std::min(object.answered, commit);
  if (!is_proof) distrust_witness(object, "what a caller was told was undone");
}

// Puts the witness back to its state after that commit. False if it is no proof then: the state is not known, or
// somebody was told of what is undone.
bool Serialization::undo_after(Object& object, CommitIndex commit) {
  const bool is_last = commit >= object.commit;
  const Value* left = is_last ? &object.state : object.earlier.find(commit);
  if (left == nullptr) return false;
  bool is_proof = object.answered <= commit;
  const Value initial = initial_state(classes_[object.object_class.value]->model);
  const bool was_in_memory = commit == CommitIndex{} && *left != initial;
  if (is_last && !was_in_memory) return is_proof;
  for (std::uint32_t i = object.first_call; i != none; i = pending_[i].after) {
    if (pending_[i].commit <= commit && !was_in_memory) continue;
    pending_[i].was_done = false;
    pending_[i].commit = CommitIndex{};
  }
  if (was_in_memory && object.has_told_zero) is_proof = false;
  object.state = was_in_memory ? initial : Value(*left);
  if (commit == CommitIndex{})
    object.earlier.clear();
  else
    object.earlier.forget_after(CommitIndex{commit.value - 1});
  return is_proof;
}

void Serialization::release(std::uint32_t slot) {
  Pending& call = pending_[slot];
  Object& object = objects_[call.object];
  (call.before == none ? object.first_call : pending_[call.before].after) = call.after;
  (call.after == none ? object.last_call : pending_[call.after].before) = call.before;
  pending_places_.erase(call.call);
  free_.push_back(slot);
}

// No call of the object is open, and all that was answered was so before now.
void Serialization::settle_while_quiet(Object& object, Time at) {
  if (!options_.witness || object.trust == Trust::abandoned) return;
  Window& window = object.window;
  if (object.trust == Trust::search) {
    if (!fold(object, at)) return;
    const Value* state = window.only_state();
    if (state == nullptr) return;
    object.state = *state;
    object.trust = Trust::witness;
    return;
  }
  if (window.unknown_count() != 0 || (window.calls().empty() && window.is_known())) return;
  const bool is_counter = classes_[object.object_class.value]->model == ModelKind::counter;
  const bool is_single = window.calls().size() == 1 && window.is_known();
  const bool was_read = object.last_read_invoked > object.last_change_return;
  if (!is_counter && !is_single && !was_read) return;
  window.begin_at(object.state);
  object.fold_at = options_.window_max;
}

void Serialization::fold_if_full(Object& object, Time at) {
  Window& window = object.window;
  if (window.calls().size() < object.fold_at || object.trust == Trust::abandoned || violation_) return;
  if (window.is_known()) {
    Time until = at;
    for (std::uint32_t i = object.first_call; i != none; i = pending_[i].after) {
      if (pending_[i].is_unknown) continue;
      until = std::min(until, pending_[i].invoked);  // the list is in order of Called
      break;
    }
    if (!fold(object, until)) return;
  }
  object.fold_at = std::max(options_.window_max, window.calls().size() * 2);
  if (window.is_known() && window.calls().size() < options_.window_max * 8) return;
  if (object.trust == Trust::search)
    abandon(object, fmt::format("a call stayed open while {} ended", window.calls().size()));
  else
    window.forget();
}

// False if nothing is left to be done for this object.
bool Serialization::fold(Object& object, Time until) {
  const Window::Fold fold = object.window.fold(until, options_.states_max);
  for (const CallId settled : fold.settled)
    if (const std::uint32_t* place = pending_places_.find(settled)) release(*place - 1);
  if (fold.kind == States::Kind::all) return true;
  if (fold.kind == States::Kind::none)
    report(object, *fold.culprit);
  else if (object.trust == Trust::search)
    abandon(object, fmt::format("it could be in more than {} states", options_.states_max));
  else
    object.window.forget();
  return false;
}

void Serialization::distrust_witness(Object& object, std::string_view why) {
  object.earlier.clear();
  if (!object.window.is_known()) {
    abandon(object, fmt::format("{}, and earlier calls are no longer remembered", why));
    return;
  }
  const Judgement judgement = object.window.judge(open_calls(object), options_.budget);
  switch (judgement.kind) {
    case Judgement::Kind::linearizable:
      ++diagnostics_;
      object.trust = Trust::search;
      return;
    case Judgement::Kind::not_linearizable: report(object, object.window.calls()[judgement.culprit]); return;
    case Judgement::Kind::unknown:
      abandon(object,
              fmt::format("{} steps placed {} of {} calls", judgement.steps, judgement.deepest, judgement.returns));
      return;
  }
}

void Serialization::abandon(Object& object, std::string why) {
  object.trust = Trust::abandoned;
  object.window.forget();
  if (why_unknown_.empty()) why_unknown_ = fmt::format("object {}: {}", to_hex(object.id), why);
}

void Serialization::report(const Object& object, const PastCall& culprit) {
  violation_ = violation_of(object, culprit);
}

std::vector<PastCall> Serialization::open_calls(const Object& object) const {
  std::vector<PastCall> open;
  for (std::uint32_t i = object.first_call; i != none; i = pending_[i].after) {
    const Pending& call = pending_[i];
    if (call.is_unknown || !changes_state(call.verb)) continue;
    open.push_back({.call = call.call,
                    .method = call.method,
                    .verb = call.verb,
                    .is_unknown = true,
                    .invoked = call.invoked,
                    .returned = {},
                    .argument = call.argument,
                    .result = {}});
  }
  return open;
}

Verdict Serialization::verdict() const {
  std::optional<Violation> first = violation_;
  std::string why_unknown = why_unknown_;
  for (const Object& object : objects_) {
    if (violation_) break;
    if (options_.witness && object.trust != Trust::search) continue;
    const Judgement judgement = object.window.judge(open_calls(object), options_.budget);
    if (judgement.kind == Judgement::Kind::not_linearizable) {
      Violation found = violation_of(object, object.window.calls()[judgement.culprit]);
      if (!first || found.at < first->at) first = std::move(found);
    }
    if (judgement.kind == Judgement::Kind::unknown && why_unknown.empty())
      why_unknown = fmt::format("object {}: {} steps placed {} of {} calls", to_hex(object.id), judgement.steps,
                                judgement.deepest, judgement.returns);
  }
  Verdict verdict = verdict_of(tested_, first);
  if (verdict.kind == Verdict::Kind::holds && !why_unknown.empty()) verdict.kind = Verdict::Kind::unknown;
  verdict.note = note(why_unknown);
  return verdict;
}

std::string Serialization::note(const std::string& why_unknown) const {
  std::string text = why_unknown;
  const auto add = [&](const std::string& more) { text += (text.empty() ? "" : "; ") + more; };
  if (diagnostics_ != 0)
    add(fmt::format("{} times an order other than that of the replies was needed", diagnostics_));
  if (not_of_the_model_ != 0) add(fmt::format("{} calls were no operations of a model", not_of_the_model_));
  return text;
}

// Names the culprit and the few calls that could have come just before it.
Violation Serialization::violation_of(const Object& object, const PastCall& culprit) const {
  std::vector<const PastCall*> others;
  for (const PastCall& call : object.window.calls())
    if (call.call != culprit.call && call.invoked <= culprit.returned) others.push_back(&call);
  std::sort(others.begin(), others.end(), [](const PastCall* a, const PastCall* b) {
    return std::tie(b->invoked, b->call) < std::tie(a->invoked, a->call);  // latest first
  });
  const std::size_t named = std::min<std::size_t>(others.size(), 4);
  std::string text = "no order of its calls explains " + describe(object, culprit);
  for (std::size_t i = 0; i < named; ++i) text += (i == 0 ? " among " : ", ") + describe(object, *others[i]);
  if (others.size() > named) text += fmt::format(" and {} before", others.size() - named);
  return {.rule = "not_linearizable", .object = to_hex(object.id), .text = text, .at = culprit.returned};
}

std::string Serialization::describe(const Object& object, const PastCall& call) const {
  const bool has_argument = !std::holds_alternative<std::monostate>(call.argument);
  const std::string& method = classes_[object.object_class.value]->methods[call.method.value].name;
  const std::string made = fmt::format("{}({})", method, has_argument ? orrery::to_text(call.argument) : "");
  if (call.is_unknown) return fmt::format("{}, never answered, from {}", made, seconds(call.invoked));
  return fmt::format("{} = {} from {} to {}", made, orrery::to_text(call.result), seconds(call.invoked),
                     seconds(call.returned));
}

}  // namespace orrery::properties
