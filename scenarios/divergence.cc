#include "scenarios/divergence.h"

#include <algorithm>
#include <limits>
#include <vector>

namespace orrery::scenarios {
namespace {

// Keeps the records from one number up to another.
class Window final : public journal::Sink {
 public:
  Window(std::uint64_t from, std::uint64_t to) : from_(from), to_(to) {}
  journal::Interest interest() const override { return journal::Interest::everything(); }
  void on(const journal::Record& record) override {
    if (seen_ >= from_ && seen_ < to_) kept_.push_back(record);
    ++seen_;
  }
  std::optional<journal::Record> at(std::uint64_t place) const {
    if (place >= kept_.size()) return std::nullopt;
    return kept_[place];
  }
  std::uint64_t size() const { return kept_.size(); }

 private:
  std::uint64_t from_;
  std::uint64_t to_;
  std::uint64_t seen_ = 0;
  std::vector<journal::Record> kept_;
};

}  // namespace

std::optional<Divergence> first_difference(const MakeRun& first, const MakeRun& second) {
  Window nothing(0, 0);
  const Run a = first(nothing);
  const Run b = second(nothing);
  if (a.outcome.fingerprint == b.outcome.fingerprint) return std::nullopt;

  // Without a differing checkpoint the runs part behind the last one that both have.
  const std::uint64_t common = std::min(a.checkpoints.interval * a.checkpoints.values.size(),
                                        b.checkpoints.interval * b.checkpoints.values.size());
  const std::uint64_t widest = std::max(a.checkpoints.interval, b.checkpoints.interval);
  const auto [from, to] =
      sim::window_of_first_difference(a.checkpoints, b.checkpoints)
          .value_or(std::pair{common / widest * widest, std::numeric_limits<std::uint64_t>::max()});
  Window window_a(from, to);
  Window window_b(from, to);
  first(window_a);
  second(window_b);
  for (std::uint64_t place = 0; place < std::max(window_a.size(), window_b.size()); ++place) {
    const auto record_a = window_a.at(place);
    const auto record_b = window_b.at(place);
    if (record_a && record_b && sim::hash_of(*record_a) == sim::hash_of(*record_b)) continue;
    return Divergence{from + place, record_a, record_b};
  }
  return std::nullopt;
}

}  // namespace orrery::scenarios
