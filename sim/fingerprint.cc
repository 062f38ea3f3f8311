#include "sim/fingerprint.h"

#include <bit>
#include <cstring>

#include "core/base/fields.h"
#include "core/base/mix.h"

namespace orrery::sim {
namespace {

// Adds up the mixtures of neighbouring words. Each pair is salted with its place, so that exchanged words
// differ; the pairs do not wait for each other, which is what makes this fast.
class WordSum {
 public:
  void add(std::uint64_t word) {
    if (!has_held_) {
      held_ = word;
      has_held_ = true;
      return;
    }
    place_ += 0xa0761d6478bd642f;
    sum_ += mix(held_ + place_, word);
    has_held_ = false;
  }
  void add(const ObjectId& id) {
    for (const std::uint64_t word : id.words) add(word);
  }
  template <class Tag, class Rep>
  void add(Id<Tag, Rep> id) { add(static_cast<std::uint64_t>(id.value)); }
  template <class Enum>
    requires std::is_enum_v<Enum>
  void add(Enum value) { add(static_cast<std::uint64_t>(value)); }
  void add(Duration duration) { add(static_cast<std::uint64_t>(duration.count())); }
  void add(Time time) { add(time.time_since_epoch()); }
  void add(LocalTime time) { add(time.time_since_epoch()); }
  void add(const std::string& text) {
    add(std::uint64_t{text.size()});
    for (std::size_t at = 0; at < text.size(); at += 8) {
      std::uint64_t word = 0;
      std::memcpy(&word, text.data() + at, std::min<std::size_t>(8, text.size() - at));
      add(word);
    }
  }
  void add(const Value& value) {
    add(std::uint64_t{value.index()});
    if (const auto* number = std::get_if<std::int64_t>(&value))
      add(static_cast<std::uint64_t>(*number));
    else if (const auto* text = std::get_if<std::string>(&value))
      add(*text);
    else if (const auto* truth = std::get_if<bool>(&value))
      add(std::uint64_t{*truth});
    else if (const auto* real = std::get_if<double>(&value))
      add(std::bit_cast<std::uint64_t>(*real));
  }

  std::uint64_t total() {
    if (has_held_) add(std::uint64_t{0});
    return sum_;
  }

 private:
  std::uint64_t sum_ = 0;
  std::uint64_t place_ = 0;
  std::uint64_t held_ = 0;
  bool has_held_ = false;
};

}  // namespace

std::uint64_t hash_of(const journal::Record& record) {
  return std::visit(
      [&record](const auto& event) {
        WordSum sum;
        sum.add(record.at);
        sum.add(std::uint64_t{record.node.value} << 8 | record.event.index());
        for_each_field(event, [&sum](std::string_view, const auto& member) { sum.add(member); });
        return sum.total();
      },
      record.event);
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
