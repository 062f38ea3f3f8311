// Walks through every state that a small world can reach.
//
// A world is a value. It tells its next steps, each as another world, and what is wrong with it, if anything. The
// explorer goes breadth first as long as the worlds of one depth fit into memory, so that what it finds wrong there has
// the shortest way; from then on depth first. States are kept as 128-bit hashes: with 100 million of them the chance
// that two fall together is below 1e-22.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/mix.h"

namespace orrery::tests {

using StateHash = std::array<std::uint64_t, 2>;

inline StateHash hash_of_state(std::string_view bytes) {
  StateHash hash{bytes.size(), ~bytes.size()};
  for (std::size_t at = 0; at < bytes.size(); at += 8) {
    std::uint64_t word = 0;
    bytes.substr(at, 8).copy(reinterpret_cast<char*>(&word), 8);
    hash = {mix(hash[0], word), mix(hash[1], word ^ 0x9e3779b97f4a7c15u)};
  }
  return hash;
}

struct Explored {
  std::uint64_t states = 0;
  std::uint64_t steps = 0;
  std::uint64_t deepest = 0;
  bool is_complete = true;           // and did not stop at the limit
  std::optional<std::string> wrong;  // what, and the way there
  std::chrono::duration<double> took{};
};

inline std::string to_text(const Explored& explored) {
  return fmt::format("{} states, {} steps, {} deep, {:.1f} s{}", explored.states, explored.steps, explored.deepest,
                     explored.took.count(), explored.is_complete ? "" : ", not complete");
}

// The large ones take minutes and gigabytes.
inline bool are_large_wanted() {
  const char* wanted = std::getenv("ORRERY_EXPLORATIONS");
  return wanted != nullptr && std::string_view(wanted) == "large";
}

// World: for_each_step(visit) calls visit(label, world) for each step, `label` being a function that gives a text; the
// same world tells its steps in the same order. state() gives all of it as bytes; wrong() an optional text.
template <class World>
class Explorer {
 public:
  static Explored explore(const World& start, std::uint64_t states_max) {
    const auto began = std::chrono::steady_clock::now();
    Explorer explorer(start, states_max);
    explorer.run();
    explorer.found_.states = explorer.origins_.size();
    explorer.found_.took = std::chrono::steady_clock::now() - began;
    return explorer.found_;
  }

 private:
  // Whence a state was first reached.
  struct Origin {
    std::uint32_t state;
    std::uint32_t step;
  };
  struct Reached {
    std::uint32_t state;
    World world;
  };
  static constexpr std::size_t worlds_at_once_max = 100'000;

  Explorer(const World& start, std::uint64_t states_max) : start_(start), states_max_(states_max), known_(1 << 16) {}

  void run() {
    std::vector<Reached> layer;
    enter(start_, {0, 0}, [&layer](std::uint32_t state, World&& world) { layer.push_back({state, std::move(world)}); });
    for (; !layer.empty() && layer.size() <= worlds_at_once_max; ++found_.deepest) {
      std::vector<Reached> next;
      for (const Reached& each : layer)
        follow(each, [&next](std::uint32_t state, World&& world) { next.push_back({state, std::move(world)}); });
      layer = std::move(next);
    }
    const std::uint64_t depth = found_.deepest;
    for (const Reached& each : layer) go_deeper(each, depth);
  }

  void go_deeper(const Reached& reached, std::uint64_t depth) {
    found_.deepest = std::max(found_.deepest, depth);
    follow(reached, [this, depth](std::uint32_t state, World&& world) {
      go_deeper({state, std::move(world)}, depth + 1);
    });
  }

  template <class Take>
  void follow(const Reached& reached, Take take) {
    std::uint32_t step = 0;
    reached.world.for_each_step([&](auto&&, World&& after) {
      if (found_.wrong || !found_.is_complete) return;
      ++found_.steps;
      enter(std::move(after), {reached.state, step++}, take);
    });
  }

  template <class Take>
  void enter(World world, Origin origin, Take take) {
    const StateHash hash = hash_of_state(world.state());
    if (is_known(hash) && !world.wrong()) return;  // what is wrong may have changed nothing
    const auto number = static_cast<std::uint32_t>(origins_.size());
    origins_.push_back(origin);
    found_.is_complete = origins_.size() < states_max_;
    if (const std::optional<std::string> wrong = world.wrong()) found_.wrong = *wrong + "\n" + way_to(number);
    take(number, std::move(world));
  }

  // An open table; the hashes are as good as random.
  bool is_known(const StateHash& hash) {
    if (2 * (origins_.size() + 1) > known_.size()) {
      std::vector<StateHash> old(2 * known_.size());
      old.swap(known_);
      for (const StateHash& each : old)
        if (each != StateHash{}) place_of(each) = each;
    }
    StateHash& place = place_of(hash);
    return std::exchange(place, hash) == hash;
  }
  StateHash& place_of(const StateHash& hash) {
    std::size_t at = hash[0] & (known_.size() - 1);
    while (known_[at] != StateHash{} && known_[at] != hash) at = (at + 1) & (known_.size() - 1);
    return known_[at];
  }

  std::string way_to(std::uint32_t state) const {
    std::vector<std::uint32_t> steps;
    for (; state != 0; state = origins_[state].state) steps.push_back(origins_[state].step);
    World world = start_;
    std::string text;
    for (auto step = steps.rbegin(); step != steps.rend(); ++step) {
      std::uint32_t number = 0;
      std::optional<World> after;
      world.for_each_step([&](auto&& label, World&& each) {
        if (number++ != *step) return;
        text += "  " + label() + "\n";
        after.emplace(std::move(each));
      });
      world = std::move(*after);
    }
    return text;
  }

  const World start_;
  const std::uint64_t states_max_;
  Explored found_;
  std::vector<StateHash> known_;
  std::vector<Origin> origins_;  // by the number of the state
};

}  // namespace orrery::tests
