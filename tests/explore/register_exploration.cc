// One register in every way that its messages, restarts and timers can fall together.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <functional>
#include <variant>

#include "core/base/bytes.h"
#include "core/node/outbox.h"
#include "core/placement/register.h"
#include "tests/explore/explorer.h"

namespace orrery::tests {
namespace {

using placement::Accept;
using placement::Accepted;
using placement::Acceptor;
using placement::Ballot;
using placement::Change;
using placement::Prepare;
using placement::Promise;
using placement::Proposer;
using placement::ProposerEffect;
using placement::Refused;
using placement::Settled;
using placement::TimeIsUp;

// What a proposer is asked to do, and what came of it.
struct Operation {
  std::uint8_t proposer = 0;     // it does its operations one after the other
  std::optional<Change> change;  // nothing: to read
  bool has_begun = false;
  bool is_settled = false;
  Settled::How how{};
  Bytes current;
  std::uint8_t after = 0;  // the operations that were settled when this one began, as a set of bits
  static constexpr auto fields() {
    return std::tuple{field("has_begun", &Operation::has_begun), field("settled", &Operation::is_settled),
                      field("how", &Operation::how), field("current", &Operation::current),
                      field("after", &Operation::after)};
  }
};

// Whether some order of the operations explains what they were told.
bool is_linearizable(const std::vector<Operation>& operations, const Bytes& value, unsigned explained, unsigned done) {
  bool is_over = true;
  for (unsigned i = 0; i < operations.size(); ++i) {
    const Operation& operation = operations[i];
    const unsigned bit = 1u << i;
    if (!operation.has_begun || (explained & bit) != 0) continue;
    is_over = is_over && !operation.is_settled;
    if ((operation.after & ~explained) != 0) continue;
    const auto& change = operation.change;
    const bool is_open = !operation.is_settled || operation.how == Settled::How::unknown;
    const bool fits = change && value == change->expected;
    if (is_open && fits && (done & bit) == 0 && is_linearizable(operations, change->value, explained, done | bit))
      return true;
    if (!operation.is_settled) continue;
    if (operation.how == Settled::How::changed) {
      if (fits && is_linearizable(operations, change->value, explained | bit, done)) return true;
    } else if (value == operation.current && !(operation.how == Settled::How::unchanged && fits)) {
      if (is_linearizable(operations, value, explained | bit, done)) return true;
    }
  }
  return is_over;
}

struct Message {
  std::uint8_t proposer = 0;
  std::uint8_t acceptor = 0;
  std::variant<Prepare, Accept, Promise, Accepted, Refused> what;

  bool is_question() const { return what.index() < 2; }
};

struct Answer {
  std::uint8_t proposer = 0;
  std::variant<Promise, Accepted, Refused> what;
};

struct Bounds {
  std::uint32_t attempts = 1;  // of each proposer, for one operation
  std::uint32_t crashes = 0;   // of acceptors
  std::uint32_t doubles = 0;   // messages that arrive twice
  std::uint32_t late = 0;      // answers that come later than at once
};

// A question may arrive at any time, or never. Of the rest, orders that come to the same are walked once:
//  - An answer comes at once or never. One that comes later finds its proposer as it was, or beyond that question; and
//    who is told sooner leaves less room for an order that explains it. Some come late all the same, to see that a
//    proposer which is beyond their question ignores them.
//  - A proposer begins, or tries again, when the first of its questions arrives: before, nobody can tell.
//  - What an acceptor does that nobody hears of, it does just before the next thing that it does.
//  - Where each proposer has one ballot, to be refused is as good as to be lost. No refusal is heard there, and no
//    promise goes unheard: all that one does is to have others refused.
//  - Worlds that differ in the order of their acceptors only are the same.
class RegisterWorld {
 public:
  using Label = std::function<std::string()>;

  RegisterWorld(const std::vector<Operation>& operations, const Bounds& bounds)
      : bounds_(bounds), operations_(operations) {
    const auto proposers = std::ranges::max(operations, {}, &Operation::proposer).proposer + 1u;
    for (std::uint64_t i = 0; i < proposers; ++i) proposers_.emplace_back(Incarnation{i + 1}, acceptors_count);
  }

  template <class Visit>
  void for_each_step(Visit visit) const {
    for (std::uint8_t i = 0; i < proposers_.size(); ++i) {
      if (is_done(i)) continue;
      if (!operations_[place_of_operation(i)].has_begun)
        question(visit, [i] { return fmt::format("proposer {} begins", i); }, &RegisterWorld::begin, i);
      else if (proposers_[i].attempts() + 1 < bounds_.attempts)
        question(visit, [i] { return fmt::format("the time of proposer {} is up", i); }, &RegisterWorld::run_out, i);
    }
    for (std::uint8_t i = 0; i < acceptors_count; ++i) {
      if (!may_act(i)) continue;
      if (!acceptors_[i].writing.empty())
        step(visit, [i] { return fmt::format("the disk of acceptor {} has written", i); }, &RegisterWorld::persist, i);
      if (crashes_ < bounds_.crashes && acceptors_[i].has_something_to_lose())
        step(visit, [i] { return fmt::format("acceptor {} restarts", i); }, &RegisterWorld::restart, i);
    }
    for_each_arrival(visit, "", [](const Message&) { return true; });
  }

  Bytes state() const {
    Writer writer(512);
    for (std::uint8_t i = 0; i < proposers_.size(); ++i)
      if (!is_done(i)) writer.put(proposers_[i]);
    writer.put(operations_);
    writer.put(crashes_);
    writer.put(doubles_);
    writer.put(late_);
    Bytes bytes = writer.take();
    std::array<Bytes, acceptors_count> acceptors;
    for (std::uint8_t i = 0; i < acceptors_count; ++i) acceptors[i] = state_around(i);
    std::ranges::sort(acceptors);
    for (const Bytes& each : acceptors) bytes += each;
    return bytes;
  }

  std::optional<std::string> wrong() const {
    if (is_linearizable(operations_, {}, 0, 0)) return std::nullopt;
    std::string text = "no order explains what the operations were told:";
    for (const Operation& each : operations_)
      text += each.is_settled ? fmt::format(" {}:{}", static_cast<int>(each.how), each.current) : " open";
    return text;
  }

 private:
  static constexpr std::uint32_t acceptors_count = 3;
  static constexpr std::size_t held_back_max = 2;  // steps of one acceptor

  // All that has to do with this acceptor.
  Bytes state_around(std::uint8_t acceptor) const {
    Writer writer(256);
    for (const Proposer& each : proposers_) writer.put(bits_of(each.heard_from(acceptor)));
    acceptors_[acceptor].put(writer);
    writer.put(unheard_ == acceptor);
    std::vector<Bytes> messages;
    for (const Message& each : messages_[acceptor]) {
      messages.push_back(to_bytes_of(each.proposer, static_cast<std::uint8_t>(each.what.index())));
      std::visit([&messages](const auto& what) { messages.back() += to_bytes_of(what); }, each.what);
    }
    std::ranges::sort(messages);
    writer.put(messages);
    return writer.take();
  }

  static std::uint8_t bits_of(const Proposer::Heard& heard) {
    return static_cast<std::uint8_t>(heard.has_answered + 2 * heard.has_refused + 4 * heard.is_agreeing);
  }

  struct Node {
    Acceptor memory;
    std::vector<Acceptor> writing;  // oldest first
    Acceptor disk;
    node::Outbox<Answer> outbox;

    bool has_something_to_lose() const {
      return memory.promised() != disk.promised() || memory.accepted() != disk.accepted();
    }
    void put(Writer& writer) const {
      writer.put(memory);
      writer.put(writing);
      writer.put(disk);
      for (const auto& [must_persist, said] : outbox.steps()) {
        writer.put(must_persist);
        for (const Answer& each : said) {
          writer.put(each.proposer);
          std::visit([&writer](const auto& what) { writer.put(what); }, each.what);
        }
      }
    }
  };

  // ---- Steps.

  bool may_act(std::uint8_t acceptor) const { return !unheard_ || *unheard_ == acceptor; }

  template <class Visit>
  void step(Visit& visit, const Label& label, void (RegisterWorld::*change)(std::uint8_t), std::uint8_t whom) const {
    RegisterWorld after = *this;
    (after.*change)(whom);
    after.tell(visit, label);
  }

  // The proposer asks, and the first of its questions arrives.
  template <class Visit>
  void question(Visit& visit, const Label& label, void (RegisterWorld::*change)(std::uint8_t), std::uint8_t i) const {
    RegisterWorld asking = *this;
    (asking.*change)(i);
    const auto is_meant = [&asking, i](const Message& message) {
      return message.proposer == i && message.is_question() && asking.is_awaited(message);
    };
    asking.for_each_arrival(visit, label() + ", and ", is_meant);
  }

  template <class Visit, class Filter>
  void for_each_arrival(Visit& visit, const std::string& prefix, Filter filter) const {
    for (std::uint8_t acceptor = 0; acceptor < acceptors_count; ++acceptor)
      for (std::size_t i = 0; i < messages_[acceptor].size(); ++i) {
        const Message& message = messages_[acceptor][i];
        if (!filter(message) || !may_arrive(message)) continue;
        RegisterWorld after = *this;
        after.messages_[acceptor].erase(after.messages_[acceptor].begin() + static_cast<std::ptrdiff_t>(i));
        after.deliver(message);
        after.tell(visit, [&] { return prefix + label(message); });
        if (doubles_ == bounds_.doubles) continue;
        RegisterWorld doubled = *this;
        ++doubled.doubles_;
        doubled.deliver(message);
        doubled.tell(visit, [&] { return prefix + label(message) + ", to come once more"; });
      }
  }
  bool may_arrive(const Message& message) const {
    if (!message.is_question()) return !unheard_;
    return may_act(message.acceptor) && acceptors_[message.acceptor].outbox.steps().size() < held_back_max;
  }

  // Tells of the worlds that come of what the answers that leave may do.
  template <class Visit>
  void tell(Visit& visit, const Label& label) {
    if (leaving_.empty()) {
      forget_dead_messages();
      visit(label, std::move(*this));
      return;
    }
    const Message answer = leaving_.front();
    leaving_.erase(leaving_.begin());
    if (has_one_ballot_each() && std::holds_alternative<Refused>(answer.what)) return tell(visit, label);
    const auto come = [&] { return label() + ", and " + RegisterWorld::label(answer); };
    RegisterWorld heard = *this;
    if (heard.hear(answer)) {
      heard.unheard_.reset();
      if (doubles_ < bounds_.doubles) {
        RegisterWorld doubled = heard;
        ++doubled.doubles_;
        doubled.messages_[answer.acceptor].push_back(answer);
        doubled.tell(visit, [&] { return come() + ", to come once more"; });
      }
      heard.tell(visit, come);
    }
    if (late_ < bounds_.late) {
      RegisterWorld later = *this;
      ++later.late_;
      later.unheard_.reset();
      later.messages_[answer.acceptor].push_back(answer);
      later.tell(visit, label);
    }
    if (has_one_ballot_each() && std::holds_alternative<Promise>(answer.what)) return;
    tell(visit, label);
  }

  static Ballot ballot_of(const Message& message) {
    return std::visit([](const auto& each) { return each.ballot; }, message.what);
  }
  static std::string label(const Message& message) {
    constexpr std::array names = {"prepare", "accept", "promise", "accepted", "refused"};
    const Ballot ballot = ballot_of(message);
    return fmt::format("{} {}.{} arrives {} {} {} {}", names[message.what.index()], ballot.number,
                       ballot.proposer.value, message.is_question() ? "from" : "at", message.proposer,
                       message.is_question() ? "at" : "from", message.acceptor);
  }

  // Forgets the messages that can change nothing any more, whenever they arrive.
  void forget_dead_messages() {
    for (std::uint8_t i = 0; i < acceptors_count; ++i)
      std::erase_if(messages_[i], [this, i](const Message& each) { return is_dead(each, acceptors_[i].disk); });
  }
  bool is_awaited(const Message& message) const { return proposers_[message.proposer].awaits(ballot_of(message)); }
  bool is_dead(const Message& message, const Acceptor& acceptor) const {
    if (!message.is_question()) return is_done(message.proposer);
    const Ballot ballot = ballot_of(message);
    const bool is_prepare = std::holds_alternative<Prepare>(message.what);
    if (has_one_ballot_each() && is_prepare && !proposers_[message.proposer].is_preparing()) return true;
    if (is_awaited(message)) return false;
    if (is_prepare) return ballot <= acceptor.promised();
    return ballot < acceptor.promised() || ballot == acceptor.accepted();
  }

  // ---- Proposers.

  bool has_one_ballot_each() const { return bounds_.attempts == 1 && operations_.size() == proposers_.size(); }

  // Of the operation that it does, or will do next.
  std::size_t place_of_operation(std::uint8_t proposer) const {
    const auto is_open = [proposer](const Operation& each) { return each.proposer == proposer && !each.is_settled; };
    return static_cast<std::size_t>(std::ranges::find_if(operations_, is_open) - operations_.begin());
  }
  bool is_done(std::uint8_t proposer) const { return place_of_operation(proposer) == operations_.size(); }

  void begin(std::uint8_t i) {
    Operation& operation = operations_[place_of_operation(i)];
    operation.has_begun = true;
    for (unsigned other = 0; other < operations_.size(); ++other)
      if (operations_[other].is_settled) operation.after |= static_cast<std::uint8_t>(1u << other);
    std::vector<ProposerEffect> effects;
    if (operation.change)
      proposers_[i].step(Change(*operation.change), effects);
    else
      proposers_[i].step(placement::Read{}, effects);
    carry_out(i, effects);
  }
  void run_out(std::uint8_t i) {
    std::vector<ProposerEffect> effects;
    proposers_[i].step(TimeIsUp{proposers_[i].timer()}, effects);
    carry_out(i, effects);
  }

  void carry_out(std::uint8_t i, const std::vector<ProposerEffect>& effects) {
    for (const ProposerEffect& effect : effects) {
      if (const auto* ask = std::get_if<placement::AskAll>(&effect)) {
        for (std::uint8_t acceptor = 0; acceptor < acceptors_count; ++acceptor)
          std::visit([&](const auto& what) { messages_[acceptor].push_back({i, acceptor, what}); }, ask->message);
      } else if (const auto* settled = std::get_if<Settled>(&effect)) {
        Operation& operation = operations_[place_of_operation(i)];
        operation.is_settled = true;
        operation.how = settled->how;
        operation.current = settled->current;
      }
    }
  }

  // Whether the answer makes any difference to its proposer.
  bool hear(const Message& answer) {
    Proposer& proposer = proposers_[answer.proposer];
    const auto all_of_it = [&proposer, &answer] {
      Writer writer(256);
      writer.put(proposer);
      writer.put(bits_of(proposer.heard_from(answer.acceptor)));
      return writer.take();
    };
    if (is_done(answer.proposer)) return false;
    const Bytes before = all_of_it();
    deliver(answer);
    return all_of_it() != before;
  }

  // ---- Acceptors.

  void deliver(const Message& message) {
    std::vector<ProposerEffect> effects;
    const auto arrive = [&](const auto& what) {
      if constexpr (std::is_same_v<std::decay_t<decltype(what)>, Prepare> ||
                    std::is_same_v<std::decay_t<decltype(what)>, Accept>)
        ask(message, what);
      else
        proposers_[message.proposer].step(message.acceptor, what, effects);
    };
    std::visit(arrive, message.what);
    carry_out(message.proposer, effects);
  }

  template <class Question>
  void ask(const Message& message, const Question& question) {
    unheard_ = message.acceptor;
    Node& node = acceptors_[message.acceptor];
    placement::AcceptorStep made = node.memory.step(question);
    if (made.must_persist) node.writing.push_back(node.memory);
    std::vector<Answer> leaving;
    node.outbox.add(made.must_persist, {Answer{message.proposer, std::move(made.answer)}}, leaving);
    send_answers(message.acceptor, leaving);
    // Unless a crash can still come between, it is all the same when the disk writes.
    if (crashes_ == bounds_.crashes && !node.writing.empty()) persist(message.acceptor);
  }
  void persist(std::uint8_t acceptor) {
    unheard_ = acceptor;
    Node& node = acceptors_[acceptor];
    node.disk = node.writing.front();
    node.writing.erase(node.writing.begin());
    std::vector<Answer> leaving;
    node.outbox.on_persisted(leaving);
    send_answers(acceptor, leaving);
  }
  void restart(std::uint8_t acceptor) {
    unheard_ = acceptor;
    Node& node = acceptors_[acceptor];
    node = {.memory = node.disk, .writing = {}, .disk = node.disk, .outbox = {}};
    ++crashes_;
  }
  void send_answers(std::uint8_t acceptor, const std::vector<Answer>& leaving) {
    for (const Answer& each : leaving)
      std::visit([&](const auto& what) { leaving_.push_back({each.proposer, acceptor, what}); }, each.what);
  }

  Bounds bounds_;
  std::vector<Proposer> proposers_;
  std::vector<Operation> operations_;
  std::array<Node, acceptors_count> acceptors_;
  std::array<std::vector<Message>, acceptors_count> messages_;  // to and from each acceptor
  std::vector<Message> leaving_;                                // the answers of this step
  std::optional<std::uint8_t> unheard_;                         // the acceptor that did something nobody heard of
  std::uint32_t crashes_ = 0;
  std::uint32_t doubles_ = 0;
  std::uint32_t late_ = 0;
};

struct Asked {
  std::string_view name;
  std::vector<Operation> operations;
  Bounds bounds;
};

void explore(const Asked& asked) {
  const Bounds& bounds = asked.bounds;
  const Explored found = Explorer<RegisterWorld>::explore({asked.operations, bounds}, 100'000'000);
  fmt::print("{}: 3 acceptors, {} proposals of {} attempts, {} restarts, {} doubles, {} late: {}\n", asked.name,
             asked.operations.size(), bounds.attempts, bounds.crashes, bounds.doubles, bounds.late, to_text(found));
  EXPECT_FALSE(found.wrong) << *found.wrong;
  EXPECT_TRUE(found.is_complete);
}

Operation change(std::uint8_t proposer, std::string_view from, std::string_view to) {
  return {.proposer = proposer, .change = Change{Bytes(from), Bytes(to)}, .current = {}};
}
Operation read(std::uint8_t proposer) { return {.proposer = proposer, .change = std::nullopt, .current = {}}; }

TEST(Register, IsLinearizableForOneThatTriesTwice) {
  explore({"one tries twice", {change(0, "", "a")}, {.attempts = 2, .crashes = 1, .doubles = 1, .late = 1}});
}

TEST(Register, IsLinearizableForTwoRivals) {
  explore({"two rivals", {change(0, "", "a"), change(1, "", "b")}, {.doubles = 1, .late = 1}});
}

TEST(Register, IsLinearizableForAReaderWhenAcceptorsRestart) {
  explore({"change and read", {change(0, "", "a"), read(1)}, {.crashes = 1, .doubles = 1, .late = 1}});
}

const std::vector<Operation> three_rivals{change(0, "", "a"), change(1, "", "b"), change(2, "", "c")};
const std::vector<Operation> two_in_a_row{change(0, "", "a"), change(1, "a", "b"), change(0, "a", "c")};

TEST(Register, IsLinearizableForThreeRivalsWhenAcceptorsRestart) {
  explore({"three rivals", three_rivals, {.crashes = 1}});
}

TEST(Register, IsLinearizableForTwoChangesInARowAndARival) {
  explore({"two changes in a row, and a rival", two_in_a_row, {.crashes = 1, .late = 1}});
}

TEST(Register, IsLinearizableForThreeRivalsWhenAcceptorsRestartTwice) {
  if (!are_large_wanted()) GTEST_SKIP() << "ORRERY_EXPLORATIONS=large";
  explore({"three rivals", three_rivals, {.crashes = 2, .late = 1}});
}

TEST(Register, IsLinearizableForTwoChangesInARowAndARivalWhenMessagesComeTwice) {
  if (!are_large_wanted()) GTEST_SKIP() << "ORRERY_EXPLORATIONS=large";
  explore({"two changes in a row, and a rival", two_in_a_row, {.crashes = 1, .doubles = 1, .late = 1}});
}

TEST(Register, IsLinearizableForTwoRivalsAndAReader) {
  if (!are_large_wanted()) GTEST_SKIP() << "ORRERY_EXPLORATIONS=large";
  explore({"two rivals and a reader", {change(0, "", "a"), change(1, "", "b"), read(2)},
           {.crashes = 1, .doubles = 1}});
}

TEST(Register, IsLinearizableForTwoRivalsThatTryTwice) {
  if (!are_large_wanted()) GTEST_SKIP() << "ORRERY_EXPLORATIONS=large";
  explore({"two rivals", {change(0, "", "a"), change(1, "", "b")}, {.attempts = 2}});
}

}  // namespace
}  // namespace orrery::tests
