#include "core/placement/claim.h"

#include <utility>

namespace orrery::placement {

void Claim::step(Begin, std::vector<ClaimEffect>& effects) { effects.emplace_back(ReadOwner{}); }

void Claim::step(const OwnerAnswer& answer, std::vector<ClaimEffect>& effects) {
  other_.reset();
  const std::optional<OwnerRecord>& current = answer.current;
  if (!current || current->is_free) return take_after(current, effects);
  if (current->owner == self_) {
    effects.emplace_back(Owned{*current});
    return;
  }
  other_ = current;
  effects.emplace_back(OwnedByOther{*current});
}

void Claim::step(const Dead& dead, std::vector<ClaimEffect>& effects) {
  if (other_ && other_->owner == dead.incarnation) take_after(std::exchange(other_, std::nullopt), effects);
}

void Claim::take_after(const std::optional<OwnerRecord>& current, std::vector<ClaimEffect>& effects) {
  const Epoch next{current ? current->epoch.value + 1 : 1};
  OwnerRecord own{self_, node_, next, false};
  own.readable = current ? current->readable : followers_;
  own.followers = current ? current->followers : followers_;
  effects.emplace_back(ChangeOwner{current, std::move(own)});
}

}  // namespace orrery::placement
