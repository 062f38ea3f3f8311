// What the JSON of all reports has in common.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "reports/summary.h"

namespace orrery::reports {

// 16 hexadecimal digits.
std::string fingerprint_hex(std::uint64_t fingerprint);
// ["1..5"], ["3", "7..9"].
nlohmann::ordered_json seeds_json(const RunSummary& run);

// From "schema" to "fingerprint".
nlohmann::ordered_json head_json(const Invocation& invocation, const std::string& scenario,
                                 nlohmann::ordered_json seeds, std::uint64_t fingerprint);
// From "virtual_ns" to "verdict".
void put_run(nlohmann::ordered_json& result, const RunSummary& run);
// What depends on the machine.
void put_foot(nlohmann::ordered_json& result, const std::optional<Duration>& wall,
              const nlohmann::ordered_json& host);

}  // namespace orrery::reports
