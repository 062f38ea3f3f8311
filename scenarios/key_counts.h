// How often the operations of a run named which key.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/ids.h"
#include "core/base/lookup.h"
#include "reports/outcome.h"
#include "scenarios/experiment.h"

namespace orrery::scenarios {

// Its memory grows with the number of different keys.
class KeyCounts {
 public:
  explicit KeyCounts(std::size_t classes) : classes_(classes) {}

  void count(ClassId object_class, std::uint64_t key);  // "0", "1", …
  void count(ClassId object_class, std::string_view key);

  // The busiest key of each class that has several and was used.
  std::vector<reports::KeyUse> busiest(const Experiment& experiment) const;

 private:
  struct OfClass {
    Lookup<std::uint64_t, std::uint64_t> counts;  // by number, or by the hash of a text
    std::uint64_t requests = 0;
    std::uint64_t most = 0;
    std::uint64_t busiest = 0;  // the number, unless it is a text
    std::string busiest_text;
  };
  static bool count_is_most(OfClass& of_class, std::uint64_t key);

  std::vector<OfClass> classes_;
};

}  // namespace orrery::scenarios
