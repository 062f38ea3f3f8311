// One consensus register: a value that nodes agree on, changed by compare-and-swap.
//
// The register lives on a few acceptors. Whoever wants to read or change it is a proposer, and there may be many at
// once: there is no leader and no log (CASPaxos; Rystsov, "Replicated State Machines without logs", 2018). A proposal
// has a ballot that nobody else ever uses. It goes in two rounds:
//
//   prepare   A majority of the acceptors promises to take nothing of a lower ballot, and says what it has accepted.
//             The value of the highest ballot among that is the current one.
//   accept    The proposer asks all to accept, under its ballot, the new value if the current one is as expected, else
//             the current one. When a majority has, the value is chosen.
//
// If a majority says in the first round that it has accepted one and the same ballot, its value is chosen already: who
// only wants to know it, or finds that it is not as expected, needs no second round. And who has changed the register
// has its next ballot promised together with the acceptance: its next change begins with the second round, unless
// somebody else came between. An owner renews its lease in one round trip.
//
// Invariants:
//  1. Whatever a proposer is told as the current value was chosen, and so was every value that an answer speaks of.
//  2. Chosen values form one chain: each change was made to the value chosen before it.
//  3. An acceptor's promise and what it accepted only go to higher ballots. It answers when its answer is on disk.
//  4. A change answers `changed` or `unchanged` only if it is certain; what it sent may have been chosen and replaced
//     before it looked again. Then it is `unknown`, with what stands there now.
//
// A proposer that hears too little tries again with a higher ballot, after a while that is drawn: two that get in each
// other's way come apart. It goes on until it is dropped.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <tuple>
#include <variant>
#include <vector>

#include "core/base/fields.h"
#include "core/base/ids.h"
#include "core/base/time.h"
#include "core/base/value.h"

namespace orrery::placement {

struct Ballot {
  std::uint64_t number{};  // 0: none
  Incarnation proposer;
  friend constexpr auto operator<=>(const Ballot&, const Ballot&) = default;
  static constexpr auto fields() {
    return std::tuple{field("number", &Ballot::number), field("proposer", &Ballot::proposer)};
  }
};

// ---- Messages: datagrams, so each may come twice, late, or never.

struct Prepare {
  Ballot ballot;
  friend bool operator==(const Prepare&, const Prepare&) = default;
  static constexpr auto fields() { return std::tuple{field("ballot", &Prepare::ballot)}; }
};
struct Promise {
  Ballot ballot;    // the one that was prepared
  Ballot accepted;  // none: nothing was
  Bytes value;
  friend bool operator==(const Promise&, const Promise&) = default;
  static constexpr auto fields() {
    return std::tuple{field("ballot", &Promise::ballot), field("accepted", &Promise::accepted),
                      field("value", &Promise::value)};
  }
};
struct Accept {
  Ballot ballot;
  Bytes value;
  Ballot next;  // promised together with the acceptance
  friend bool operator==(const Accept&, const Accept&) = default;
  static constexpr auto fields() {
    return std::tuple{field("ballot", &Accept::ballot), field("value", &Accept::value), field("next", &Accept::next)};
  }
};
struct Accepted {
  Ballot ballot;
  friend bool operator==(const Accepted&, const Accepted&) = default;
  static constexpr auto fields() { return std::tuple{field("ballot", &Accepted::ballot)}; }
};
// Of either: a higher ballot was promised.
struct Refused {
  Ballot ballot;
  Ballot promised;
  friend bool operator==(const Refused&, const Refused&) = default;
  static constexpr auto fields() {
    return std::tuple{field("ballot", &Refused::ballot), field("promised", &Refused::promised)};
  }
};

// A plain question: what has been accepted here? It may not be chosen, or not be the latest. Empty: nothing was.
struct Look {
  static constexpr auto fields() { return std::tuple{}; }
};
struct Seen {
  Bytes accepted;
  bool is_chosen = false;  // it was, though another may be by now
  static constexpr auto fields() {
    return std::tuple{field("accepted", &Seen::accepted), field("chosen", &Seen::is_chosen)};
  }
};
// From a proposer whose value was chosen, so that a look is worth something. Nothing rests on its arrival.
struct Chosen {
  Ballot ballot;
  static constexpr auto fields() { return std::tuple{field("ballot", &Chosen::ballot)}; }
};

// ---- The acceptor's half. One for each register.

struct AcceptorStep {
  bool must_persist = false;  // the acceptor's state, before the answer leaves
  std::variant<Promise, Accepted, Refused> answer;
};

class Acceptor {
 public:
  AcceptorStep step(const Prepare& prepare);
  AcceptorStep step(const Accept& accept);

  void step(const Chosen& chosen);

  Seen seen() const { return {value_, chosen_ == accepted_ && chosen_ != Ballot{}}; }

  const Ballot& promised() const { return promised_; }
  const Ballot& accepted() const { return accepted_; }

  // All of its state: to be written to disk, and read back.
  static constexpr auto fields() {
    return std::tuple{field("promised", &Acceptor::promised_), field("accepted", &Acceptor::accepted_),
                      field("value", &Acceptor::value_)};
  }

 private:
  Ballot promised_;
  Ballot accepted_;
  Bytes value_;    // empty: nothing was accepted
  Ballot chosen_;  // the last that it was told of; not kept
};

// ---- The proposer's half. One for each register that its node reads or changes.

// To write `value` if the register holds `expected`; an empty one holds nothing yet. No value is written twice.
struct Change {
  Bytes expected;
  Bytes value;
  static constexpr auto fields() {
    return std::tuple{field("expected", &Change::expected), field("value", &Change::value)};
  }
};
struct Read {
  static constexpr auto fields() { return std::tuple{}; }
};
// The time that SetTimer asked for is over.
struct TimeIsUp {
  std::uint32_t timer{};
};

// To all acceptors.
struct AskAll {
  std::variant<Prepare, Accept> message;
};
// Come back with TimeIsUp after a time drawn between `least` and twice as long; an earlier timer means nothing now.
struct SetTimer {
  std::uint32_t timer{};
  Duration least{};
};
struct Settled {
  enum class How : std::uint8_t { read, changed, unchanged, unknown } how{};
  Bytes current;
};
using ProposerEffect = std::variant<AskAll, SetTimer, Settled>;

class Proposer {
 public:
  // `acceptors`: how many there are. Answers name them by their place among them. All ballots that this incarnation
  // has used for the register have numbers up to `used`.
  Proposer(Incarnation self, std::uint32_t acceptors, std::uint64_t used = 0);

  // Append what must follow to `effects`, in order. PRECONDITION of the first two: the one before is settled.
  void step(Change&& change, std::vector<ProposerEffect>& effects);
  void step(Read read, std::vector<ProposerEffect>& effects);
  void step(std::uint32_t acceptor, const Promise& promise, std::vector<ProposerEffect>& effects);
  void step(std::uint32_t acceptor, const Accepted& accepted, std::vector<ProposerEffect>& effects);
  void step(std::uint32_t acceptor, const Refused& refused, std::vector<ProposerEffect>& effects);
  void step(const TimeIsUp& time, std::vector<ProposerEffect>& effects);

  // Nobody wants to know the answer: it may come to anything.
  void drop();

  bool is_settled() const { return phase_ == Phase::settled; }
  const Ballot& ballot() const { return ballot_; }
  std::uint64_t highest_number() const { return seen_; }  // of a ballot anywhere
  bool is_preparing() const { return phase_ == Phase::prepare; }
  std::uint32_t timer() const { return timer_; }        // the latest
  std::uint32_t attempts() const { return attempts_; }  // that came to nothing

  // Whether an answer to that ballot could still mean something.
  bool awaits(const Ballot& ballot) const { return ballot == ballot_ && !is_settled() && phase_ != Phase::back_off; }

  // All of its state that bears on what it will do, but for `self`, the sets, and numbers of timers.
  static constexpr auto fields() {
    return std::tuple{field("phase", &Proposer::phase_),     field("ballot", &Proposer::ballot_),
                      field("change", &Proposer::change_),   field("may_be_chosen", &Proposer::may_be_chosen_),
                      field("highest", &Proposer::highest_), field("current", &Proposer::current_),
                      field("seen", &Proposer::seen_),       field("next", &Proposer::next_),
                      field("attempts", &Proposer::attempts_)};
  }
  // Of the answers to its ballot.
  struct Heard {
    bool has_answered = false;
    bool has_refused = false;
    bool is_agreeing = false;
  };
  Heard heard_from(std::uint32_t acceptor) const {
    const std::uint64_t bit = std::uint64_t{1} << acceptor;
    return {(heard_ & bit) != 0, (refused_ & bit) != 0, (agreeing_ & bit) != 0};
  }

 private:
  enum class Phase : std::uint8_t { settled, prepare, accept, back_off };

  void begin(std::vector<ProposerEffect>& effects);
  void prepare(std::vector<ProposerEffect>& effects);
  void decide(std::vector<ProposerEffect>& effects);
  void accept(std::vector<ProposerEffect>& effects);
  void give_up();
  void settle(Settled::How how, std::vector<ProposerEffect>& effects);
  void set_timer(Duration least, std::vector<ProposerEffect>& effects);
  bool is_changing() const;
  Settled::How how_it_stands() const;
  bool hear(std::uint32_t acceptor, std::uint64_t& among);
  std::uint64_t all() const;
  bool is_majority(std::uint64_t acceptors) const;
  Ballot fresh_ballot();

  Incarnation self_;
  std::uint32_t acceptors_;
  Phase phase_ = Phase::settled;
  Ballot ballot_;
  std::optional<Change> change_;  // nothing: it reads
  bool may_be_chosen_ = false;    // the change's value, by an attempt before this one
  // Sets of acceptors, a bit each: who has answered in this phase, as it was hoped or not.
  std::uint64_t heard_ = 0;
  std::uint64_t refused_ = 0;
  Ballot highest_;              // of what they have accepted
  Bytes current_;               // its value
  std::uint64_t agreeing_ = 0;  // who has accepted just that
  std::uint64_t seen_ = 0;        // the highest number of a ballot anywhere
  Ballot next_;                   // promised by a majority that holds current_; none: not known to be
  std::uint32_t timer_ = 0;
  std::uint32_t attempts_ = 0;
};

}  // namespace orrery::placement
