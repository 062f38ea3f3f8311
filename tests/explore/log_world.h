// The log of one object: owners that come one after the other and do not know of each other, three followers and a
// spare, and the object's record, which is atomic.
//
// An owner's log only grows, and all that it ever says is a part of it. So nothing need be kept of what is on its way:
// any record of it, and its fence, may reach a follower at any time, in any order, any number of times, or never. What
// a follower answers reaches the owner at once: that it comes late is the owner's being slow, and whatever an owner
// does by itself (commit, change the object's record) it may do late, or not at all. That an answer is lost is as if
// the follower had not been asked: a promise only keeps out what lower owners may as well not send.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "core/base/bytes.h"
#include "core/base/invariant.h"
#include "core/node/outbox.h"
#include "core/replication/follower.h"
#include "core/replication/leader.h"
#include "core/replication/succession.h"

namespace orrery::tests::log_world {

using namespace replication;

inline constexpr std::uint8_t members_count = 4;
inline constexpr std::uint8_t followers_count = 3;
inline constexpr std::size_t steps_max = 2;  // of one follower that wait for its disk
inline constexpr Quorum quorum{.followers = followers_count, .needed = 2};
using Set = std::array<std::uint8_t, followers_count>;

struct Bounds {
  std::uint8_t epochs = 0;
  std::uint8_t values = 0;
  std::uint8_t set_changes = 0;
  std::uint8_t restarts = 0;  // of followers, with their disks
  std::uint8_t lost_disks = 0;
  bool followers_are_told = false;  // what is confirmed
  bool disks_are_slow = false;
  bool comes_twice = false;  // also what its owner knows to be held
  // An owner fences its quorum in one step. What lower owners do between two of its fences, with the follower that is not
  // fenced yet, they may as well do before; and a higher one may not touch that follower, or the fence is refused.
  bool fences_at_once = false;
};

// What a follower has answered, and to which owner.
struct Answer {
  std::uint8_t epoch = 0;
  std::uint8_t member = 0;
  std::variant<Held, Lacks, Fenced, Outdated> what;
};

struct Member {
  struct Write {
    Epoch promised;
    std::vector<Place> log;
  };
  Follower memory;
  std::vector<Place> log{Place{}};  // all of it, as its node would read it
  Write disk;                       // only if disks are slow: else it is as the memory
  std::vector<Write> writing;       // oldest first
  node::Outbox<Answer> outbox;
  bool has_lost_its_disk = false;
};

struct Owner {
  Owner(std::uint8_t epoch, const Set& readable, const Set& followers)
      : succession(Epoch{epoch}, quorum, readable != followers), readable(readable), followers(followers) {}

  Succession succession;
  std::optional<Leader> leader;
  std::vector<Place> log;
  Set readable;
  Set followers;
  enum class Change : std::uint8_t { none, asked, done_well, done_in_vain } change{};
};

class LogWorld {
 public:
  using Label = std::function<std::string()>;

  explicit LogWorld(const Bounds& bounds) : bounds_(bounds) { take_over(followers_); }

  template <class Visit>
  void for_each_step(Visit visit) const {
    for (std::uint8_t i = 0; i < members_count; ++i) {
      const Member& member = members_[i];
      if (!member.writing.empty())
        go(visit, &LogWorld::persist, i, [i] { return fmt::format("the disk of follower {} has written", i); });
      if (restarts_ < bounds_.restarts && (!member.writing.empty() || member.memory.confirmed() != Place{}))
        go(visit, &LogWorld::restart, i, [i] { return fmt::format("follower {} restarts", i); });
      if (lost_disks_ < bounds_.lost_disks && !member.has_lost_its_disk)
        go(visit, &LogWorld::lose_disk, i, [i] { return fmt::format("follower {} has an empty disk", i); });
    }
    for (std::uint8_t epoch = 1; epoch <= owners_.size(); ++epoch) for_each_step_of_owner(visit, epoch);
    if (owners_.size() < bounds_.epochs) for_each_takeover(visit);
  }

  Bytes state() const {
    Writer writer(1'024);
    for (const Owner& each : owners_) {
      if (is_powerless(each)) {
        writer.put('-');
        continue;
      }
      writer.put(each.succession);
      writer.put(each.change);
      writer.put(each.log);
      writer.put(each.leader.has_value());
      if (each.leader) writer.put(*each.leader);
    }
    writer.put(shown_);
    writer.put(epoch_);
    for (const std::uint8_t each : {values_, set_changes_, restarts_, lost_disks_}) writer.put(each);
    Bytes bytes = writer.take();
    std::array<Bytes, members_count> members;
    for (std::uint8_t i = 0; i < members_count; ++i) members[i] = state_around(i);
    std::ranges::sort(members);
    for (const Bytes& each : members) bytes += each;
    return bytes;
  }

  const std::optional<std::string>& wrong() const { return wrong_; }

 private:
  template <class What, class Name>
  void go(const auto& visit, void (LogWorld::*change)(What), std::type_identity_t<What> what, const Name& name) const {
    LogWorld after = *this;
    try {
      (after.*change)(what);
    } catch (const Bug& bug) { after.wrong_ = bug.what(); }
    visit(name, std::move(after));
  }

  template <class Visit>
  void for_each_step_of_owner(const Visit& visit, std::uint8_t epoch) const {
    const Owner& owner = owners_[epoch - 1u];
    const bool is_over = owner.succession.is_deposed();
    if (owner.succession.serves() && values_ < bounds_.values)
      go(visit, &LogWorld::propose, epoch, [epoch] { return fmt::format("owner {} commits", epoch); });
    if (owner.change == Owner::Change::asked)
      go(visit, &LogWorld::change_record, epoch,
         [epoch] { return fmt::format("owner {}'s change comes to the record", epoch); });
    if (owner.change > Owner::Change::asked && !is_over && !owner.succession.serves())
      go(visit, &LogWorld::hear_of_change, epoch,
         [epoch] { return fmt::format("owner {} hears of its change", epoch); });
    if (!owner.leader && !is_over)
      go(visit, &LogWorld::ask_again, epoch, [epoch] { return fmt::format("owner {} asks again", epoch); });
    for (std::uint32_t i = 0; i < followers_count; ++i) {
      if (owner.leader)
        for_each_record(visit, epoch, owner.followers[i]);
      else if (bounds_.fences_at_once)
        go(visit, &LogWorld::fence_all_but, {epoch, owner.readable[i]}, [epoch, whom = owner.readable[i]] {
          return fmt::format("owner {} fences all but follower {}", epoch, whom);
        });
      else if (!owner.succession.has_fenced(i))
        go(visit, &LogWorld::fence, {epoch, owner.readable[i]},
           [epoch, whom = owner.readable[i]] { return fmt::format("owner {} fences follower {}", epoch, whom); });
    }
  }

  template <class Visit>
  void for_each_record(const Visit& visit, std::uint8_t epoch, std::uint8_t member) const {
    const Owner& owner = owners_[epoch - 1u];
    if (members_[member].has_lost_its_disk || is_powerless(owner)) return;
    for (std::uint8_t index = 1; index < owner.log.size(); ++index) {
      if (!bounds_.comes_twice && is_known_to_hold(owner, member, index)) continue;
      go(visit, &LogWorld::replicate, {epoch, member, index}, [epoch, member, index] {
        return fmt::format("follower {} gets record {} of owner {}", member, index, epoch);
      });
    }
  }
  bool is_known_to_hold(const Owner& owner, std::uint8_t member, std::uint8_t index) const {
    const CommitIndex held = owner.leader->progress_of(*place_in(owner.followers, member)).held;
    const bool is_told = members_[member].memory.confirmed().index >= owner.leader->told_as_confirmed();
    return held.value >= index && (is_told || !bounds_.followers_are_told);
  }

  // With the same followers, or with one of them replaced by who is none.
  template <class Visit>
  void for_each_takeover(const Visit& visit) const {
    const auto label = [epoch = owners_.size() + 1] { return fmt::format("owner {} comes", epoch); };
    go(visit, &LogWorld::take_over, followers_, label);
    if (set_changes_ == bounds_.set_changes) return;
    const auto spare = static_cast<std::uint8_t>(6 - followers_[0] - followers_[1] - followers_[2]);
    if (members_[spare].has_lost_its_disk) return;
    for (std::uint8_t i = 0; i < followers_count; ++i) {
      Set replaced = followers_;
      replaced[i] = spare;
      const auto says = [epoch = owners_.size() + 1, gone = followers_[i]] {
        return fmt::format("owner {} comes, without follower {}", epoch, gone);
      };
      go(visit, &LogWorld::take_over, replaced, says);
    }
  }

  // ---- State.

  static std::optional<std::uint32_t> place_in(const Set& set, std::uint8_t member) {
    const auto at = std::ranges::find(set, member);
    return at == set.end() ? std::nullopt : std::optional(static_cast<std::uint32_t>(at - set.begin()));
  }

  Epoch durable(const Member& member) const {
    return bounds_.disks_are_slow ? member.disk.promised : member.memory.promised();
  }
  Epoch epoch_of(const Owner& owner) const { return Epoch{1 + static_cast<std::uint64_t>(&owner - owners_.data())}; }
  // All that it could still do leaves no trace.
  bool is_powerless(const Owner& owner) const {
    const Epoch epoch = epoch_of(owner);
    const auto is_deaf = [&](std::uint8_t i) {
      return members_[i].has_lost_its_disk || durable(members_[i]) > epoch;
    };
    const bool may_serve_yet = owner.change == Owner::Change::done_well && !owner.succession.serves();
    return epoch < Epoch{epoch_} && !may_serve_yet && std::ranges::all_of(owner.readable, is_deaf) &&
           std::ranges::all_of(owner.followers, is_deaf);
  }

  // A promise keeps out the owners below; of two that keep out the same ones, neither matters more.
  Epoch as_seen(Epoch promised) const {
    for (const Owner& each : owners_)
      if (const Epoch epoch = epoch_of(each); epoch >= promised && !is_powerless(each)) return epoch;
    return Epoch{epoch_};
  }

  Bytes state_around(std::uint8_t i) const {
    Writer writer(512);
    const Member& member = members_[i];
    writer.put(member.has_lost_its_disk);
    writer.put(as_seen(member.memory.promised()));
    writer.put(member.memory.confirmed());
    writer.put(member.log);
    writer.put(static_cast<std::uint8_t>(member.writing.size()));
    for (const Member::Write& each : member.writing) {
      writer.put(as_seen(each.promised));
      writer.put(each.log);
    }
    writer.put(as_seen(member.disk.promised));
    writer.put(member.disk.log);
    writer.put(static_cast<std::uint8_t>(member.outbox.steps().size()));
    for (const auto& [must_persist, said] : member.outbox.steps()) {
      writer.put(must_persist);
      for (const Answer& each : said) put(writer, each);
    }
    writer.put(place_in(readable_, i).has_value());
    writer.put(place_in(followers_, i).has_value());
    for (const Owner& owner : owners_) {
      if (is_powerless(owner)) continue;
      const std::optional<std::uint32_t> read = place_in(owner.readable, i);
      const std::optional<std::uint32_t> written = place_in(owner.followers, i);
      writer.put(read.has_value());
      writer.put(read && owner.succession.has_fenced(*read));
      writer.put(read && owner.succession.best_from() == *read);
      writer.put(written.has_value());
      if (written && owner.leader) writer.put(owner.leader->progress_of(*written).held);
    }
    return writer.take();
  }
  static void put(Writer& writer, const Answer& answer) {
    writer.put(answer.epoch);
    writer.put(static_cast<std::uint8_t>(answer.what.index()));
    std::visit([&writer](const auto& what) { writer.put(what); }, answer.what);
  }

  // ---- The world.

  void take_over(Set followers) {
    if (followers != followers_) ++set_changes_;
    followers_ = followers;
    epoch_ += 1;
    owners_.emplace_back(epoch_, readable_, followers);
    tell_succession(epoch_, Begin{});
  }

  void change_record(std::uint8_t epoch) {
    const bool well = epoch_ == epoch;
    if (well) readable_ = followers_;
    owners_[epoch - 1u].change = well ? Owner::Change::done_well : Owner::Change::done_in_vain;
  }

  // ---- Followers.

  struct FenceOf {
    std::uint8_t epoch;
    std::uint8_t member;
  };
  void fence(FenceOf what) {
    const Fence fence{Epoch{what.epoch}};
    take_step(what.member, what.epoch, fence);
  }

  void fence_all_but(FenceOf what) {
    const Set readable = owners_[what.epoch - 1u].readable;
    for (const std::uint8_t each : readable)
      if (each != what.member) fence({what.epoch, each});
  }

  struct RecordOf {
    std::uint8_t epoch;
    std::uint8_t member;
    std::uint8_t index;
  };
  void replicate(RecordOf what) {
    const Owner& owner = owners_[what.epoch - 1u];
    const std::vector<Place>& log = owner.log;
    const Place& before = log[what.index - 1u];
    const Place& place = log[what.index];
    CommitRecord record{.object = {},
                        .epoch = place.epoch,
                        .index = place.index,
                        .previous_epoch = before.epoch,
                        .previous_chain = before.chain,
                        .chain = place.chain,
                        .digest = 0,
                        .change = {}};
    const CommitIndex confirmed = bounds_.followers_are_told ? owner.leader->told_as_confirmed() : CommitIndex{};
    Replicate records{Epoch{what.epoch}, before, {std::move(record)}, confirmed};
    take_step(what.member, what.epoch, std::move(records));
  }

  template <class What>
  void take_step(std::uint8_t i, std::uint8_t epoch, What&& what) {
    Member& member = members_[i];
    if (member.has_lost_its_disk) return;  // it is another member, if any
    if (member.outbox.steps().size() == steps_max) return;
    FollowerStep step = member.memory.step(std::forward<What>(what));
    for (const CommitRecord& each : step.stored) {
      member.log.resize(each.index.value);
      member.log.push_back(place_of(each));
    }
    if (step.must_persist && bounds_.disks_are_slow)
      member.writing.push_back({member.memory.promised(), member.log});
    std::vector<Answer> leaving;
    member.outbox.add(step.must_persist && bounds_.disks_are_slow, {{epoch, i, step.answer}}, leaving);
    deliver(leaving);
  }

  void persist(std::uint8_t i) {
    Member& member = members_[i];
    member.disk = std::move(member.writing.front());
    member.writing.erase(member.writing.begin());
    std::vector<Answer> leaving;
    member.outbox.on_persisted(leaving);
    deliver(leaving);
  }
  void restart(std::uint8_t i) {
    ++restarts_;
    Member& member = members_[i];
    if (bounds_.disks_are_slow) member.log = member.disk.log.empty() ? std::vector<Place>{Place{}} : member.disk.log;
    member.memory = Follower(durable(member), member.log);
    member.writing.clear();
    member.outbox = {};
  }
  void lose_disk(std::uint8_t i) {
    ++lost_disks_;
    members_[i] = Member{};
    members_[i].has_lost_its_disk = true;
  }

  // ---- Owners.

  // An owner that hears of a higher epoch stops, as it may at any time.
  void deliver(const std::vector<Answer>& answers) {
    for (const Answer& each : answers) {
      const Owner& owner = owners_[each.epoch - 1u];
      if (const auto* fenced = std::get_if<Fenced>(&each.what))
        tell_succession(each.epoch, *place_in(owner.readable, each.member), *fenced);
      else if (const auto* held = std::get_if<Held>(&each.what))
        tell_leader(each.epoch, *place_in(owner.followers, each.member), *held);
      else if (const auto* lacks = std::get_if<Lacks>(&each.what))
        tell_leader(each.epoch, *place_in(owner.followers, each.member), *lacks);
    }
  }

  void propose(std::uint8_t epoch) { tell_leader(epoch, Propose{"", ++values_}); }
  void ask_again(std::uint8_t epoch) { tell_succession(epoch, Overdue{}); }
  void hear_of_change(std::uint8_t epoch) {
    tell_succession(epoch, Changed{owners_[epoch - 1u].change == Owner::Change::done_well});
  }
  template <class... Input>
  void tell_succession(std::uint8_t epoch, Input&&... input) {
    std::vector<SuccessionEffect> effects;
    owners_[epoch - 1u].succession.step(std::forward<Input>(input)..., effects);
    for (const SuccessionEffect& effect : effects) carry_out(epoch, effect);
  }

  void carry_out(std::uint8_t epoch, const SuccessionEffect& effect) {
    Owner& owner = owners_[epoch - 1u];
    if (const auto* fetch = std::get_if<FetchFrom>(&effect)) {
      this->fetch(epoch, *fetch);
    } else if (std::holds_alternative<Continue>(effect)) {
      begin_to_lead(epoch);
      tell_leader(epoch, Propose{"", 100u + epoch});
    } else if (std::holds_alternative<ChangeReadable>(effect)) {
      owner.change = Owner::Change::asked;
    } else if (std::holds_alternative<Serve>(effect)) {
      if (!owner.leader) begin_to_lead(epoch);
      owner.leader->settle();
      serve(epoch);
    }
  }

  // At once, since a log that was fenced is changed only by owners that come later: then this one is at its end.
  void fetch(std::uint8_t epoch, const FetchFrom& fetch) {
    Owner& owner = owners_[epoch - 1u];
    const Member& member = members_[owner.readable[fetch.follower]];
    if (member.has_lost_its_disk || member.memory.promised() != Epoch{epoch}) return;
    owner.log = member.log;
    tell_succession(epoch, Fetched{fetch.follower, owner.log.back()});
  }

  void begin_to_lead(std::uint8_t epoch) {
    Owner& owner = owners_[epoch - 1u];
    if (owner.log.empty()) owner.log.emplace_back();
    owner.leader.emplace(ObjectId{}, Epoch{epoch}, owner.log.back(), CommitIndex{}, quorum);
  }

  template <class... Input>
  void tell_leader(std::uint8_t epoch, Input&&... input) {
    if (!owners_[epoch - 1u].leader) return;
    std::vector<LeaderEffect> effects;
    owners_[epoch - 1u].leader->step(std::forward<Input>(input)..., effects);
    for (const LeaderEffect& effect : effects) carry_out(epoch, effect);
  }

  void carry_out(std::uint8_t epoch, const LeaderEffect& effect) {
    Owner& owner = owners_[epoch - 1u];
    if (const auto* append = std::get_if<Append>(&effect)) {
      owner.log.push_back(place_of(append->record));
    } else if (const auto* confirm = std::get_if<Confirm>(&effect)) {
      if (owner.succession.serves())
        show(epoch, confirm->index);
      else
        tell_succession(epoch, Marked{});
    }
  }

  // ---- What is promised.

  // Whoever reads sees all of the log.
  void serve(std::uint8_t epoch) {
    const std::vector<Place>& log = owners_[epoch - 1u].log;
    for (const Place& each : shown_)
      if (each.epoch < Epoch{epoch} && (each.index.value >= log.size() || log[each.index.value].chain != each.chain))
        wrong_ = fmt::format("owner {} serves without record {} of epoch {}, which was shown", epoch, each.index.value,
                             each.epoch.value);
    show(epoch, CommitIndex{log.size() - 1});
  }
  void show(std::uint8_t epoch, CommitIndex through) {
    const std::vector<Place>& log = owners_[epoch - 1u].log;
    for (std::size_t i = 1; i <= through.value; ++i) {
      if (shown_.size() < i) shown_.push_back(log[i]);
      if (shown_[i - 1].chain != log[i].chain)
        wrong_ = fmt::format("record {} was shown, and owner {} shows another", i, epoch);
    }
  }

  Bounds bounds_;
  std::array<Member, members_count> members_;
  std::vector<Owner> owners_;  // by epoch
  // The object's record.
  std::uint8_t epoch_ = 0;  // of the last owner
  Set readable_{0, 1, 2};
  Set followers_ = readable_;
  std::vector<Place> shown_;  // to anybody outside, by index from 1
  std::uint8_t values_ = 0;
  std::uint8_t set_changes_ = 0;
  std::uint8_t restarts_ = 0;
  std::uint8_t lost_disks_ = 0;
  std::optional<std::string> wrong_;
};

}  // namespace orrery::tests::log_world
