// Plays a program in the simulation: one city with one machine, in which nothing takes time but disks and what the
// program itself waits for.
#pragma once

#include <optional>
#include <string>

#include "core/base/time.h"
#include "tests/conformance/program.h"

namespace orrery::tests::conformance {

// The first thing that the program needs and this runtime does not have.
std::optional<std::string> missing_need(const Program& program);

// The transcript, as FORMAT.md has it. Throws std::runtime_error if a mistake of our own ended the run.
Json play(const Program& program);

// The same, and how long lies between the two things closest to each other that begin by themselves at different
// instants: events, and the ends of sleeps and fetches.
struct Played {
  Json transcript;
  Duration closest = Duration::max();
  Time last_wait{};  // when the last sleep or fetch ended
};
Played play_closely(const Program& program);

// Where two transcripts first differ, with its path; nothing if they do not.
std::optional<std::string> first_difference(const Json& expected, const Json& found, const std::string& path = "");

}  // namespace orrery::tests::conformance
