#include "core/placement/directory.h"

#include "core/base/invariant.h"

namespace orrery::placement {

Directory::Directory(std::vector<std::vector<NodeId>> nodes_by_city) : nodes_by_city_(std::move(nodes_by_city)) {}

void Directory::step(NodeId from, const Find& find, std::vector<DirectoryEffect>& effects) {
  if (const Owner* owner = owners_.find(find.object)) {
    effects.emplace_back(Tell{from, {find.object, owner->node, owner->epoch}});
    return;
  }
  INVARIANT(find.near < nodes_by_city_.size(), "asked from city {} of {}", find.near, nodes_by_city_.size());
  const std::vector<NodeId>& candidates = nodes_by_city_[find.near];
  INVARIANT(!candidates.empty(), "city {} has no node that runs objects", find.near);
  // The id is a hash already, so its words spread the objects of a city evenly.
  const Owner owner{candidates[find.object.words[3] % candidates.size()], Epoch{1}};
  owners_[find.object] = owner;
  effects.emplace_back(Claimed{find.object, find.object_class, owner.node, owner.epoch});
  effects.emplace_back(Tell{from, {find.object, owner.node, owner.epoch}});
}

}  // namespace orrery::placement
