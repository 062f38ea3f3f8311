// What was committed, and where: so that it can be read back when the run is over.
#pragma once

#include <map>
#include <utility>
#include <vector>

#include "core/base/lookup.h"
#include "core/journal/event.h"

namespace orrery::sim {

class Committers final : public journal::Sink {
 public:
  journal::Interest interest() const override { return journal::Interest::in<journal::Committed>(); }
  void on(const journal::Record& record) override {
    const auto& committed = std::get<journal::Committed>(record.event);
    if (committed.index != CommitIndex{1} || std::exchange(known_[committed.object], true)) return;
    by_node_[record.node].push_back(committed.object);
  }
  // In the order of their first commits.
  const std::map<NodeId, std::vector<ObjectId>>& by_node() const { return by_node_; }

 private:
  std::map<NodeId, std::vector<ObjectId>> by_node_;
  Lookup<ObjectId, bool> known_;
};

}  // namespace orrery::sim
