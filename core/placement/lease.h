// How long a node may run what it owns, and how another one finds out that it may not any more.
//
// A node has one lease for all its objects: a record in a register (register.h) that names the incarnation of its
// process, and a number. The node renews it by writing a number that it never wrote before. No record holds a time: so
// it matters how fast clocks run, and not what they show.
//
// The lease counts, by the node's own clock, from the instant at which it began to send the number that stands in the
// record. When it has run out the node stops all that it runs. It may renew it later, as long as nobody has sealed it.
//
// Whoever wants what a silent node owns, waits: a whole lease by its own clock, counted from when the first sight of
// the newest number that it has seen had come back. Then it seals the record, if that is still exactly what it watched.
// From then on no renewal of this incarnation succeeds: it is dead, for ever.
//
// A reader of the register would cost the owner the promise for its next renewal. So the watcher asks each acceptor
// what it has accepted, which may be old, or never be chosen. That is enough to wait by: who sees a number knows that
// it was sent, so a lease that counts from it began before; and the seal fails if another one stands. One look would be
// as safe. A majority is asked because one of it has accepted the number that stands, or a newer one, so that no seal
// is tried on a node that renews. But no look says that a node is dead, for what it shows may never be chosen: unless
// all of a majority show the watched incarnation, not sealed, the register is read.
//
// Clocks may run fast or slow by `drift_millionths`. The owner counts its lease that much shorter, the watcher that
// much longer.
//
// Invariants:
//  1. While a node holds its lease, by its clock, its incarnation is not sealed, if no clock drifts more than that.
//  2. A lease counts from no later than the sending of what stands in the record.
//  3. No incarnation that is dead ever holds a lease again.
#pragma once

#include <cstdint>
#include <optional>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

#include "core/base/config.h"
#include "core/base/fields.h"
#include "core/base/ids.h"
#include "core/base/time.h"
#include "core/placement/register.h"

namespace orrery::placement {

struct LeaseTerms {
  Duration lasts = config::lease_lasts;
  Duration renewed_every = config::lease_renewed_every;
  std::int64_t drift_millionths = config::clock_drift_millionths_max;

  Duration for_owner() const { return lasts - lasts * drift_millionths / 1'000'000; }
  Duration for_watcher() const { return lasts + lasts * drift_millionths / 1'000'000; }
};

// What a node's register holds. Nothing: it never had a lease.
struct LeaseRecord {
  Incarnation incarnation;
  std::uint64_t number{};
  bool is_sealed = false;
  friend bool operator==(const LeaseRecord&, const LeaseRecord&) = default;
  static constexpr auto fields() {
    return std::tuple{field("incarnation", &LeaseRecord::incarnation), field("number", &LeaseRecord::number),
                      field("sealed", &LeaseRecord::is_sealed)};
  }
};

// ---- The node's own half. One for each incarnation.

// The node runs something, or wants to.
struct Want {};
// It does not any more: the lease may run out.
struct LetGo {};
// How the last question to the register came out, and what it holds now.
struct LeaseAnswer {
  std::optional<LeaseRecord> current;
};

// Ask the register; a question before it that is still open is dropped, whatever becomes of it.
struct ChangeLease {
  std::optional<LeaseRecord> expected;
  LeaseRecord value;
};
struct ReadLease {};
// Come back with TimeIsUp; an earlier timer means nothing now.
struct SetLeaseTimer {
  std::uint32_t timer{};
  Duration after{};
};
// Until then, by the node's clock. It was not held before, or not so long.
struct LeaseHeld {
  LocalTime until;
};
// This incarnation is dead.
struct LeaseLost {};
using LeaseEffect = std::variant<ChangeLease, ReadLease, SetLeaseTimer, LeaseHeld, LeaseLost>;

class Lease {
 public:
  explicit Lease(Incarnation self, const LeaseTerms& terms = {}) : self_(self), terms_(terms) {}

  // Append what must follow to `effects`, in order.
  void step(LocalTime now, Want want, std::vector<LeaseEffect>& effects);
  void step(LocalTime now, LetGo let_go, std::vector<LeaseEffect>& effects);
  void step(LocalTime now, const LeaseAnswer& answer, std::vector<LeaseEffect>& effects);
  void step(LocalTime now, const TimeIsUp& time, std::vector<LeaseEffect>& effects);

  // To be asked at the instant at which something leaves or begins.
  bool is_held(LocalTime now) const { return !is_dead_ && now < until_; }
  bool is_dead() const { return is_dead_; }
  std::uint32_t timer() const { return timer_; }  // the latest

  // All of its state that bears on what it will do.
  static constexpr auto fields() {
    return std::tuple{field("wanted", &Lease::is_wanted_), field("dead", &Lease::is_dead_),
                      field("stood", &Lease::has_stood_),  field("asking", &Lease::is_asking_),
                      field("known", &Lease::is_known_),   field("current", &Lease::current_),
                      field("number", &Lease::number_),    field("sent", &Lease::sent_),
                      field("until", &Lease::until_)};
  }

 private:
  struct Sent {
    std::uint64_t number{};
    LocalTime at;
    static constexpr auto fields() { return std::tuple{field("number", &Sent::number), field("at", &Sent::at)}; }
  };

  void ask(LocalTime now, std::vector<LeaseEffect>& effects);
  void renew(LocalTime now, std::vector<LeaseEffect>& effects);
  void die(std::vector<LeaseEffect>& effects);
  void count_from(const LeaseRecord& standing, std::vector<LeaseEffect>& effects);
  void set_timer(std::vector<LeaseEffect>& effects);

  Incarnation self_;
  LeaseTerms terms_;
  bool is_wanted_ = false;
  bool is_dead_ = false;
  bool has_stood_ = false;  // this incarnation, in the record
  bool is_asking_ = false;
  bool is_known_ = false;  // whether the record holds `current_`, if nobody else has changed it
  std::optional<LeaseRecord> current_;
  std::uint64_t number_ = 0;  // the last that was sent
  std::vector<Sent> sent_;    // those that may stand, oldest first
  LocalTime until_ = LocalTime::min();
  std::uint32_t timer_ = 0;
};

// ---- The other half: one for each incarnation that somebody waits for.

// Begin, or look again before the time.
struct LookAgain {};

// What one acceptor has accepted; an answer that comes late is merely old.
struct LeaseLook {
  std::uint32_t acceptor{};
  std::optional<LeaseRecord> accepted;
};

// To all acceptors: a plain question, answered by LeaseLook.
struct LookAtAcceptors {};
// To the register: from exactly what was watched.
struct Seal {
  LeaseRecord expected;
};
// It never held a lease, or will not again.
struct Dead {
  Incarnation incarnation;
};
using WatchEffect = std::variant<LookAtAcceptors, ReadLease, Seal, SetLeaseTimer, Dead>;

class LeaseWatch {
 public:
  // `acceptors`: how many there are. Looks name them by their place among them.
  LeaseWatch(Incarnation watched, std::uint32_t acceptors, const LeaseTerms& terms = {});

  // Append what must follow to `effects`, in order. The answers are to the last question to the register.
  void step(LocalTime now, LookAgain look, std::vector<WatchEffect>& effects);
  void step(LocalTime now, const LeaseLook& look, std::vector<WatchEffect>& effects);
  void step(LocalTime now, const LeaseAnswer& answer, std::vector<WatchEffect>& effects);
  void step(LocalTime now, const TimeIsUp& time, std::vector<WatchEffect>& effects);

  bool is_over() const { return is_over_; }
  // The newest that is known to have been sent.
  const std::optional<LeaseRecord>& seen() const { return seen_; }
  std::uint32_t timer() const { return timer_; }  // the latest

  // All of its state that bears on what it will do.
  static constexpr auto fields() {
    return std::tuple{field("watched", &LeaseWatch::watched_),    field("seen", &LeaseWatch::seen_),
                      field("since", &LeaseWatch::since_),        field("looked", &LeaseWatch::looked_),
                      field("doubted", &LeaseWatch::is_doubted_), field("asking", &LeaseWatch::is_asking_),
                      field("over", &LeaseWatch::is_over_)};
  }

 private:
  void ask(LocalTime now, std::vector<WatchEffect>& effects);
  void ask_register(WatchEffect question, std::vector<WatchEffect>& effects);
  void wait(LocalTime now, std::vector<WatchEffect>& effects);
  bool has_looked_enough() const;
  bool is_alive_in(const std::optional<LeaseRecord>& record) const;

  Incarnation watched_;
  std::uint32_t acceptors_;
  LeaseTerms terms_;
  std::optional<LeaseRecord> seen_;
  LocalTime since_;           // when the first sight of it had come back
  std::uint64_t looked_ = 0;  // a bit for each acceptor whose look has come
  bool is_doubted_ = false;   // whether one of them showed something else than the watched incarnation, not sealed
  bool is_asking_ = false;    // the register
  bool is_over_ = false;
  std::uint32_t timer_ = 0;
};

}  // namespace orrery::placement
