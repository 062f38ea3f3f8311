// Which percentiles and which bands are shown, in text and in JSON alike.
#pragma once

#include <array>
#include <optional>
#include <string_view>

#include "reports/histogram.h"

namespace orrery::reports {

struct ShownPercentile {
  std::string_view name;
  Percentile percentile;
};

// The most demanding comes last.
inline constexpr std::array shown_percentiles{ShownPercentile{"p50", {50'000}}, ShownPercentile{"p90", {90'000}},
                                              ShownPercentile{"p99", {99'000}}, ShownPercentile{"p99.9", {99'900}}};

struct ShownBand {
  std::string_view name;
  Percentile from;
  Percentile to;
};

inline constexpr std::array shown_bands{ShownBand{"middle 10 %", {45'000}, {55'000}},
                                        ShownBand{"slowest 1 %", {99'000}, {100'000}}};

// Nothing, if fewer requests are in the band than must lie above an honest percentile.
inline std::optional<Band> honest_band(const StagedHistogram& stages, const ShownBand& shown) {
  if (stages.count() == 0) return std::nullopt;
  const Band band = stages.band_between(shown.from, shown.to);
  if (band.requests < samples_above_min) return std::nullopt;
  return band;
}

}  // namespace orrery::reports
