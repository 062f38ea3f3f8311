#include "sim/fingerprint.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include "core/base/bytes.h"
#include "core/base/mix.h"

namespace orrery::sim {
namespace {

std::uint64_t hash_of_text(const std::string& text) {
  std::uint64_t hash = text.size();
  for (std::size_t at = 0; at < text.size(); at += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data() + at, std::min<std::size_t>(8, text.size() - at));
    hash = mix(hash, word);
  }
  return hash;
}

std::uint64_t word_of(const Value& value) {
  if (const auto* number = std::get_if<std::int64_t>(&value)) return static_cast<std::uint64_t>(*number);
  if (const auto* text = std::get_if<std::string>(&value)) return hash_of_text(*text);
  if (const auto* real = std::get_if<double>(&value)) return std::bit_cast<std::uint64_t>(*real);
  if (const auto* truth = std::get_if<bool>(&value)) return *truth ? 1 : 0;
  if (std::holds_alternative<std::monostate>(value)) return 0;
  return hash_of_text(to_bytes_of(value));
}

// The words of an event, at places that the compiler knows. Small fields share words: each is shifted by the
// bits of those before it.
template <class Event>
class Words {
 public:
  // Numbers of at most 32 bits are packed; anything else has one word, or two.
  template <class Tag, class Rep>
  void add(Id<Tag, Rep> id) {
    sizeof(Rep) <= 4 ? add_small(id.value, sizeof(Rep) * 8) : add_word(id.value);
  }
  template <class Enum>
  requires std::is_enum_v<Enum>
  void add(Enum value) { add_small(static_cast<std::uint64_t>(value), 8); }
  void add(std::uint64_t number) { add_word(number); }
  void add(std::uint32_t number) { add_small(number, 32); }
  void add(bool truth) { add_small(truth ? 1 : 0, 8); }
  void add(Duration duration) { add_word(static_cast<std::uint64_t>(duration.count())); }
  void add(Time time) { add_word(static_cast<std::uint64_t>(nanoseconds(time))); }
  // The second half of an id is a code over the first, so laying both over each other loses nothing.
  void add(const ObjectId& id) {
    add_word(id.words[0] ^ std::rotl(id.words[2], 29));
    add_word(id.words[1] ^ std::rotl(id.words[3], 29));
  }
  void add(const Value& value) {
    add_small(value.index(), 8);
    add_word(word_of(value));
  }

  // Mixes the words in pairs. Each pair is salted with its place, so that exchanged words differ; no pair waits
  // for another, which is what makes this fast.
  std::uint64_t total() {
    add_word(packed_);
    return sum(std::make_index_sequence<words_max / 2>());
  }

 private:
  static constexpr std::size_t words_max = 16;
  // Below 2^31, because a processor adds so short a number without fetching it first.
  static constexpr std::array<std::uint64_t, words_max> salts = {
      0x6a09e667, 0x3c6ef36d, 0x54ff53a5, 0x510e5285, 0x1b05688d, 0x1f83d9ab, 0x5be0cd19, 0x4bbb9d5d,
      0x629a292b, 0x1159015b, 0x152fecd9, 0x67332667, 0x0eb44a87, 0x5b0c2e0d, 0x47b5481d, 0x71374491};

  static std::uint64_t product(std::uint64_t a, std::uint64_t b) {
    __extension__ using Wide = unsigned __int128;
    const Wide wide = static_cast<Wide>(a) * b;
    return static_cast<std::uint64_t>(wide) ^ static_cast<std::uint64_t>(wide >> 64);
  }

  void add_word(std::uint64_t word) { words_[count_++] = word; }
  void add_small(std::uint64_t number, std::size_t bits) {
    if (packed_bits_ + bits > 64) {
      add_word(packed_);
      packed_bits_ = 0;
    }
    packed_ = packed_bits_ == 0 ? number : packed_ << bits | number;
    packed_bits_ += bits;
  }
  template <std::size_t... Pair>
  std::uint64_t sum(std::index_sequence<Pair...>) {
    if (count_ % 2 != 0) words_[count_] = 0;
    return (std::uint64_t{0} + ... +
            (2 * Pair < count_
                 ? product(words_[2 * Pair] + salts[2 * Pair], words_[2 * Pair + 1] + salts[2 * Pair + 1])
                 : 0));
  }

  std::array<std::uint64_t, words_max> words_;
  std::size_t count_ = 0;
  std::uint64_t packed_ = 0;
  std::size_t packed_bits_ = 0;
};

template <std::size_t Kind>
std::uint64_t hash_of_kind(const journal::Record& record) {
  using Event = std::variant_alternative_t<Kind, journal::Event>;
  Words<Event> words;
  words.add(record.at);
  words.add(record.node);
  const auto& event = *std::get_if<Kind>(&record.event);
  std::apply([&](const auto&... field) { (words.add(event.*(field.member)), ...); }, Event::fields());
  return words.total() + Kind;
}

template <std::size_t... Kind>
constexpr auto hashes_by_kind(std::index_sequence<Kind...>) {
  return std::array{&hash_of_kind<Kind>...};
}

}  // namespace

std::uint64_t hash_of(const journal::Record& record) {
  static constexpr auto hashes = hashes_by_kind(std::make_index_sequence<journal::kinds_of_event>());
  return hashes[record.event.index()](record);
}

void Fingerprint::fold(const journal::Record& record) {
  value_ = mix(value_, hash_of(record));
  ++records_;
  if ((records_ & (checkpoints_.interval - 1)) == 0) keep_checkpoint();
}

void Fingerprint::keep_checkpoint() {
  auto& values = checkpoints_.values;
  values.push_back(value_);
  if (values.size() < checkpoints_max) return;
  for (std::size_t i = 0; i < values.size() / 2; ++i) values[i] = values[2 * i + 1];
  values.resize(values.size() / 2);
  checkpoints_.interval *= 2;
}

std::optional<std::pair<std::uint64_t, std::uint64_t>> window_of_first_difference(const Checkpoints& a,
                                                                                  const Checkpoints& b) {
  // Both intervals are powers of two: compare at the wider one.
  const std::uint64_t interval = std::max(a.interval, b.interval);
  const std::uint64_t step_a = interval / a.interval;
  const std::uint64_t step_b = interval / b.interval;
  for (std::uint64_t i = 1; i * step_a <= a.values.size() && i * step_b <= b.values.size(); ++i)
    if (a.values[i * step_a - 1] != b.values[i * step_b - 1]) return std::pair{(i - 1) * interval, i * interval};
  return std::nullopt;
}

}  // namespace orrery::sim
