#include "core/base/distributions.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "core/base/decimal.h"
#include "core/base/duration_text.h"
#include "core/base/fixed_point.h"
#include "core/base/invariant.h"
#include "core/base/mix.h"

namespace orrery {

namespace {

__extension__ using Wide = __int128;
using Kind = Distribution::Kind;

constexpr std::int64_t log2e_millionths = 1'442'695;

// Why the parameters cannot stand; empty if they can.
std::string objection(const Distribution& d) {
  const auto outside = [](Duration value, Duration limit) { return value < Duration::zero() || value > limit; };
  const bool has_tail = d.kind == Kind::lognormal || d.kind == Kind::pareto;
  const Duration limit = has_tail ? Distribution::tail_max : Distribution::parameter_max;
  if (outside(d.base, limit) || outside(d.most, limit))
    return fmt::format("its durations must be from 0s to {}", to_text(limit));
  if (d.kind == Kind::uniform && d.base > d.most) return "its least is more than its most";
  if (d.kind == Kind::lognormal &&
      (d.shape_millionths < 0 || d.shape_millionths > Distribution::sigma_millionths_max))
    return fmt::format("sigma must be from 0 to {}", decimal_text(Distribution::sigma_millionths_max, 6));
  if (d.kind == Kind::pareto && (d.shape_millionths < Distribution::alpha_millionths_min ||
                                 d.shape_millionths > Distribution::alpha_millionths_max))
    return fmt::format("alpha must be from {} to {}", decimal_text(Distribution::alpha_millionths_min, 6),
                       decimal_text(Distribution::alpha_millionths_max, 6));
  return {};
}

Distribution sound(Distribution d) {
  const std::string why_not = objection(d);
  PRECONDITION(why_not.empty(), "distribution {}: {}", d.to_text(), why_not);
  return d;
}

std::unexpected<std::string> not_a_distribution(std::string_view text) {
  return std::unexpected(
      fmt::format("\"{}\" is not a distribution: write 5ms, uniform 1ms..3ms, exponential 5ms, "
                  "lognormal 8ms sigma 0.3 or pareto 1ms alpha 1.5",
                  text));
}

}  // namespace

Distribution Distribution::constant(Duration always) { return sound({.kind = Kind::constant, .base = always}); }

Distribution Distribution::uniform(Duration least, Duration most) {
  return sound({.kind = Kind::uniform, .base = least, .most = most});
}

Distribution Distribution::exponential(Duration mean) { return sound({.kind = Kind::exponential, .base = mean}); }

Distribution Distribution::lognormal(Duration median, std::int64_t sigma_millionths) {
  return sound({.kind = Kind::lognormal, .base = median, .shape_millionths = sigma_millionths});
}

Distribution Distribution::pareto(Duration scale, std::int64_t alpha_millionths) {
  return sound({.kind = Kind::pareto, .base = scale, .shape_millionths = alpha_millionths});
}

Duration Distribution::sample(std::uint64_t bits) const {
  switch (kind) {
    case Kind::constant: return base;
    case Kind::uniform: {
      const std::uint64_t values = static_cast<std::uint64_t>(nanoseconds(most - base)) + 1;
      return base + Duration{static_cast<std::int64_t>(scaled(bits, values))};
    }
    case Kind::exponential: {
      const Wide product = static_cast<Wide>(nanoseconds(base)) * fixed_exponential(bits);
      return Duration{static_cast<std::int64_t>((product + fixed_one / 2) >> fixed_bits)};
    }
    case Kind::lognormal: {
      const Fixed power = times_millionths(times_millionths(fixed_normal(bits), shape_millionths), log2e_millionths);
      return Duration{times_exp2(nanoseconds(base), power, nanoseconds(tail_max))};
    }
    case Kind::pareto: {
      const Wide power = static_cast<Wide>(fixed_log2_tail(bits)) * 1'000'000 / shape_millionths;
      return Duration{times_exp2(nanoseconds(base), static_cast<Fixed>(power), nanoseconds(tail_max))};
    }
  }
  return base;
}

std::string Distribution::to_text() const {
  const std::string first = orrery::to_text(base);
  switch (kind) {
    case Kind::constant: return first;
    case Kind::uniform: return fmt::format("uniform {}..{}", first, orrery::to_text(most));
    case Kind::exponential: return fmt::format("exponential {}", first);
    case Kind::lognormal: return fmt::format("lognormal {} sigma {}", first, decimal_text(shape_millionths, 6));
    case Kind::pareto: return fmt::format("pareto {} alpha {}", first, decimal_text(shape_millionths, 6));
  }
  return first;
}

std::expected<Distribution, std::string> parse_distribution(std::string_view text) {
  std::vector<std::string_view> words;
  for (std::size_t from = 0; from <= text.size();) {
    const std::size_t end = std::min(text.find(' ', from), text.size());
    words.push_back(text.substr(from, end - from));
    from = end + 1;
  }

  Distribution result;
  std::string_view base;
  std::string_view most;
  std::string_view shape;
  if (words.size() == 2 && words[0] == "uniform") {
    const std::size_t dots = words[1].find("..");
    if (dots == std::string_view::npos) return not_a_distribution(text);
    result.kind = Kind::uniform;
    base = words[1].substr(0, dots);
    most = words[1].substr(dots + 2);
  } else if (words.size() == 2 && words[0] == "exponential") {
    result.kind = Kind::exponential;
    base = words[1];
  } else if (words.size() == 4 && words[0] == "lognormal" && words[2] == "sigma") {
    result.kind = Kind::lognormal;
    base = words[1];
    shape = words[3];
  } else if (words.size() == 4 && words[0] == "pareto" && words[2] == "alpha") {
    result.kind = Kind::pareto;
    base = words[1];
    shape = words[3];
  } else if (words.size() == 1 && !text.empty() && !(text[0] >= 'a' && text[0] <= 'z')) {
    base = text;
  } else {
    return not_a_distribution(text);
  }

  const auto parsed_base = parse_duration(base);
  if (!parsed_base) return std::unexpected(parsed_base.error());
  result.base = *parsed_base;
  if (result.kind == Kind::uniform) {
    const auto parsed_most = parse_duration(most);
    if (!parsed_most) return std::unexpected(parsed_most.error());
    result.most = *parsed_most;
  }
  if (result.kind == Kind::lognormal || result.kind == Kind::pareto) {
    const auto parsed_shape = parse_decimal(shape, 1'000'000);
    if (!parsed_shape)
      return std::unexpected(fmt::format("{} \"{}\" is not a number with at most six decimals", words[2], shape));
    result.shape_millionths = *parsed_shape;
  }
  const std::string why_not = objection(result);
  if (!why_not.empty()) return std::unexpected(fmt::format("\"{}\" cannot be: {}", text, why_not));
  return result;
}

Zipf::Zipf(std::uint64_t n, std::int64_t s_millionths) {
  PRECONDITION(n >= 1 && n <= ranks_max, "{} ranks", n);
  PRECONDITION(s_millionths >= 0 && s_millionths <= s_millionths_max, "s of {} millionths", s_millionths);
  constexpr int blocks_bits = 11;                               // blocks in a doubling of the rank
  constexpr std::int64_t first_weight = std::int64_t{1} << 38;  // times ranks_max is below 2^63
  for (std::uint64_t place = 1; place <= n;) {                  // counted from 1: the rank and one more
    const int octave = 63 - std::countl_zero(place);
    const std::uint64_t wanted = octave <= blocks_bits ? 1 : std::uint64_t{1} << (octave - blocks_bits);
    const std::uint64_t ranks = std::min(wanted, n - place + 1);
    // The block's middle is at place + (ranks - 1) / 2; doubled, it is an integer.
    const Fixed middle = fixed_log2(2 * place + ranks - 1) - fixed_one;
    const Fixed power = -times_millionths(middle, s_millionths);
    const auto weight = static_cast<std::uint64_t>(times_exp2(first_weight, power, first_weight));
    blocks_.push_back({weight_total_, weight, place - 1});
    weight_total_ += weight * ranks;
    place += ranks;
  }
}

std::uint64_t Zipf::sample(std::uint64_t bits) const {
  const std::uint64_t target = scaled(bits, weight_total_);
  // The last block with weight_before <= target: blocks without weight are never the last.
  const auto after = std::ranges::upper_bound(blocks_, target, {}, &Block::weight_before);
  const Block& block = *(after - 1);
  return block.first_rank + (target - block.weight_before) / block.weight_each;
}

}  // namespace orrery
