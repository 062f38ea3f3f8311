#include "core/replication/follower.h"

#include <algorithm>
#include <utility>

#include "core/base/invariant.h"

namespace orrery::replication {

Follower::Follower(Epoch promised, std::vector<Place> log) : promised_(promised), log_(std::move(log)) {
  PRECONDITION(!log_.empty(), "a log begins with what is confirmed, if it is nothing");
}

FollowerStep Follower::step(Replicate&& message) {
  if (message.epoch < promised_) return {.answer = Outdated{message.epoch, promised_}};
  FollowerStep done{.must_persist = message.epoch > promised_};
  promised_ = message.epoch;
  if (message.begins_anew) begin_anew(message, done);
  if (!holds(message.previous)) {
    done.answer = Lacks{message.epoch, confirmed()};
    return done;
  }
  CommitIndex through = message.previous.index;
  for (CommitRecord& each : message.records) {
    const Place place = place_of(each);
    through = place.index;
    if (holds(place)) continue;
    INVARIANT(holds(place_before(each)), "record {} continues another than it came with", each.index.value);
    cut_from(place.index);
    log_.push_back(place);
    done.stored.push_back(std::move(each));
  }
  done.must_persist = done.must_persist || !done.stored.empty();
  done.answer = Held{message.epoch, through};
  confirm(std::min(message.confirmed, through));
  return done;
}

// What follows continues the first record, which is held from now on.
void Follower::begin_anew(Replicate& message, FollowerStep& done) {
  PRECONDITION(!message.records.empty(), "nothing begins anew");
  CommitRecord& first = message.records.front();
  message.previous = place_of(first);
  if (!holds(message.previous)) {
    log_ = {message.previous};
    done.stored.push_back(std::move(first));
    done.begins_anew = true;
  }
  message.records.erase(message.records.begin());
}

FollowerStep Follower::step(const Fence& message) {
  if (message.epoch < promised_) return {.answer = Outdated{message.epoch, promised_}};
  const bool is_new = message.epoch > promised_;
  promised_ = message.epoch;
  return {.must_persist = is_new, .answer = Fenced{message.epoch, last()}};
}

// Also what it holds no more in memory: that is confirmed, and so the same everywhere.
bool Follower::holds(const Place& place) const {
  if (place.index < confirmed().index) return true;
  const Place* own = at(place.index);
  return own && *own == place;
}

const Place* Follower::at(CommitIndex index) const {
  if (index < confirmed().index || index > last().index) return nullptr;
  return &log_[index.value - confirmed().index.value];
}

void Follower::cut_from(CommitIndex index) {
  INVARIANT(index > confirmed().index, "record {} is confirmed, and would be cut", index.value);
  log_.resize(std::min(log_.size(), index.value - confirmed().index.value));
}

void Follower::confirm(CommitIndex index) {
  if (index <= confirmed().index) return;
  log_.erase(log_.begin(), log_.begin() + static_cast<std::ptrdiff_t>(index.value - confirmed().index.value));
}

}  // namespace orrery::replication
