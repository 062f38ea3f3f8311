#include "core/node/followers.h"

#include <utility>

#include "core/base/bytes.h"

namespace orrery::node {

using replication::CommitRecord;

void Followers::on(NodeId from, OfLog<replication::Replicate>&& replicate, Cause cause,
                   std::vector<Answer>& leaving) {
  Copy* const copy = at(replicate.object);
  if (!copy) return;
  const Epoch promised = copy->follower.promised();
  const CommitIndex last = copy->follower.last().index;
  const CommitIndex confirmed = copy->follower.confirmed().index;
  replication::FollowerStep step = copy->follower.step(std::move(replicate.message));
  if (!store(std::move(step.stored), step.begins_anew, last)) {
    copy->is_silent = true;
    return;
  }
  if (copy->follower.promised() != promised)
    log_.put_note(replicate.object, to_bytes_of(copy->follower.promised()));
  if (copy->follower.confirmed().index != confirmed)
    log_.confirm(replicate.object, copy->follower.confirmed().index);
  answer(from, replicate.object, *copy, std::move(step), cause, leaving);
}

void Followers::on(NodeId from, const OfLog<replication::Fence>& fence, Cause cause, std::vector<Answer>& leaving) {
  Copy* const copy = at(fence.object);
  if (!copy) return;
  replication::FollowerStep step = copy->follower.step(fence.message);
  if (step.must_persist) log_.put_note(fence.object, to_bytes_of(copy->follower.promised()));
  answer(from, fence.object, *copy, std::move(step), cause, leaving);
}

void Followers::on(NodeId from, const OfLog<replication::Fetch>& fetch, Cause cause, std::vector<Answer>& leaving) {
  Copy* const copy = at(fetch.object);
  if (!copy || copy->follower.last() != fetch.message.last) return;
  std::expected<std::vector<CommitRecord>, std::string> tail = log_.tail_of(fetch.object);
  if (!tail) return;
  copy->outbox.add(
      false,
      {{from, fetch.object, replication::Records{fetch.message.epoch, fetch.message.last, std::move(*tail)}, cause}},
      leaving);
}

void Followers::on_durable(std::vector<Answer>& leaving) {
  while (!writes_.empty() && writes_.front().batch <= log_.durable_batches())
    copies_.find(writes_.pop().object)->outbox.on_persisted(leaving);
}

Followers::Copy* Followers::at(const ObjectId& object) {
  if (!log_.is_open()) return nullptr;
  Copy& copy = copies_[object];
  if (!std::exchange(copy.is_read, true)) copy.is_silent = !read(object, copy);
  return copy.is_silent ? nullptr : &copy;
}

bool Followers::read(const ObjectId& object, Copy& copy) const {
  const std::expected<std::optional<Bytes>, std::string> note = log_.note_of(object);
  const std::expected<std::vector<CommitRecord>, std::string> tail = log_.tail_of(object);
  if (!note || !tail) return false;
  const Epoch promised = *note ? Reader(**note).next<Epoch>() : Epoch{};
  std::vector<replication::Place> places;
  if (tail->empty() || tail->front().index == CommitIndex{1}) places.emplace_back();
  for (const CommitRecord& each : *tail) places.push_back(replication::place_of(each));
  copy.follower = replication::Follower(promised, std::move(places));
  return true;
}

void Followers::answer(NodeId to, const ObjectId& object, Copy& copy, replication::FollowerStep&& step, Cause cause,
                       std::vector<Answer>& leaving) {
  if (step.must_persist) writes_.push({log_.batch(), object});
  std::vector<Answer> said;
  std::visit([&](auto&& what) { said.push_back({to, object, std::forward<decltype(what)>(what), cause}); },
             std::move(step.answer));
  copy.outbox.add(step.must_persist, std::move(said), leaving);
}

// False if that cannot be: what is continued cannot be read.
bool Followers::store(std::vector<CommitRecord>&& records, bool begins_anew, CommitIndex last) {
  for (CommitRecord& each : records) {
    const CommitIndex index = each.index;
    if (std::exchange(begins_anew, false))
      log_.install(std::move(each));
    else if (index > last)
      log_.append(std::move(each));
    else if (!log_.replace(std::move(each)))
      return false;
    last = index;
  }
  return true;
}

}  // namespace orrery::node
