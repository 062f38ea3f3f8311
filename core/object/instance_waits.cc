// What a handler may ask of its instance: to wait, for storage or alone; to go on in the background.
#include <algorithm>
#include <utility>

#include "core/base/config.h"
#include "core/base/distributions.h"
#include "core/object/instance.h"
#include "core/object/io.h"

namespace orrery::object {

Task<void> Instance::until_durable(bool keeps_lock) {
  const Cause cause = lineage_.next_child();
  const CallId io{cause.key};
  const CommitIndex commit{last_commit_.value + (store_.has_written() ? 1 : 0)};
  awaited_.push({commit, {Timer::Kind::durable, turn_.call, io, Duration::zero(), cause.child(0)}});
  Io waits(*this, io, keeps_lock);
  co_await waits;
}

Task<void> Instance::read(bool keeps_lock) {
  const Cause cause = lineage_.next_child();
  const CallId io{cause.key};
  const Distribution lasts{.kind = Distribution::Kind::lognormal,
                           .base = around_.environment.costs.older_read,
                           .shape_millionths = around_.environment.costs.spread_millionths};
  const Duration drawn = lasts.sample(around_.draws.bits(Purpose::storage_read, cause));
  result_.timers.push_back({Timer::Kind::storage_read, turn_.call, io, drawn, cause.child(0)});
  Io waits(*this, io, keeps_lock);
  co_await waits;
}

bool Instance::is_far_behind() const { return unconfirmed_bytes_ > config::older_unconfirmed_bytes_max; }

void Instance::after_await() {
  if (around_.environment.coalescing == Coalescing::workerd || !store_.has_written()) return;
  const bool splits = around_.draws.bits(Purpose::coalescing, lineage_.next_child()) % 2 == 0;
  if (splits) commit_now();
}

std::optional<Timer> Instance::next_durable(CommitIndex confirmed) {
  // What was being written came to nothing, if there is no such commit.
  if (awaited_.empty() || std::min(awaited_.front().commit, last_commit_) > confirmed) return std::nullopt;
  return awaited_.pop().timer;
}

Task<void> Instance::in_section(Task<void> section, bool resets_by_exception) {
  if (gate_.depth() >= config::sections_deep_max)
    throw ObjectError("blockConcurrencyWhile() calls are nested too deeply.");
  const Cause cause = lineage_.next_child();
  const CallId io{cause.key};
  const CallId call = turn_.call;
  SectionBegins begins(*this, io, cause);
  co_await begins;

  const Place place = gate_.inside();
  sections_.push_back(io);
  result_.timers.push_back({Timer::Kind::section_limit, turn_.call, io, config::section_lasts_max, cause.child(0)});
  std::exception_ptr thrown;
  try {
    co_await std::move(section);
  } catch (const Aborted&) { throw; } catch (...) {
    thrown = std::current_exception();
  }
  if (gate_.is_followed_by_straggler(place)) {
    const Cause goes_on = lineage_.next_child();
    const CallId behind_it{goes_on.key};
    const bool enters = gate_.enter_with_kept(IoEnded{behind_it, call, {}, goes_on}, place);
    INVARIANT(!enters, "an event is inside");
    Io straggler(*this, behind_it, true);
    co_await straggler;
  }
  std::erase(sections_, io);
  std::erase_if(result_.timers, [io](const Timer& each) { return each.io == io; });
  if (thrown && resets_by_exception) {
    break_by_section(thrown);
    throw Aborted{};  // nobody goes on behind it
  }
  gate_.end_section(place);
  if (thrown) std::rethrow_exception(thrown);
  commit_now();  // as at every end of a turn: whoever awaited the section goes on in the next one, there
}

void Instance::on_section_limit(CallId io) {
  if (std::ranges::find(sections_, io) == sections_.end()) return;
  break_by(ObjectError::too_slow("A call to blockConcurrencyWhile() in a Durable Object waited for too long. The call "
                                 "was canceled and the Durable Object was reset."),
           journal::EndReason::section_failed);
}

void Instance::break_by_section(const std::exception_ptr& thrown) {
  ObjectError seen("the section threw something that is no std::exception");
  try {
    std::rethrow_exception(thrown);
  } catch (const std::exception& error) { seen = error_of(error); } catch (...) {
    // Whatever it was, it says nothing.
  }
  break_by(seen.as_reset(), journal::EndReason::section_failed);
}

void Instance::break_by(ObjectError error, journal::EndReason how) {
  if (broken_by_) return;
  broken_by_ = std::move(error);
  broken_how_ = how;
}

void Instance::add_background(Task<void> background) {
  const std::uint32_t* place = places_.find(turn_.call);
  PRECONDITION(place || turn_.call == CallId{}, "only a call can go on in the background");
  std::vector<Task<void>>& all = place ? invocations_[*place].background : founding_;
  all.push_back(std::move(background));
  all.back().start(ready_);
}

}  // namespace orrery::object
