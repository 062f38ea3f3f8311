#include "core/placement/lease.h"

#include <algorithm>
#include <bit>

#include "core/base/invariant.h"

namespace orrery::placement {

void Lease::step(LocalTime now, Want, std::vector<LeaseEffect>& effects) {
  PRECONDITION(!is_dead_, "incarnation {:016x} is dead", self_.value);
  if (std::exchange(is_wanted_, true)) return;
  ask(now, effects);
}

void Lease::step(LocalTime, LetGo, std::vector<LeaseEffect>&) { is_wanted_ = false; }

void Lease::step(LocalTime now, const TimeIsUp& time, std::vector<LeaseEffect>& effects) {
  if (time.timer != timer_ || is_dead_ || !is_wanted_) return;
  ask(now, effects);
}

void Lease::step(LocalTime now, const LeaseAnswer& answer, std::vector<LeaseEffect>& effects) {
  if (is_dead_ || !std::exchange(is_asking_, false)) return;
  is_known_ = true;
  current_ = answer.current;
  const bool stands = current_ && current_->incarnation == self_;
  if (stands ? current_->is_sealed : has_stood_) return die(effects);
  has_stood_ = has_stood_ || stands;
  if (stands) count_from(*current_, effects);
  if (is_wanted_ && !is_held(now)) renew(now, effects);
}

// A change that has taken too long may have been carried out, or be yet: then it looks first.
void Lease::ask(LocalTime now, std::vector<LeaseEffect>& effects) {
  if (is_known_) return renew(now, effects);
  is_asking_ = true;
  effects.emplace_back(ReadLease{});
  set_timer(effects);
}

void Lease::renew(LocalTime now, std::vector<LeaseEffect>& effects) {
  is_asking_ = true;
  is_known_ = false;
  sent_.push_back({++number_, now});
  effects.emplace_back(ChangeLease{current_, {self_, number_, false}});
  set_timer(effects);
}

void Lease::count_from(const LeaseRecord& standing, std::vector<LeaseEffect>& effects) {
  const auto sent = std::ranges::find(sent_, standing.number, &Sent::number);
  INVARIANT(sent != sent_.end(), "number {} stands, and was never sent", standing.number);
  const LocalTime until = sent->at + terms_.for_owner();
  sent_.erase(sent_.begin(), sent);  // none before it can stand again
  if (until <= until_) return;
  until_ = until;
  effects.emplace_back(LeaseHeld{until_});
}

void Lease::die(std::vector<LeaseEffect>& effects) {
  is_dead_ = true;
  effects.emplace_back(LeaseLost{});
}

void Lease::set_timer(std::vector<LeaseEffect>& effects) {
  effects.emplace_back(SetLeaseTimer{++timer_, terms_.renewed_every});
}

LeaseWatch::LeaseWatch(Incarnation watched, std::uint32_t acceptors, const LeaseTerms& terms)
    : watched_(watched), acceptors_(acceptors), terms_(terms) {
  PRECONDITION(acceptors > 0 && acceptors <= 64, "{} acceptors", acceptors);
}

void LeaseWatch::step(LocalTime now, LookAgain, std::vector<WatchEffect>& effects) {
  if (!is_over_ && !is_asking_) ask(now, effects);
}

void LeaseWatch::step(LocalTime now, const TimeIsUp& time, std::vector<WatchEffect>& effects) {
  if (!is_over_ && !is_asking_ && time.timer == timer_) ask(now, effects);
}

void LeaseWatch::ask(LocalTime now, std::vector<WatchEffect>& effects) {
  const bool has_stood_for_a_lease = seen_ && now - since_ >= terms_.for_watcher();
  if (has_stood_for_a_lease) return ask_register(Seal{*seen_}, effects);
  looked_ = 0;
  is_doubted_ = false;
  effects.emplace_back(LookAtAcceptors{});
  effects.emplace_back(SetLeaseTimer{++timer_, terms_.renewed_every});
}

void LeaseWatch::ask_register(WatchEffect question, std::vector<WatchEffect>& effects) {
  is_asking_ = true;
  effects.push_back(std::move(question));
}

void LeaseWatch::step(LocalTime now, const LeaseLook& look, std::vector<WatchEffect>& effects) {
  if (is_over_ || is_asking_ || has_looked_enough()) return;
  looked_ |= std::uint64_t{1} << look.acceptor;
  if (!is_alive_in(look.accepted)) {
    is_doubted_ = true;
  } else if (!seen_ || look.accepted->number > seen_->number) {
    seen_ = look.accepted;
    since_ = now;
  }
  if (!has_looked_enough()) return;
  if (is_doubted_) return ask_register(ReadLease{}, effects);
  wait(now, effects);
}

void LeaseWatch::step(LocalTime now, const LeaseAnswer& answer, std::vector<WatchEffect>& effects) {
  if (is_over_ || !std::exchange(is_asking_, false)) return;
  if (!is_alive_in(answer.current)) {
    is_over_ = true;
    effects.emplace_back(Dead{watched_});
    return;
  }
  if (seen_ != answer.current) {
    seen_ = answer.current;
    since_ = now;
  }
  wait(now, effects);
}

void LeaseWatch::wait(LocalTime now, std::vector<WatchEffect>& effects) {
  const Duration rest = terms_.for_watcher() - (now - since_);
  effects.emplace_back(SetLeaseTimer{++timer_, std::max(rest, Duration{})});
}

bool LeaseWatch::has_looked_enough() const {
  return 2 * static_cast<std::uint32_t>(std::popcount(looked_)) > acceptors_;
}

bool LeaseWatch::is_alive_in(const std::optional<LeaseRecord>& record) const {
  return record && record->incarnation == watched_ && !record->is_sealed;
}

}  // namespace orrery::placement
