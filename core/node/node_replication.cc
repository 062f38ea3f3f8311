// The node's share in replication: how it takes an object's log over, and how it brings commits to followers.
//
// The owner keeps a copy of the log for its own use, and is a follower like any other if the object's record names it.
// That copy is brought on by the same messages, which need no network.
#include <algorithm>
#include <utility>

#include "core/base/config.h"
#include "core/node/node.h"
#include "core/node/tokens.h"

namespace orrery::node {
namespace {

replication::Quorum quorum_of(const std::vector<NodeId>& followers) {
  const auto count = static_cast<std::uint32_t>(followers.size());
  return {count, count / 2 + 1};
}

std::optional<std::uint32_t> place_in(const std::vector<NodeId>& followers, NodeId node) {
  const auto found = std::ranges::find(followers, node);
  if (found == followers.end()) return std::nullopt;
  return static_cast<std::uint32_t>(found - followers.begin());
}

}  // namespace

// ---- As a follower.

// What was promised and kept for others may be gone with the disk. Only the first process of a node may begin without
// it: a later one that does not find the mark of the first is silent, for ever.
void Node::know_the_disk() {
  if (std::exchange(knows_the_disk_, true)) return;
  const ObjectId mark{{0, 0, 0, 1}};  // no register's, and no object's
  if (host_.boot == 1) return log_.put_note(mark, Bytes());
  const std::expected<std::optional<Bytes>, std::string> found = log_.note_of(mark);
  is_emptied_ = !found || !*found;
  if (is_emptied_) info("the disk is not the one that was here: what it held for others is gone");
}

void Node::on(NodeId from, OfLog<replication::Replicate>&& replicate, Cause cause) {
  if (is_emptied_) return;
  followers_->on(from, std::move(replicate), cause, answers_);
  send_answers();
  flush_log(cause.child(log_written));
}
void Node::on(NodeId from, const OfLog<replication::Fence>& fence, Cause cause) {
  if (is_emptied_) return;
  followers_->on(from, fence, cause, answers_);
  send_answers();
  flush_log(cause.child(log_written));
}
void Node::on(NodeId from, const OfLog<replication::Fetch>& fetch, Cause cause) {
  followers_->on(from, fetch, cause, answers_);
  send_answers();
}

// Those to itself as well; carrying one out may bring others.
void Node::send_answers() {
  for (Followers::Answer& each : std::exchange(answers_, {})) {
    if (is_emptied_) continue;  // its own copies are for its own use only
    std::visit(
        [&](auto&& what) {
          using What = std::decay_t<decltype(what)>;
          if constexpr (std::is_same_v<What, replication::Outdated>) {
            info("object {:016x}: its owner of epoch {} is refused", name_of(each.object), what.epoch.value);
            report(journal::OwnerRefused{each.object, what.epoch, what.promised});
          }
          OfLog<What> answer{each.object, std::forward<decltype(what)>(what)};
          if (each.to == host_.self)
            on(each.to, std::move(answer), each.cause.child(0));
          else
            host_.network.send_datagram(each.to, to_bytes(answer), each.cause.child(0));
        },
        std::move(each.what));
  }
}

template <class Message>
void Node::to_copy(NodeId follower, OfLog<Message>&& message, Cause cause) {
  if (follower == host_.self)
    followers_->on(host_.self, std::move(message), cause, answers_);
  else
    host_.network.send_datagram(follower, to_bytes(message), cause);
}

// ---- The answers, to an owner.

void Node::on(NodeId from, const OfLog<replication::Held>& held, Cause cause) { to_leader(from, held, cause); }
void Node::on(NodeId from, const OfLog<replication::Lacks>& lacks, Cause cause) { to_leader(from, lacks, cause); }

template <class Message>
void Node::to_leader(NodeId from, const OfLog<Message>& answer, Cause cause) {
  if (Placing* placing = taking_over(answer.object)) {
    Takeover& takeover = *placing->takeover;
    const std::optional<std::uint32_t> place = place_in(takeover.record.followers, from);
    if (!place || !takeover.leader) return;
    takeover.leader->step(*place, answer.message, leader_effects_);
    return follow_takeover(*placing, cause);
  }
  Owned* owned = owned_.find(answer.object);
  const std::optional<std::uint32_t> place = owned ? place_in(owned->followers, from) : std::nullopt;
  if (!place) return;
  if (const std::uint32_t* slot = residency_.slot_of(answer.object)) {
    residency_.at(*slot)->leader.step(*place, answer.message, leader_effects_);
    return follow_leader_of(*slot, cause);
  }
  const CommitIndex before = owned->leader->confirmed();
  owned->leader->step(*place, answer.message, leader_effects_);
  follow_resting_leader(answer.object, before, cause);
}

void Node::on(NodeId from, const OfLog<replication::Fenced>& fenced, Cause cause) {
  Placing* placing = taking_over(fenced.object);
  if (!placing) return;
  const std::optional<std::uint32_t> place = place_in(placing->takeover->record.readable, from);
  if (!place) return;
  placing->takeover->succession.step(*place, fenced.message, succession_effects_);
  follow_takeover(*placing, cause);
}

void Node::on(NodeId from, OfLog<replication::Records>&& records, Cause cause) {
  Placing* placing = taking_over(records.object);
  if (!placing || placing->takeover->leader || records.message.records.empty()) return;
  Takeover& takeover = *placing->takeover;
  const std::optional<std::uint32_t> place = place_in(takeover.record.readable, from);
  if (!place || records.message.epoch != takeover.record.epoch) return;
  const replication::Place last = records.message.last;
  const replication::CommitRecord& first = records.message.records.front();
  const bool begins_anew = first.index > CommitIndex{1};
  replication::Replicate copied{takeover.record.epoch, replication::place_before(first),
                                std::move(records.message.records), CommitIndex{}, begins_anew};
  to_copy(host_.self, OfLog<replication::Replicate>{records.object, std::move(copied)}, cause);
  takeover.succession.step(replication::Fetched{*place, last}, succession_effects_);
  follow_takeover(*placing, cause);
}

// It has promised a higher epoch: this owner is none any more.
void Node::on(NodeId, const OfLog<replication::Outdated>& outdated, Cause cause) {
  if (Placing* placing = taking_over(outdated.object)) {
    placing->takeover->succession.step(outdated.message, succession_effects_);
    return follow_takeover(*placing, cause);
  }
  const std::uint32_t* slot = residency_.slot_of(outdated.object);
  const Owned* owned = owned_.find(outdated.object);
  if (!slot || !owned || owned->epoch != outdated.message.epoch) return;
  owned_.erase(outdated.object);
  end_instance(*slot, journal::EndReason::lease_lost, ObjectError::connection_lost());
}

// ---- Taking over.

Node::Placing* Node::taking_over(const ObjectId& object) {
  const auto placing = placings_.find(key_of(object));
  return placing != placings_.end() && placing->second.takeover ? &placing->second : nullptr;
}

void Node::begin_takeover(Placing& placing, const placement::OwnerRecord& record) {
  INVARIANT(record.readable == record.followers, "object {:016x} changes its followers", name_of(placing.object));
  placing.takeover = std::make_unique<Takeover>(
      Takeover{record, replication::Succession(record.epoch, quorum_of(record.readable), false), {}, {}});
  placing.takeover->succession.step(replication::Begin{}, succession_effects_);
  follow_takeover(placing, placing.lineage.next_child());
}

// So that what was lost on its way is said again.
void Node::hurry_takeover(Placing& placing) {
  if (placing.takeover->leader) placing.takeover->leader->step(replication::Overdue{}, leader_effects_);
  placing.takeover->succession.step(replication::Overdue{}, succession_effects_);
  follow_takeover(placing, placing.lineage.next_child());
}

void Node::follow_takeover(Placing& placing, Cause cause) {
  Takeover& takeover = *placing.takeover;
  Lineage lineage(cause);
  while (!succession_effects_.empty() || !leader_effects_.empty()) {
    for (const replication::SuccessionEffect& effect : std::exchange(succession_effects_, {}))
      std::visit([&](const auto& what) { carry_out(placing, what, lineage); }, effect);
    const bool is_marked =
        takeover.leader && follow_leader(*takeover.leader, placing.object, takeover.record.epoch,
                                         takeover.record.followers, lineage);
    if (is_marked) takeover.succession.step(replication::Marked{}, succession_effects_);
  }
  const std::uint64_t key = key_of(placing.object);
  if (takeover.succession.serves())
    own(key, takeover.record);
  else if (takeover.succession.is_deposed())
    end_placing(key);
  send_answers();
  flush_log(cause.child(log_written));
}

void Node::carry_out(Placing& placing, const replication::AskForFence& ask, Lineage& lineage) {
  for (const NodeId each : placing.takeover->record.readable)
    to_copy(each, OfLog<replication::Fence>{placing.object, ask.fence}, lineage.next_child());
}

void Node::carry_out(Placing& placing, const replication::FetchFrom& fetch, Lineage& lineage) {
  Takeover& takeover = *placing.takeover;
  info("object {:016x}: a quorum of followers takes nothing older than epoch {}", name_of(placing.object),
       takeover.record.epoch.value);
  if (fetch.last.index == CommitIndex{})
    return takeover.succession.step(replication::Fetched{fetch.follower, fetch.last}, succession_effects_);
  to_copy(takeover.record.readable[fetch.follower],
          OfLog<replication::Fetch>{placing.object, {takeover.record.epoch, fetch.last}}, lineage.next_child());
}

// The marker changes nothing. If the copy here is not what was fetched, nothing follows: whoever waits asks again.
void Node::carry_out(Placing& placing, const replication::Continue& go_on, Lineage&) {
  Takeover& takeover = *placing.takeover;
  const std::expected<storage::Image, std::string> image = log_.image_of(placing.object);
  if (!image || replication::Place{image->epoch, image->index, image->chain} != go_on.last) return;
  takeover.recovered = go_on.last;
  takeover.leader.emplace(placing.object, takeover.record.epoch, go_on.last, CommitIndex{},
                          quorum_of(takeover.record.followers));
  takeover.leader->step(replication::Propose{image->pages.nothing_changed(), image->pages.digest()}, leader_effects_);
  const replication::CommitRecord& marker = std::get<replication::Append>(leader_effects_.front()).record;
  report(journal::Marked{marker.object, marker.epoch, marker.index, marker.chain, marker.digest});
}

void Node::carry_out(Placing&, const replication::ChangeReadable&, Lineage&) {}

void Node::carry_out(Placing& placing, const replication::Serve&, Lineage&) {
  const Takeover& takeover = *placing.takeover;
  if (!takeover.leader) return;  // of the first epoch
  const std::expected<storage::Image, std::string> image = log_.image_of(placing.object);
  INVARIANT(image, "the marker of object {:016x} cannot be read", name_of(placing.object));
  info("object {:016x} is taken over in epoch {} after commit {}", name_of(placing.object),
       takeover.record.epoch.value, takeover.recovered.index.value);
  report(journal::TakenOver{placing.object, takeover.record.epoch, takeover.recovered.index, takeover.recovered.chain,
                            image->index, image->chain, image->pages.digest()});
}

void Node::carry_out(Placing& placing, const replication::Deposed&, Lineage&) {
  info("object {:016x} has another owner by now", name_of(placing.object));
}

// ---- Bringing commits to followers.

// Nothing: there are no followers.
std::optional<replication::Leader> Node::first_leader(const Placing& placing,
                                                       const placement::OwnerRecord& record) {
  if (record.followers.empty()) return std::nullopt;
  const Owned* owned = owned_.find(placing.object);
  if (owned) return owned->leader;
  replication::Leader leader(placing.object, record.epoch, {}, {}, quorum_of(record.followers));
  if (placing.takeover && placing.takeover->leader) leader = *placing.takeover->leader;
  leader.settle();
  return leader;
}

void Node::follow_leader_of(std::uint32_t slot, Cause cause) {
  object::Resident& resident = *residency_.at(slot);
  const Owned& owned = *owned_.find(resident.instance.object());
  Lineage lineage(cause);
  const std::optional<CommitIndex> confirmed =
      follow_leader(resident.leader, resident.instance.object(), owned.epoch, owned.followers, lineage);
  if (!confirmed) return;
  report_confirmed(resident.instance.object(), owned.epoch, resident.outputs.confirmed(), *confirmed);
  resident.outputs.confirm(*confirmed);
  let_out(slot);
}

// Of an object that has no life just now.
void Node::follow_resting_leader(const ObjectId& object, CommitIndex before, Cause cause) {
  const Owned& owned = *owned_.find(object);
  Lineage lineage(cause);
  const std::optional<CommitIndex> confirmed =
      follow_leader(*owned.leader, object, owned.epoch, owned.followers, lineage);
  if (confirmed) report_confirmed(object, owned.epoch, before, *confirmed);
}

void Node::report_confirmed(const ObjectId& object, Epoch epoch, CommitIndex after, CommitIndex through) {
  while (after < through) {
    ++after.value;
    report(journal::Confirmed{object, epoch, after});
  }
}

// What is confirmed by it, if anything.
std::optional<CommitIndex> Node::follow_leader(const replication::Leader& leader, const ObjectId& object, Epoch epoch,
                                               const std::vector<NodeId>& followers, Lineage& lineage) {
  std::optional<CommitIndex> confirmed;
  CommitIndex fresh;
  Bytes packed;  // the fresh one, for all who lack nothing before it
  for (replication::LeaderEffect& effect : leader_effects_) {
    if (auto* append = std::get_if<replication::Append>(&effect)) {
      fresh = append->record.index;
      OfLog<replication::Replicate> sent{
          object, {epoch, replication::place_before(append->record), {}, leader.told_as_confirmed(), false}};
      sent.message.records.push_back(std::move(append->record));
      packed = to_bytes(sent);
      to_copy(host_.self, std::move(sent), lineage.next_child());
    } else if (const auto* send = std::get_if<replication::SendFrom>(&effect)) {
      const NodeId follower = followers[send->follower];
      if (follower == host_.self) continue;
      if (send->first == fresh)
        host_.network.send_datagram(follower, packed, lineage.next_child());
      else
        send_tail(leader, object, epoch, follower, send->first, lineage.next_child());
    } else if (const auto* confirm = std::get_if<replication::Confirm>(&effect)) {
      confirmed = confirm->index;
    }
  }
  leader_effects_.clear();
  return confirmed;
}

void Node::send_tail(const replication::Leader& leader, const ObjectId& object, Epoch epoch, NodeId follower,
                     CommitIndex first, Cause cause) {
  std::expected<std::vector<replication::CommitRecord>, std::string> tail = log_.tail_of(object);
  if (!tail || tail->empty()) return;
  const bool begins_anew = tail->front().index >= first && tail->front().index > CommitIndex{1};
  if (!begins_anew)
    std::erase_if(*tail, [first](const replication::CommitRecord& each) { return each.index < first; });
  if (tail->empty()) return;
  const OfLog<replication::Replicate> sent{
      object,
      {epoch, replication::place_before(tail->front()), std::move(*tail), leader.told_as_confirmed(), begins_anew}};
  host_.network.send_datagram(follower, to_bytes(sent), cause);
}

void Node::watch_followers() {
  if (std::exchange(is_watching_followers_, true)) return;
  const auto now = static_cast<std::uint64_t>(host_.clock.steady().time_since_epoch().count());
  host_.timers.set(config::replication_patience, replication_timer,
                   Cause::background(host_.self, watch_over_followers, mix(host_.boot, now)));
}

// What followers have not acknowledged for a while is sent again.
void Node::hurry_followers() {
  is_watching_followers_ = false;
  forget_durable_commits();
  const LocalTime now = host_.clock.steady();
  std::vector<std::uint32_t> late;
  commits_under_way_.for_each([&](const CommitUnderWay& each) {
    const bool is_late = now - each.since >= config::replication_patience && residency_.at(each.slot);
    if (is_late && std::ranges::find(late, each.slot) == late.end()) late.push_back(each.slot);
  });
  for (const std::uint32_t slot : late) {
    residency_.at(slot)->leader.step(replication::Overdue{}, leader_effects_);
    const auto period = static_cast<std::uint64_t>(now.time_since_epoch().count());
    follow_leader_of(slot, Cause::background(host_.self, watch_over_followers, mix(period, slot)));
  }
  if (!commits_under_way_.empty()) watch_followers();
}

}  // namespace orrery::node
