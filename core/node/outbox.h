// Holds back what a protocol says until what it rests on is on disk.
//
// A step of a protocol changes its state, which may have to be written, and says something to others. Steps go on while
// the disk works. What a step says leaves when its own write is done, and all writes of the steps before it: so nobody
// ever hears of a state that a crash could take back, and what is said is said in the order of the steps.
//
// One for each instance of a protocol. A crash loses it, as it loses the state in memory.
#pragma once

#include <utility>
#include <vector>

#include "core/base/invariant.h"

namespace orrery::node {

template <class Said>
class Outbox {
 public:
  // One step. `leaving` gets what may leave now.
  void add(bool must_persist, std::vector<Said> said, std::vector<Said>& leaving) {
    steps_.push_back({must_persist, std::move(said)});
    release(leaving);
  }
  // The oldest write that was under way is done.
  void on_persisted(std::vector<Said>& leaving) {
    PRECONDITION(!steps_.empty() && steps_.front().must_persist, "no write is under way");
    steps_.front().must_persist = false;
    release(leaving);
  }

  struct Step {
    bool must_persist = false;
    std::vector<Said> said;
  };
  // Those held back, oldest first.
  const std::vector<Step>& steps() const { return steps_; }

 private:
  void release(std::vector<Said>& leaving) {
    auto held = steps_.begin();
    for (; held != steps_.end() && !held->must_persist; ++held)
      for (Said& each : held->said) leaving.push_back(std::move(each));
    steps_.erase(steps_.begin(), held);
  }

  std::vector<Step> steps_;
};

}  // namespace orrery::node
