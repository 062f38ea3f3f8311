// Two nodes, a watcher and one object over registers that are atomic but slow, with clocks that run at one or at two.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <array>
#include <functional>

#include "core/base/bytes.h"
#include "core/placement/claim.h"
#include "core/placement/lease.h"
#include "tests/explore/explorer.h"

namespace orrery::tests {
namespace {

using namespace placement;

constexpr Duration tick{3};
// Two ticks for the owner, four for the watcher: just enough.
constexpr LeaseTerms terms{.lasts = 3 * tick, .renewed_every = tick, .drift_millionths = 333'334};

constexpr std::size_t nodes_count = 2;
constexpr std::size_t watcher = nodes_count;  // after the nodes

// Whose question it is: a node's about its lease, a node's about the object, the watcher's about a node's lease, to the
// register or to an acceptor.
enum class Asker : std::uint8_t { lease, claim, watch, look };

// A question to a register: carried out at some instant, answered at some later one, or never. A look is different: it
// shows whatever was ever sent, for it asks one acceptor, which may have accepted what is not chosen, or be behind.
struct Question {
  Asker asker{};
  std::uint8_t about = 0;   // the node whose lease it is about, or who claims
  bool is_dropped = false;  // nobody waits for the answer
  bool is_done = false;
  bool changes = false;
  std::optional<LeaseRecord> expected_lease{}, lease{};  // to write; once it is done, what is there now
  std::optional<OwnerRecord> expected_owner{}, owner{};
  static constexpr auto fields() {
    return std::tuple{field("asker", &Question::asker),
                      field("about", &Question::about),
                      field("dropped", &Question::is_dropped),
                      field("done", &Question::is_done),
                      field("changes", &Question::changes),
                      field("expected_lease", &Question::expected_lease),
                      field("lease", &Question::lease),
                      field("expected_owner", &Question::expected_owner),
                      field("owner", &Question::owner)};
  }
};

struct Node {
  explicit Node(std::uint32_t i) : lease(Incarnation{i + 1}, terms), claim(Incarnation{i + 1}, NodeId{i}) {}
  Lease lease;
  Claim claim;
  bool has_begun = false;
  bool is_told_dead = false;
  std::optional<Epoch> owned;
  std::optional<LocalTime> lease_timer;
  static constexpr auto fields() {
    return std::tuple{field("lease", &Node::lease),         field("claim", &Node::claim),
                      field("begun", &Node::has_begun),     field("told", &Node::is_told_dead),
                      field("owned", &Node::owned),         field("lease_timer", &Node::lease_timer)};
  }
};

struct Bounds {
  std::uint32_t ticks = 2;
  std::int64_t fastest = 2;      // of the clocks; the slowest runs at one
  bool do_rates_change = false;  // from tick to tick
};

// Of orders that come to the same, one is walked:
//  - What is asked about the object, and by the watcher, is answered when it is carried out. An answer that came later
//    would have a question follow later, which may take any time anyway, or a wait begin later, which is safer.
//  - Both nodes hold their leases at first, and the one that asks first who owns the object is the first.
class LeaseWorld {
 public:
  using Label = std::function<std::string()>;

  explicit LeaseWorld(const Bounds& bounds) : bounds_(bounds) {
    for (std::uint8_t i = 0; i < nodes_count; ++i) {
      std::vector<LeaseEffect> effects;
      nodes_[i].lease.step(clocks_[i], Want{}, effects);
      carry_out(i, effects);
      for (int rounds = 0; rounds < 2; ++rounds) {
        do_question(0);
        answer(0);
      }
    }
  }

  template <class Visit>
  void for_each_step(Visit visit) const {
    if (ticks_ < bounds_.ticks) for_each_tick(visit);
    for (std::uint8_t i = 0; i < nodes_count; ++i) {
      const Node& node = nodes_[i];
      if (node.lease_timer && *node.lease_timer <= clocks_[i])
        go(visit, &LeaseWorld::run_out, i, "the renewal of node {} is due");
      const bool is_its_turn = i == 0 || nodes_[0].has_begun;  // whoever begins is the first
      if (!node.has_begun && is_its_turn) go(visit, &LeaseWorld::begin, i, "node {} asks who owns the object");
      if (node.is_told_dead) go(visit, &LeaseWorld::hear_dead, i, "node {} hears that the other is dead");
    }
    if (watch_ && watch_timer_ && *watch_timer_ <= clocks_[watcher])
      go(visit, &LeaseWorld::watch_again, 0, "the watcher's time is up");
    if (watch_ && !has_looked_again_)
      go(visit, &LeaseWorld::look_before_the_time, 0, "the watcher looks before its time");
    for (std::size_t i = 0; i < questions_.size(); ++i) {
      const Question& question = questions_[i];
      if (question.asker == Asker::look)
        for (std::uint64_t number = 0; number <= latest_[question.about]; ++number)
          go(visit, &LeaseWorld::look, number, number == 0 ? "a look shows no lease" : "a look shows number {}");
      else if (!question.is_done)
        go(visit, &LeaseWorld::do_question, i, "question {} is carried out");
      else
        go(visit, &LeaseWorld::answer, i, "question {} is answered");
    }
  }

  Bytes state() const {
    Writer writer(512);
    for (const LocalTime& each : clocks_) writer.put(each);
    for (const Node& each : nodes_) writer.put(each);
    for (const auto& each : leases_) writer.put(each);
    writer.put(owner_);
    writer.put(watch_);
    writer.put(watched_for_);
    for (const std::uint64_t each : latest_) writer.put(each);
    writer.put(watch_timer_);
    writer.put(has_looked_again_);
    writer.put(questions_);
    writer.put(ticks_);
    if (!bounds_.do_rates_change) writer.put(fast_);
    return writer.take();
  }

  // At every instant, for at every instant something could leave.
  std::optional<std::string> wrong() const {
    for (std::size_t i = 0; i < nodes_count; ++i) {
      const Node& node = nodes_[i];
      if (!node.owned || !may_run(i)) continue;
      if (leases_[i] && leases_[i]->is_sealed) return fmt::format("node {} holds its lease, and is sealed", i);
      if (owner_->epoch != *node.owned)
        return fmt::format("node {} may answer in epoch {}, and epoch {} has begun", i, node.owned->value,
                           owner_->epoch.value);
    }
    return std::nullopt;
  }

 private:
  bool may_run(std::size_t i) const { return nodes_[i].lease.is_held(clocks_[i]); }

  template <class Visit, class Index>
  void go(Visit& visit, void (LeaseWorld::*change)(Index), std::type_identity_t<Index> what, const char* label) const {
    LeaseWorld after = *this;
    (after.*change)(what);
    visit([label, what] { return fmt::format(fmt::runtime(label), what); }, std::move(after));
  }

  template <class Visit>
  void for_each_tick(Visit& visit) const {
    for (unsigned fast = 0; fast < 1u << clocks_.size(); ++fast) {
      if (ticks_ > 0 && !bounds_.do_rates_change && fast != fast_) continue;
      LeaseWorld after = *this;
      after.fast_ = fast;
      ++after.ticks_;
      for (std::size_t i = 0; i < clocks_.size(); ++i)
        after.clocks_[i] += ((fast >> i & 1) != 0 ? bounds_.fastest : 1) * tick;
      visit([fast] { return fmt::format("time passes; fast are {:03b}", fast); }, std::move(after));
    }
  }

  // ---- Nodes.

  void run_out(std::uint8_t i) {
    nodes_[i].lease_timer.reset();
    std::vector<LeaseEffect> effects;
    nodes_[i].lease.step(clocks_[i], TimeIsUp{nodes_[i].lease.timer()}, effects);
    carry_out(i, effects);
  }
  void begin(std::uint8_t i) {
    nodes_[i].has_begun = true;
    std::vector<ClaimEffect> effects;
    nodes_[i].claim.step(Begin{}, effects);
    carry_out(i, effects);
    do_question(questions_.size() - 1);
  }
  void hear_dead(std::uint8_t i) {
    nodes_[i].is_told_dead = false;
    std::vector<ClaimEffect> effects;
    nodes_[i].claim.step(Dead{Incarnation{2u - i}}, effects);
    carry_out(i, effects);
  }
  // One that comes late shows what one that is taken then may show too.
  void forget_looks() {
    std::erase_if(questions_, [](const Question& each) { return each.asker == Asker::look; });
  }
  void look(std::uint64_t number) {
    forget_looks();
    LeaseLook look;
    if (number != 0) look.accepted = {Incarnation{watched() + 1u}, number, false};
    std::vector<WatchEffect> effects;
    watch_->step(clocks_[watcher], look, effects);
    carry_out(effects);
  }
  void look_before_the_time(std::uint8_t) {
    has_looked_again_ = true;
    forget_looks();
    std::vector<WatchEffect> effects;
    watch_->step(clocks_[watcher], LookAgain{}, effects);
    carry_out(effects);
  }
  void watch_again(std::uint8_t) {
    watch_timer_.reset();
    forget_looks();
    std::vector<WatchEffect> effects;
    watch_->step(clocks_[watcher], TimeIsUp{watch_->timer()}, effects);
    carry_out(effects);
  }

  void carry_out(std::uint8_t i, const std::vector<LeaseEffect>& effects) {
    for (const LeaseEffect& effect : effects) {
      if (const auto* change = std::get_if<ChangeLease>(&effect)) {
        drop_lease_question(i);
        latest_[i] = change->value.number;
        questions_.push_back({.asker = Asker::lease, .about = i, .changes = true, .expected_lease = change->expected,
                              .lease = change->value});
      } else if (std::holds_alternative<ReadLease>(effect)) {
        drop_lease_question(i);
        questions_.push_back({.asker = Asker::lease, .about = i});
      } else if (const auto* timer = std::get_if<SetLeaseTimer>(&effect)) {
        nodes_[i].lease_timer = clocks_[i] + timer->after;
      } else if (std::holds_alternative<LeaseLost>(effect)) {
        nodes_[i].owned.reset();
        nodes_[i].lease_timer.reset();
        const auto is_idle = [i](const Question& each) { return each.asker == Asker::lease && each.about == i; };
        std::erase_if(questions_, is_idle);  // no change can come of it any more
      }
    }
  }
  void carry_out(std::uint8_t i, const std::vector<ClaimEffect>& effects) {
    for (const ClaimEffect& effect : effects) {
      if (const auto* change = std::get_if<ChangeOwner>(&effect))
        questions_.push_back({.asker = Asker::claim, .about = i, .changes = true, .expected_owner = change->expected,
                              .owner = change->value});
      else if (std::holds_alternative<ReadOwner>(effect))
        questions_.push_back({.asker = Asker::claim, .about = i});
      else if (const auto* owned = std::get_if<Owned>(&effect))
        nodes_[i].owned = owned->record.epoch;
      else if (const auto* other = std::get_if<OwnedByOther>(&effect))
        watch(other->record.owner, i);
    }
  }
  void watch(Incarnation owner, std::uint8_t whom_it_concerns) {
    if (watch_) return;
    watch_.emplace(owner, 1, terms);  // whatever one acceptor may show, a majority of one may show
    watched_for_ = whom_it_concerns;
    std::vector<WatchEffect> effects;
    watch_->step(clocks_[watcher], LookAgain{}, effects);
    carry_out(effects);
  }
  std::uint8_t watched() const { return static_cast<std::uint8_t>(nodes_count - 1 - watched_for_); }
  void carry_out(const std::vector<WatchEffect>& effects) {
    for (const WatchEffect& effect : effects) {
      if (const auto* seal = std::get_if<Seal>(&effect)) {
        LeaseRecord sealed = seal->expected;
        sealed.is_sealed = true;
        questions_.push_back({.asker = Asker::watch, .about = watched(), .changes = true,
                              .expected_lease = seal->expected, .lease = sealed});
      } else if (std::holds_alternative<ReadLease>(effect)) {
        questions_.push_back({.asker = Asker::watch, .about = watched()});
      } else if (std::holds_alternative<LookAtAcceptors>(effect)) {
        questions_.push_back({.asker = Asker::look, .about = watched()});
      } else if (const auto* timer = std::get_if<SetLeaseTimer>(&effect)) {
        watch_timer_ = clocks_[watcher] + timer->after;
      } else if (std::holds_alternative<Dead>(effect)) {
        nodes_[watched_for_].is_told_dead = true;
      }
    }
  }

  // ---- Registers.

  // A change that is dropped may still be carried out.
  void drop_lease_question(std::uint8_t about) {
    const auto is_meant = [about](const Question& each) { return each.asker == Asker::lease && each.about == about; };
    std::erase_if(questions_, [&](const Question& each) { return is_meant(each) && (each.is_done || !each.changes); });
    for (Question& each : questions_) each.is_dropped = each.is_dropped || is_meant(each);
  }

  template <class Held>
  static void carry_out(bool changes, const std::optional<Held>& expected, std::optional<Held>& value,
                        std::optional<Held>& held) {
    if (changes && held == expected) held = value;
    value = held;
  }
  void do_question(std::size_t i) {
    Question& question = questions_[i];
    question.is_done = true;
    if (question.asker == Asker::claim)
      carry_out(question.changes, question.expected_owner, question.owner, owner_);
    else
      carry_out(question.changes, question.expected_lease, question.lease, leases_[question.about]);
    if (question.is_dropped)
      questions_.erase(questions_.begin() + static_cast<std::ptrdiff_t>(i));
    else if (question.asker != Asker::lease)
      answer(i);
  }

  void answer(std::size_t i) {
    const Question question = questions_[i];
    questions_.erase(questions_.begin() + static_cast<std::ptrdiff_t>(i));
    if (question.asker == Asker::claim) {
      std::vector<ClaimEffect> effects;
      nodes_[question.about].claim.step(OwnerAnswer{question.owner}, effects);
      carry_out(question.about, effects);
    } else if (question.asker == Asker::lease) {
      std::vector<LeaseEffect> effects;
      nodes_[question.about].lease.step(clocks_[question.about], LeaseAnswer{question.lease}, effects);
      carry_out(question.about, effects);
    } else {
      std::vector<WatchEffect> effects;
      watch_->step(clocks_[watcher], LeaseAnswer{question.lease}, effects);
      carry_out(effects);
    }
  }

  Bounds bounds_;
  std::array<LocalTime, nodes_count + 1> clocks_{};
  std::array<Node, nodes_count> nodes_{Node{0}, Node{1}};
  std::array<std::optional<LeaseRecord>, nodes_count> leases_;
  std::optional<OwnerRecord> owner_;
  std::optional<LeaseWatch> watch_;
  std::uint8_t watched_for_ = 0;                        // it watches the other one
  std::array<std::uint64_t, nodes_count> latest_{};     // the number that each node has sent last
  std::optional<LocalTime> watch_timer_;
  bool has_looked_again_ = false;  // before its time
  std::vector<Question> questions_;
  std::uint32_t ticks_ = 0;
  unsigned fast_ = 0;  // clocks in the last tick, a bit each
};

void explore(const Bounds& bounds) {
  const Explored found = Explorer<LeaseWorld>::explore(LeaseWorld(bounds), 200'000'000);
  fmt::print("leases: 2 nodes and a watcher, {} ticks, clocks run at 1 or {}{}: {}\n", bounds.ticks, bounds.fastest,
             bounds.do_rates_change ? ", and change" : "", to_text(found));
  EXPECT_FALSE(found.wrong) << *found.wrong;
  EXPECT_TRUE(found.is_complete);
}

TEST(Leases, HoldNoTwoOwnersInATakeover) { explore({.ticks = 2}); }

TEST(Leases, HoldNoTwoOwnersInATakeoverWhenRatesChange) {
  if (!are_large_wanted()) GTEST_SKIP() << "ORRERY_EXPLORATIONS=large";
  explore({.ticks = 2, .do_rates_change = true});
}

}  // namespace
}  // namespace orrery::tests
