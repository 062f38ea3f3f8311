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
using placement::Incarnation;
using placement::Prepare;
using placement::Promise;
using placement::Proposer;
using placement::ProposerEffect;
using placement::Refused;
using placement::Settled;
using placement::TimeIsUp;

// What one proposer is asked to do, and what came of it.
struct Operation {
  std::optional<Change> change;  // nothing: to read
  bool has_begun = false;
  bool is_settled = false;
  Settled::How how{};
  Bytes current;
  std::uint8_t after = 0;  // the operations that were settled when this one began, as a set of bits
  static constexpr auto fields() {
    return std::tuple{field("change", &Operation::change),   field("has_begun", &Operation::has_begun),
                      field("settled", &Operation::is_settled), field("how", &Operation::how),
                      field("current", &Operation::current), field("after", &Operation::after)};
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

// A message may arrive at any time, or never; a few arrive twice.
struct Message {
  std::uint8_t proposer = 0;
  std::uint8_t acceptor = 0;
  std::variant<Prepare, Accept, Promise, Accepted, Refused> what;

  bool is_fresh = true;  // not told of yet

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
};

class RegisterWorld {
 public:
  using Label = std::function<std::string()>;

  RegisterWorld(std::vector<std::optional<Change>> asked, const Bounds& bounds) : bounds_(bounds) {
    for (std::size_t i = 0; i < asked.size(); ++i) {
      proposers_.emplace_back(Incarnation{i + 1}, acceptors_count);
      operations_.push_back({.change = asked[i], .current = {}});
    }
  }

  template <class Visit>
  void for_each_step(Visit visit) const {
    for (std::uint8_t i = 0; i < proposers_.size(); ++i) {
      if (!operations_[i].has_begun)
        step(visit, [i] { return fmt::format("operation {} begins", i); }, &RegisterWorld::begin, i);
      if (may_run_out(i))
        step(visit, [i] { return fmt::format("the time of proposer {} is up", i); }, &RegisterWorld::run_out, i);
    }
    for (std::uint8_t i = 0; i < acceptors_count; ++i) {
      if (!acceptors_[i].outbox.steps().empty())
        step(visit, [i] { return fmt::format("the disk of acceptor {} has written", i); }, &RegisterWorld::persist, i);
      if (crashes_ < bounds_.crashes && !acceptors_[i].outbox.steps().empty())
        step(visit, [i] { return fmt::format("acceptor {} restarts", i); }, &RegisterWorld::restart, i);
    }
    for (std::uint8_t acceptor = 0; acceptor < acceptors_count; ++acceptor)
      for (std::size_t i = 0; i < messages_[acceptor].size(); ++i) {
        const Message& message = messages_[acceptor][i];
        if (message.is_question() && acceptors_[acceptor].outbox.steps().size() >= held_back_max) continue;
        RegisterWorld after = *this;
        after.messages_[acceptor].erase(after.messages_[acceptor].begin() + static_cast<std::ptrdiff_t>(i));
        after.deliver(message);
        after.tell(visit, [&message] { return label(message); });
        if (doubles_ == bounds_.doubles) continue;
        RegisterWorld doubled = *this;
        ++doubled.doubles_;
        doubled.deliver(message);
        doubled.tell(visit, [&message] { return label(message) + ", to come once more"; });
      }
  }

  // The same for worlds that differ in the order of their acceptors only.
  Bytes state() const {
    Writer writer(512);
    writer.put(proposers_);
    writer.put(operations_);
    writer.put(crashes_);
    writer.put(doubles_);
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
    for (const Proposer& each : proposers_) {
      const Proposer::Heard heard = each.heard_from(acceptor);
      writer.put(static_cast<std::uint8_t>(heard.has_answered + 2 * heard.has_refused + 4 * heard.is_agreeing));
    }
    acceptors_[acceptor].put(writer);
    std::vector<Bytes> messages;
    for (const Message& each : messages_[acceptor]) {
      messages.push_back(to_bytes_of(each.proposer, static_cast<std::uint8_t>(each.what.index())));
      std::visit([&messages](const auto& what) { messages.back() += to_bytes_of(what); }, each.what);
    }
    std::ranges::sort(messages);
    writer.put(messages);
    return writer.take();
  }

  struct Node {
    Acceptor memory;
    std::vector<Acceptor> writing;  // oldest first
    Acceptor disk;
    node::Outbox<Answer> outbox;

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

  template <class Visit>
  void step(Visit& visit, const Label& label, void (RegisterWorld::*change)(std::uint8_t), std::uint8_t whom) const {
    RegisterWorld after = *this;
    (after.*change)(whom);
    after.tell(visit, label);
  }

  // Of the answers that have just been given, those that are waited on have come already, or never will.
  template <class Visit>
  void tell(Visit& visit, const Label& label) {
    forget_dead_messages();
    for (std::vector<Message>& messages : messages_) {
      if (messages.empty() || messages.back().is_question() || !messages.back().is_fresh) continue;
      messages.back().is_fresh = false;
      if (!is_waited_on(messages.back())) continue;
      const Message answer = messages.back();
      messages.pop_back();
      RegisterWorld heard = *this;
      heard.deliver(answer);
      heard.tell(visit, [&] { return label() + ", and " + RegisterWorld::label(answer); });
    }
    visit(label, std::move(*this));
  }

  static std::string label(const Message& message) {
    constexpr std::array names = {"prepare", "accept", "promise", "accepted", "refused"};
    const Ballot ballot = std::visit([](const auto& each) { return each.ballot; }, message.what);
    return fmt::format("{} {}.{} arrives {} {} {} {}", names[message.what.index()], ballot.number,
                       ballot.proposer.value, message.is_question() ? "from" : "at", message.proposer,
                       message.is_question() ? "at" : "from", message.acceptor);
  }
  template <class What>
  void send(std::uint8_t proposer, std::uint8_t acceptor, const What& what) {
    messages_[acceptor].push_back({proposer, acceptor, what, true});
  }

  // Forgets the messages that can change nothing any more, whenever they arrive.
  void forget_dead_messages() {
    for (std::uint8_t i = 0; i < acceptors_count; ++i)
      std::erase_if(messages_[i], [this, i](const Message& each) { return is_dead(each, acceptors_[i]); });
  }
  // An answer after which its proposer only waits on: it makes no difference when it comes, only whether.
  bool is_waited_on(const Message& message) const {
    const Proposer& proposer = proposers_[message.proposer];
    std::uint32_t answers = 0;
    for (std::uint32_t i = 0; i < acceptors_count; ++i) {
      const Proposer::Heard heard = proposer.heard_from(i);
      answers += (std::holds_alternative<Refused>(message.what) ? heard.has_refused : heard.has_answered) ? 1 : 0;
    }
    return 2 * (answers + 1) <= acceptors_count;
  }
  bool is_dead(const Message& message, const Node& node) const {
    const Proposer& proposer = proposers_[message.proposer];
    const Ballot ballot = std::visit([](const auto& each) { return each.ballot; }, message.what);
    if (proposer.awaits(ballot)) return false;
    if (!message.is_question()) return true;
    if (std::holds_alternative<Prepare>(message.what)) return ballot <= node.disk.promised();
    return ballot < node.disk.promised() || ballot == node.disk.accepted();
  }

  void begin(std::uint8_t i) {
    Operation& operation = operations_[i];
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

  bool may_run_out(std::uint8_t i) const {
    return operations_[i].has_begun && !operations_[i].is_settled && proposers_[i].attempts() + 1 < bounds_.attempts;
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
          std::visit([&](const auto& what) { send(i, acceptor, what); }, ask->message);
      } else if (const auto* settled = std::get_if<Settled>(&effect)) {
        operations_[i].is_settled = true;
        operations_[i].how = settled->how;
        operations_[i].current = settled->current;
      }
    }
  }

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
    Node& node = acceptors_[acceptor];
    node.disk = node.writing.front();
    node.writing.erase(node.writing.begin());
    std::vector<Answer> leaving;
    node.outbox.on_persisted(leaving);
    send_answers(acceptor, leaving);
  }
  void restart(std::uint8_t acceptor) {
    Node& node = acceptors_[acceptor];
    node = {.memory = node.disk, .writing = {}, .disk = node.disk, .outbox = {}};
    ++crashes_;
  }
  void send_answers(std::uint8_t acceptor, const std::vector<Answer>& leaving) {
    for (const Answer& each : leaving)
      std::visit([&](const auto& what) { send(each.proposer, acceptor, what); }, each.what);
  }

  Bounds bounds_;
  std::vector<Proposer> proposers_;
  std::vector<Operation> operations_;
  std::array<Node, acceptors_count> acceptors_;
  std::array<std::vector<Message>, acceptors_count> messages_;  // to and from each acceptor
  std::uint32_t crashes_ = 0;
  std::uint32_t doubles_ = 0;
};

struct Asked {
  std::string_view name;
  std::vector<std::optional<Change>> operations;
  Bounds bounds;
};

void explore(const Asked& asked) {
  const Bounds& bounds = asked.bounds;
  const Explored found = Explorer<RegisterWorld>::explore({asked.operations, bounds}, 100'000'000);
  fmt::print("{}: 3 acceptors, {} proposals of {} attempts, {} restarts, {} doubles: {}\n", asked.name,
             asked.operations.size(), bounds.attempts, bounds.crashes, bounds.doubles, to_text(found));
  EXPECT_FALSE(found.wrong) << *found.wrong;
  EXPECT_TRUE(found.is_complete);
}

const std::optional<Change> first{Change{"", "a"}};
const std::optional<Change> rival{Change{"", "b"}};
const std::optional<Change> reader{};

TEST(Register, IsLinearizableForOneThatTriesTwice) {
  explore({"one tries twice", {first}, {.attempts = 2, .crashes = 1, .doubles = 1}});
}

TEST(Register, IsLinearizableForTwoRivals) { explore({"two rivals", {first, rival}, {.attempts = 1}}); }

TEST(Register, IsLinearizableForAReaderWhenAcceptorsRestart) {
  explore({"change and read", {first, reader}, {.attempts = 1, .crashes = 1}});
}

TEST(Register, IsLinearizableForTwoRivalsWhenMessagesComeTwice) {
  if (!are_large_wanted()) GTEST_SKIP() << "ORRERY_EXPLORATIONS=large";
  explore({"two rivals", {first, rival}, {.attempts = 1, .doubles = 1}});
}

TEST(Register, IsLinearizableForTwoRivalsThatTryTwice) {
  if (!are_large_wanted()) GTEST_SKIP() << "ORRERY_EXPLORATIONS=large";
  explore({"two rivals", {first, rival}, {.attempts = 2}});
}

TEST(Register, IsLinearizableForTwoRivalsAndAReader) {
  if (!are_large_wanted()) GTEST_SKIP() << "ORRERY_EXPLORATIONS=large";
  explore({"two rivals and a reader", {first, rival, reader}, {.attempts = 1}});
}

}  // namespace
}  // namespace orrery::tests
