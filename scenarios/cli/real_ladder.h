// The ladder's runs in real time: the same object code on the local ports, in this process, without a network.
#pragma once

#include <cstdint>
#include <string>

#include "scenarios/ladder.h"

namespace orrery::cli {

// An empty directory among the system's temporary ones; it goes away with this object, with all that is in it,
// or when the tool is stopped by a signal that can be heard. One at a time.
class TemporaryDirectory {
 public:
  // Throws Refusal if the system grants none.
  TemporaryDirectory();
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

struct RealPlan {
  Duration warmup = 200ms;
  Duration measured = 2s;
};

// One rung: turns take what they take, services answer after the time that is drawn for them. Keeps its files in
// `directory`, which must be empty. Stops early when the tool is interrupted.
reports::LadderRung run_really(const scenarios::Experiment& base, const scenarios::CallShare& call,
                               const scenarios::Code& code, const scenarios::LadderStep& step, const RealPlan& plan,
                               const std::string& directory);

}  // namespace orrery::cli
