// How long things take, as data.
//
// A distribution is a value: it can be compared, written down and read back. Sampling is a pure function of
// 64 uniform bits, in integers only, so a draw has the same bits on every compiler and processor. More bits
// never give less time: samples are monotone, which lets a search turn a draw up or down.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/time.h"

namespace orrery {

struct Distribution {
  enum class Kind : std::uint8_t {
    constant,     // always `base`
    uniform,      // `base` to `most`, both included
    exponential,  // with mean `base`
    lognormal,    // with median `base`; the logarithm has standard deviation `shape`
    pareto,       // at least `base`; longer than x with probability (base / x)^shape
  };

  static constexpr Duration parameter_max = 8760h;  // of every duration below: one year
  static constexpr Duration tail_max = 1h;          // no lognormal or Pareto sample is longer
  static constexpr std::int64_t sigma_millionths_max = 10'000'000;
  static constexpr std::int64_t alpha_millionths_min = 100'000;
  static constexpr std::int64_t alpha_millionths_max = 100'000'000;

  Kind kind = Kind::constant;
  Duration base{};
  Duration most{};                    // uniform only
  std::int64_t shape_millionths = 0;  // sigma of a lognormal, alpha of a Pareto

  // Parameters outside the limits above, or a base over tail_max for the last two, are the caller's mistake.
  static Distribution constant(Duration always);
  static Distribution uniform(Duration least, Duration most);
  static Distribution exponential(Duration mean);
  static Distribution lognormal(Duration median, std::int64_t sigma_millionths);
  static Distribution pareto(Duration scale, std::int64_t alpha_millionths);

  // Never negative. An exponential sample is at most 45 times the mean.
  Duration sample(std::uint64_t bits) const;

  // As in 5ms, uniform 1ms..3ms, exponential 5ms, lognormal 8ms sigma 0.3, pareto 1ms alpha 1.5.
  std::string to_text() const;

  friend constexpr bool operator==(const Distribution&, const Distribution&) = default;
};

// Reads what to_text writes. The error is a sentence for the person who wrote the text.
std::expected<Distribution, std::string> parse_distribution(std::string_view text);

// Popularity: rank 0 is drawn most often, rank k with a weight of (k + 1)^-s.
//
// The first 4,095 ranks have weights of their own. Beyond them, 2,048 blocks of neighbours share each doubling
// of the rank: within a block all ranks are equally likely, which is off by less than s / 2,000. So the table
// has at most 30,000 rows. A rank with a weight under 2^-39 of the first is never drawn.
class Zipf {
 public:
  static constexpr std::uint64_t ranks_max = std::uint64_t{1} << 24;
  static constexpr std::int64_t s_millionths_max = 10'000'000;

  Zipf(std::uint64_t n, std::int64_t s_millionths);

  // A rank in [0, n), growing with the bits.
  std::uint64_t sample(std::uint64_t bits) const;

 private:
  struct Block {
    std::uint64_t weight_before;  // of all ranks before this block
    std::uint64_t weight_each;
    std::uint64_t first_rank;
  };

  std::vector<Block> blocks_;
  std::uint64_t weight_total_ = 0;
};

}  // namespace orrery
