#include "core/placement/register.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "core/base/config.h"
#include "core/base/invariant.h"

namespace orrery::placement {

// ---- Acceptor.

AcceptorStep Acceptor::step(const Prepare& prepare) {
  if (prepare.ballot < promised_) return {false, Refused{prepare.ballot, promised_}};
  const bool is_new = prepare.ballot != promised_;
  promised_ = prepare.ballot;
  return {is_new, Promise{prepare.ballot, accepted_, value_}};
}

AcceptorStep Acceptor::step(const Accept& accept) {
  // One that was accepted already is confirmed again, though its proposer's next ballot is promised by now.
  if (accept.ballot == accepted_) return {false, Accepted{accept.ballot}};
  if (accept.ballot < promised_) return {false, Refused{accept.ballot, promised_}};
  promised_ = std::max(accept.ballot, accept.next);
  accepted_ = accept.ballot;
  value_ = accept.value;
  return {true, Accepted{accept.ballot}};
}

void Acceptor::step(const Chosen& chosen) { chosen_ = std::max(chosen_, chosen.ballot); }

// ---- Proposer.

Proposer::Proposer(Incarnation self, std::uint32_t acceptors, std::uint64_t used)
    : self_(self), acceptors_(acceptors), seen_(used) {
  PRECONDITION(self != Incarnation{}, "nobody cannot propose");
  PRECONDITION(acceptors > 0 && acceptors <= 64, "{} acceptors", acceptors);
}

void Proposer::step(Change&& change, std::vector<ProposerEffect>& effects) {
  PRECONDITION(!change.value.empty() && change.value != change.expected, "no change");
  change_ = std::move(change);
  begin(effects);
}

void Proposer::step(Read, std::vector<ProposerEffect>& effects) {
  change_.reset();
  begin(effects);
}

void Proposer::drop() {
  if (is_settled()) return;
  next_ = {};
  phase_ = Phase::settled;
  heard_ = refused_ = agreeing_ = 0;
  change_.reset();
}

void Proposer::begin(std::vector<ProposerEffect>& effects) {
  PRECONDITION(is_settled(), "one at a time");
  may_be_chosen_ = false;
  attempts_ = 0;
  // What was seen last is current as long as the promise holds: the second round will tell.
  if (next_ == Ballot{} || !is_changing()) return prepare(effects);
  ballot_ = next_;
  accept(effects);
}

void Proposer::prepare(std::vector<ProposerEffect>& effects) {
  phase_ = Phase::prepare;
  heard_ = refused_ = agreeing_ = 0;
  ballot_ = fresh_ballot();
  highest_ = {};
  current_.clear();
  effects.emplace_back(AskAll{Prepare{ballot_}});
  set_timer(config::register_patience, effects);
}

void Proposer::step(std::uint32_t acceptor, const Promise& promise, std::vector<ProposerEffect>& effects) {
  if (phase_ != Phase::prepare || promise.ballot != ballot_ || !hear(acceptor, heard_)) return;
  seen_ = std::max(seen_, promise.accepted.number);
  if (promise.accepted > highest_) {
    highest_ = promise.accepted;
    current_ = promise.value;
    agreeing_ = 0;
  }
  if (promise.accepted == highest_) hear(acceptor, agreeing_);
  if (is_majority(heard_)) decide(effects);
}

// The current value is known: it is chosen, or will be by the second round.
void Proposer::decide(std::vector<ProposerEffect>& effects) {
  const bool changes = change_ && current_ == change_->expected;
  if (changes || !is_majority(agreeing_)) return accept(effects);
  next_ = ballot_;
  settle(how_it_stands(), effects);
}

// Of a current value that is not to be changed.
Settled::How Proposer::how_it_stands() const {
  if (!change_) return Settled::How::read;
  if (!may_be_chosen_) return Settled::How::unchanged;
  return current_ == change_->value ? Settled::How::changed : Settled::How::unknown;
}

void Proposer::accept(std::vector<ProposerEffect>& effects) {
  phase_ = Phase::accept;
  heard_ = refused_ = 0;
  next_ = fresh_ballot();
  const Bytes& value = is_changing() ? change_->value : current_;
  effects.emplace_back(AskAll{Accept{ballot_, value, next_}});
  set_timer(config::register_patience, effects);
}

bool Proposer::is_changing() const { return change_ && current_ == change_->expected; }

void Proposer::step(std::uint32_t acceptor, const Accepted& accepted, std::vector<ProposerEffect>& effects) {
  if (phase_ != Phase::accept || accepted.ballot != ballot_ || !hear(acceptor, heard_)) return;
  if (!is_majority(heard_)) return;
  if (!is_changing()) return settle(how_it_stands(), effects);
  current_ = change_->value;
  settle(Settled::How::changed, effects);
}

void Proposer::step(std::uint32_t acceptor, const Refused& refused, std::vector<ProposerEffect>& effects) {
  seen_ = std::max(seen_, refused.promised.number);
  if (phase_ != Phase::prepare && phase_ != Phase::accept) return;
  if (refused.ballot != ballot_ || !hear(acceptor, refused_)) return;
  const bool may_still_succeed = is_majority(all() & ~refused_);
  if (may_still_succeed) return;
  give_up();
  phase_ = Phase::back_off;
  set_timer(config::register_back_off * (1 << std::min(attempts_, config::register_back_off_doublings_max)), effects);
}

void Proposer::step(const TimeIsUp& time, std::vector<ProposerEffect>& effects) {
  if (time.timer != timer_ || is_settled()) return;
  give_up();
  prepare(effects);
}

// This attempt: nobody knows how it ends.
void Proposer::give_up() {
  ++attempts_;
  if (phase_ == Phase::accept && is_changing()) may_be_chosen_ = true;
  next_ = {};
}

void Proposer::settle(Settled::How how, std::vector<ProposerEffect>& effects) {
  phase_ = Phase::settled;
  heard_ = refused_ = agreeing_ = 0;
  change_.reset();
  effects.emplace_back(Settled{how, current_});
}

void Proposer::set_timer(Duration least, std::vector<ProposerEffect>& effects) {
  effects.emplace_back(SetTimer{++timer_, least});
}

// False if that acceptor was heard already.
bool Proposer::hear(std::uint32_t acceptor, std::uint64_t& among) {
  PRECONDITION(acceptor < acceptors_, "acceptor {} of {}", acceptor, acceptors_);
  const std::uint64_t bit = std::uint64_t{1} << acceptor;
  return std::exchange(among, among | bit) != among;
}

std::uint64_t Proposer::all() const { return ~std::uint64_t{0} >> (64 - acceptors_); }

bool Proposer::is_majority(std::uint64_t acceptors) const {
  return 2 * static_cast<std::uint32_t>(std::popcount(acceptors)) > acceptors_;
}

Ballot Proposer::fresh_ballot() { return {++seen_, self_}; }

}  // namespace orrery::placement
