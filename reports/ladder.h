// The ladder of `bench`: more and more closed-loop clients on one object, until it is full; and the same again with
// the object held longer for each request.
//
// An object that is held for S per request serves at most 1 / S of them a second. N clients, each with one request
// under way, ask for N / R0 a second, where R0 is the round trip of a client that is alone; so the object is full
// from N* = R0 / S clients on, and each client more only makes all wait longer.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "core/base/time.h"
#include "core/object/input_gate.h"
#include "reports/summary.h"

namespace orrery::reports {

struct LadderRung {
  std::uint32_t clients = 0;
  std::uint64_t completed = 0;  // within `measured`
  Duration measured{};
  std::optional<Duration> p50;  // if they are honest
  std::optional<Duration> p99;
};

// How long the object is held, and what comes of it.
struct LadderVariant {
  object::Holding holding{};
  bool answered = true;   // a client that was alone got an answer in the measured time; if not, S and R0 are unknown
  Duration cost{};        // S
  Duration round_trip{};  // R0
  std::vector<LadderRung> rungs{};
  std::vector<LadderRung> real{};  // in real time, on real files; empty: nobody asked for it
};

struct Ladder {
  std::string scenario;
  std::uint64_t seed = 1;
  std::string handler;            // "Counter.increment"
  bool writes = false;            // its requests do; if not, variants that would hold for a commit are left out
  bool awaits = false;            // the same for what is awaited outside
  Duration rung_lasts{};          // virtual time measured, at least
  std::uint64_t fingerprint = 0;  // folded over all virtual runs
  std::vector<LadderVariant> variants{};  // Holding::turn is the first
  Duration real_lasts{};                  // measured, of each rung
  std::string real_directory{};           // where the files were
};

// Per second.
double ceiling_of(const LadderVariant& variant);
double rate_of(const LadderRung& rung);
// N*.
double knee_of(const LadderVariant& variant);

std::string ladder_text(const Ladder& ladder, const Style& style);

// What depends on the machine is put under "host" of the result, beside what `host` has.
nlohmann::ordered_json ladder_json(const Ladder& ladder, const Invocation& invocation,
                                   const nlohmann::ordered_json& host);

}  // namespace orrery::reports
