#include "core/replication/succession.h"

#include <bit>

#include "core/base/invariant.h"

namespace orrery::replication {

Succession::Succession(Epoch epoch, const Quorum& readable, bool changes_followers)
    : epoch_(epoch), readable_(readable), changes_followers_(changes_followers) {
  PRECONDITION(readable.followers <= 64, "{} followers", readable.followers);
}

void Succession::step(Begin, std::vector<SuccessionEffect>& effects) {
  // A lower epoch would have to be fenced, and there is none.
  if (epoch_ == Epoch{1}) {
    phase_ = Phase::serves;
    effects.emplace_back(Serve{});
    return;
  }
  phase_ = Phase::fence;
  effects.emplace_back(AskForFence{{epoch_}});
}

void Succession::step(std::uint32_t from, const Fenced& fenced, std::vector<SuccessionEffect>& effects) {
  if (fenced.epoch != epoch_ || phase_ != Phase::fence) return;
  if (fenced_ == 0 || fenced.last > best_) {
    best_ = fenced.last;
    best_from_ = from;
  }
  fenced_ |= std::uint64_t{1} << from;
  if (static_cast<std::uint32_t>(std::popcount(fenced_)) < readable_.needed) return;
  phase_ = Phase::fetch;
  effects.emplace_back(FetchFrom{best_from_, best_});
}

void Succession::step(const Fetched& fetched, std::vector<SuccessionEffect>& effects) {
  if (phase_ != Phase::fetch || fetched.from != best_from_ || fetched.last != best_) return;
  phase_ = Phase::mark;
  effects.emplace_back(Continue{best_});
}

void Succession::step(Marked, std::vector<SuccessionEffect>& effects) {
  if (phase_ != Phase::mark) return;
  phase_ = changes_followers_ ? Phase::settle : Phase::serves;
  if (changes_followers_)
    effects.emplace_back(ChangeReadable{});
  else
    effects.emplace_back(Serve{});
}

void Succession::step(const Changed& changed, std::vector<SuccessionEffect>& effects) {
  if (phase_ != Phase::settle) return;
  if (!changed.well) return depose(effects);
  phase_ = Phase::serves;
  effects.emplace_back(Serve{});
}

void Succession::step(const Outdated& outdated, std::vector<SuccessionEffect>& effects) {
  if (outdated.epoch == epoch_ && phase_ != Phase::deposed) depose(effects);
}

// Whose log could not be fetched has perhaps gone: then the others are asked again, and any quorum will do.
void Succession::step(Overdue, std::vector<SuccessionEffect>& effects) {
  if (phase_ != Phase::fence && phase_ != Phase::fetch) return;
  if (phase_ == Phase::fetch) fenced_ = 0;
  phase_ = Phase::fence;
  effects.emplace_back(AskForFence{{epoch_}});
}

void Succession::depose(std::vector<SuccessionEffect>& effects) {
  phase_ = Phase::deposed;
  effects.emplace_back(Deposed{});
}

}  // namespace orrery::replication
