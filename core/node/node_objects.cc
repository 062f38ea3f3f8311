// The node's share in the lives of its objects: how they wake, what becomes of their commits, how they end.
#include "core/base/config.h"
#include "core/node/node.h"
#include "core/node/tokens.h"
#include "core/routing/packing.h"

namespace orrery::node {
namespace {

// The original's, for a write that its storage could not take.
ObjectError storage_write_failed() {
  return ObjectError::instance_reset("Internal error in Durable Object storage write caused object to be reset.");
}

std::string_view said(journal::EndReason reason) {
  switch (reason) {
    case journal::EndReason::evicted: return "is evicted";
    case journal::EndReason::aborted: return "aborts itself";
    case journal::EndReason::storage_failed: return "is reset: a commit could not be written";
    case journal::EndReason::section_failed: return "is reset: a critical section failed";
    case journal::EndReason::lease_lost: return "ends with the lease";
  }
  return "ends";
}

}  // namespace

// ---- Waking.

// Throws what the author's constructor throws, or why the object's commits cannot be read back.
std::uint32_t Node::wake(const routing::Call& call) {
  std::expected<storage::Image, std::string> image = log_.image_of(call.object);
  const Owned* owned = owned_.find(call.object);
  const bool is_behind_its_leader = image && owned && owned->leader && owned->leader->last() != image->index;
  if (is_behind_its_leader) image = std::unexpected("the copy of its log on this machine is not whole");
  if (!image) {
    info("object {:016x} cannot be read back: {}", name_of(call.object), image.error());
    report(journal::RecoveryFailed{call.object, image.error()});
    throw ObjectError(image.error());
  }
  // Named after what woke it, and not numbered: another object more or less changes nothing here.
  const InstanceId id{mix(mix(call.object.words[0], call.epoch.value), call.cause.key)};
  const std::uint64_t digest = image->pages.digest();
  const replication::Leader leader = leader_of(call, *image);
  auto resident = std::make_unique<object::Resident>(id, call, *image, leader, host_.clock.steady(), surroundings_);
  info("object {:016x} wakes with commit {}", name_of(call.object), image->index.value);
  report(journal::InstanceStarted{id, call.object, call.object_class, call.epoch});
  report(journal::Recovered{call.object, id, image->index, image->chain, digest});
  sweep_later();
  const std::uint32_t slot = residency_.add(std::move(resident));
  const bool has_unconfirmed = leader.confirmed() < leader.last();
  if (has_unconfirmed && replicates()) await_commit(slot, leader.last());
  return slot;
}

// That of the owner, which has outlived a life of the object, or a new one.
replication::Leader Node::leader_of(const routing::Call& call, const storage::Image& image) const {
  if (const Owned* owned = owned_.find(call.object); owned && owned->leader) return *owned->leader;
  return replication::Leader(call.object, call.epoch, {image.epoch, image.index, image.chain},
                             log_.durable_through(call.object));
}

void Node::refuse(NodeId from, const routing::Call& call, const ObjectError& error) {
  info("call {:016x} is refused: {}", call.call.value, error.message());
  answer(from, {call.call, call.stub, Status::failed, routing::pack_error(error)}, call.cause.child(0));
}

// ---- Commits.

void Node::commit(object::Resident& resident, const object::Turn& turn, storage::ObjectStore::Change&& change) {
  resident.leader.step(replication::Propose{std::move(change.change), change.digest}, leader_effects_);
  replication::CommitRecord& record = std::get<replication::Append>(leader_effects_.front()).record;
  const std::uint32_t slot = *residency_.slot_of(record.object);
  debug("object {:016x} commits {} in turn {}", name_of(record.object), record.index.value, turn.number.value);
  report(journal::Committed{record.object, resident.instance.id(), turn.number, record.epoch, record.index,
                            record.chain, record.digest});
  if (!change.locks_outputs) report(journal::Unawaited{record.object, resident.instance.id(), record.index});
  await_commit(slot, record.index);
  if (replicates()) return follow_leader_of(slot, turn.cause.child(replicated + record.index.value));
  log_.append(std::move(record));
  leader_effects_.clear();
}

void Node::await_commit(std::uint32_t slot, CommitIndex index) {
  commits_under_way_.push({host_.clock.steady(), slot, index});
  watch_commits();
  if (replicates()) watch_followers();
}

void Node::watch_commits() {
  if (is_watching_commits_) return;
  is_watching_commits_ = true;
  const Duration age = host_.clock.steady() - commits_under_way_.front().since;
  const auto since = static_cast<std::uint64_t>(commits_under_way_.front().since.time_since_epoch().count());
  const Cause cause = Cause::background(host_.self, watch_over_commits, mix(host_.boot, since));
  host_.timers.set_upkeep(std::max(config::commit_lasts_max - age, Duration::zero()), commit_timer, cause);
}

void Node::end_oldest_commit_if_late() {
  is_watching_commits_ = false;
  forget_durable_commits();
  if (commits_under_way_.empty()) return;
  const CommitUnderWay oldest = commits_under_way_.front();
  if (host_.clock.steady() - oldest.since >= config::commit_lasts_max) {
    commits_under_way_.pop();
    end_instance(oldest.slot, journal::EndReason::storage_failed,
                 ObjectError::too_slow("Durable Object storage operation exceeded timeout which caused object to be "
                                       "reset."));
    forget_durable_commits();
  }
  if (!commits_under_way_.empty()) watch_commits();
}

// Or those of lives that have ended.
void Node::forget_durable_commits() {
  const auto is_over = [this](const CommitUnderWay& each) {
    const object::Resident* resident = residency_.at(each.slot);
    return !resident || resident->outputs.confirmed() >= each.commit;
  };
  while (!commits_under_way_.empty() && is_over(commits_under_way_.front())) commits_under_way_.pop();
}

void Node::flush_log(Cause cause) {
  const bool is_taken = log_.flush(cause, refused_);
  if (!is_taken && (acceptors_ || followers_)) host_.process.end("the disk is full, and others rest on what it holds");
  if (refused_.empty()) return;
  const std::vector<ObjectId> refused = std::exchange(refused_, {});
  for (const ObjectId& object : refused)
    if (const std::uint32_t* slot = residency_.slot_of(object))
      end_instance(*slot, journal::EndReason::storage_failed, storage_write_failed());
}

void Node::on_synced(std::uint64_t token, bool well, Cause cause) {
  // What a failed sync left behind cannot be known: another process must read it.
  if (!well) host_.process.end("a sync of the disk failed");
  check_lease();
  log_.on_synced(token, durable_);
  if (acceptors_) acceptors_->on_durable();
  if (durable_.size() > 1) host_.probe.reached(ports::Mark::commits_shared_a_sync);
  if (!replicates())
    for (const replication::Log::Durable& each : durable_) confirm(each);
  durable_.clear();
  if (log_.is_open() && (acceptors_ || followers_)) know_the_disk();
  if (followers_) followers_->on_durable(answers_);
  send_answers();
  flush_log(cause.child(0));
  if (!log_.is_open()) return;
  for (EarlyCall& early : std::exchange(early_calls_, {})) on(early.from, std::move(early.call), early.cause);
}

void Node::confirm(const replication::Log::Durable& durable) {
  debug("object {:016x}: commit {} is durable", name_of(durable.object), durable.index.value);
  report(journal::Confirmed{durable.object, durable.epoch, durable.index});
  const std::uint32_t* found = residency_.slot_of(durable.object);
  if (!found) return;
  const std::uint32_t slot = *found;
  object::Resident* resident = residency_.at(slot);
  resident->leader.step(replication::Persisted{durable.epoch, durable.index}, leader_effects_);
  for (const replication::LeaderEffect& effect : leader_effects_)
    resident->outputs.confirm(std::get<replication::Confirm>(effect).index);
  leader_effects_.clear();
  let_out(slot);
}

// What waited for what is confirmed by now.
void Node::let_out(std::uint32_t slot) {
  object::Resident* resident = nullptr;
  // What leaves may come back at once, and end this very life.
  while ((resident = residency_.at(slot)) != nullptr) {
    std::optional<object::Output> output = resident->outputs.next();
    if (!output) break;
    pass_output_gate(slot, std::move(*output));
  }
  if (!resident) return;
  forget_durable_commits();
  tell_durable(slot);
  run_turns(slot, resident->instance.on_confirmed(host_.clock.steady(), resident->outputs.confirmed()));
  resident = residency_.at(slot);
  if (resident && resident->is_unwanted) evict_if_idle(slot);
}

// ---- Ends.

void Node::end_instance(std::uint32_t slot, journal::EndReason reason, const ObjectError& error) {
  const std::unique_ptr<object::Resident> gone = residency_.remove(slot);
  object::Instance& instance = gone->instance;
  info("object {:016x} {}", name_of(instance.object()), said(reason));
  report(journal::InstanceEnded{instance.object(), instance.id(), reason});
  if (Owned* owned = owned_.find(instance.object()); owned && owned->leader) owned->leader = gone->leader;

  object::Leftovers leftovers;
  while (!gone->outputs.is_empty()) leftovers.add(gone->outputs.give_up().what);
  instance.end(leftovers);

  const Bytes payload = routing::pack_error(error);
  for (const auto& each : leftovers.unanswered) {
    const Status status = each.has_begun ? Status::unknown : Status::failed;
    answer(each.from, {each.call, each.stub, status, payload}, Cause{instance.id().value}.child(each.call.value));
  }
  for (const StubId stub : leftovers.dropped) to_stubs(routing::Drop{stub}, Cause{stub.value});
}

void Node::end_broken(std::uint32_t slot) {
  const object::Instance& instance = residency_.at(slot)->instance;
  end_instance(slot, instance.broken_how(), ObjectError(*instance.broken_by()));
}

void Node::on_eviction_wanted(const ObjectId& object) {
  check_lease();
  const std::uint32_t* slot = residency_.slot_of(object);
  if (!slot) return;
  residency_.at(*slot)->is_unwanted = true;
  evict_if_idle(*slot);
}

void Node::evict_if_idle(std::uint32_t slot) {
  if (!residency_.at(slot)->is_idle()) return host_.probe.reached(ports::Mark::eviction_was_put_off);
  host_.probe.reached(ports::Mark::instance_was_evicted);
  end_instance(slot, journal::EndReason::evicted, ObjectError());
}

// Evicts what nobody called for long, and comes again as long as anything lives here.
void Node::sweep() {
  const LocalTime now = host_.clock.steady();
  for (std::uint32_t slot = 0; slot < residency_.slots(); ++slot) {
    const object::Resident* resident = residency_.at(slot);
    if (resident && resident->is_idle() && now - resident->idle_since >= config::idle_before_eviction)
      evict_if_idle(slot);
  }
  is_sweeping_ = !residency_.is_empty() || !placings_.empty();
  if (is_sweeping_) return schedule_sweep();
  if (tenure_) tenure_->let_go();
}

void Node::sweep_later() {
  if (!std::exchange(is_sweeping_, true)) schedule_sweep();
}

// Sweeps come at fixed times of the process, whatever lives on it: so one object changes nothing for another.
void Node::schedule_sweep() {
  const Duration age = host_.clock.steady() - started_;
  const std::int64_t next = age / config::idle_before_eviction + 1;
  const Cause cause =
      Cause::background(host_.self, sweep_of_objects, mix(host_.boot, static_cast<std::uint64_t>(next)));
  host_.timers.set_upkeep(config::idle_before_eviction * next - age, sweep_timer, cause);
}

}  // namespace orrery::node
