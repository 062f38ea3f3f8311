// Histories of a counter and of a register, judged by serialization.
#pragma once

#include <vector>

#include "properties/serialization.h"
#include "tests/histories.h"

namespace orrery::properties {

inline const std::vector<DeclaredModel> counter = {{ClassId{0}, "counter", {"fetch", "increment", "read"}}};
inline const std::vector<DeclaredModel> cell = {{ClassId{0}, "register", {"fetch", "write", "read"}}};

inline Value number(std::int64_t n) { return n; }

inline Verdict judged(const std::vector<DeclaredModel>& models, const tests::History& history,
                      SerializationOptions options = {}) {
  return tests::judged(history, Serialization(models, options));
}

}  // namespace orrery::properties
