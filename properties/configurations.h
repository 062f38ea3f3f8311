// The places a search for a linearization can be in.
//
// A configuration is the model's state, which of the open operations have taken effect, and which of those
// of unknown outcome were used. An operation of unknown outcome may have been done or not, so a
// configuration that used fewer of them is never worse: a set keeps only those that no other dominates.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "core/base/lookup.h"
#include "core/base/mix.h"
#include "properties/models.h"

namespace orrery::properties {

template <std::size_t Words>
struct Configuration {
  State state = 0;
  std::uint32_t used = 0;                   // which of unknown outcome, as a UsedCounts number
  std::uint32_t trail = 0;                  // how it was reached; no part of what it is
  std::array<std::uint64_t, Words> done{};  // by slot: the open operations that took effect

  bool has(std::uint32_t slot) const { return (done[slot / 64] >> slot % 64 & 1u) != 0; }
  void set(std::uint32_t slot) { done[slot / 64] |= std::uint64_t{1} << slot % 64; }
  void clear(std::uint32_t slot) { done[slot / 64] &= ~(std::uint64_t{1} << slot % 64); }
};

// How many operations of each class of interchangeable ones of unknown outcome were used, as one number.
// 0 is none. Within a class the one that was invoked first is used first.
class UsedCounts {
 public:
  explicit UsedCounts(std::size_t classes) : counts_{std::vector<std::uint32_t>(classes, 0)} {
    numbers_[counts_[0]] = 0;
  }

  const std::vector<std::uint32_t>& counts(std::uint32_t number) const { return counts_[number]; }

  std::uint32_t with_one_more(std::uint32_t number, std::uint32_t of_class) {
    std::uint32_t& known = more_[std::pair{std::uint64_t{number}, std::uint64_t{of_class}}];
    if (known != 0) return known;
    std::vector<std::uint32_t> more = counts_[number];
    ++more[of_class];
    const auto [entry, is_new] = numbers_.try_emplace(more, static_cast<std::uint32_t>(counts_.size()));
    if (is_new) counts_.push_back(std::move(more));
    return known = entry->second;
  }

  bool within(std::uint32_t fewer, std::uint32_t more) const {
    if (fewer == more || fewer == 0) return true;
    for (std::size_t i = 0; i < counts_[fewer].size(); ++i)
      if (counts_[fewer][i] > counts_[more][i]) return false;
    return true;
  }

 private:
  std::vector<std::vector<std::uint32_t>> counts_;  // by number
  std::map<std::vector<std::uint32_t>, std::uint32_t> numbers_;
  Lookup<std::pair<std::uint64_t, std::uint64_t>, std::uint32_t> more_;
};

template <std::size_t Words>
class ConfigurationSet {
 public:
  struct Entry {
    Configuration<Words> configuration;
    std::uint32_t place;
    std::uint32_t next;  // in the same bucket; 0 ends, else one more than its index
    bool dominated;
  };

  // In the order of insertion.
  const std::vector<Entry>& entries() const { return entries_; }
  std::size_t size() const { return entries_.size(); }

  void clear() {
    entries_.clear();
    ++generation_;
  }

  // False if one that is no worse is in the set already, at the same place of the history.
  bool insert(std::uint32_t place, const Configuration<Words>& wanted, const UsedCounts& used) {
    if (entries_.size() >= heads_.size()) grow();
    Head& head = head_of(place, wanted);
    for (std::uint32_t at = head.first; at != 0; at = entries_[at - 1].next) {
      Entry& entry = entries_[at - 1];
      const Configuration<Words>& held = entry.configuration;
      if (entry.place != place || held.state != wanted.state || held.done != wanted.done) continue;
      if (used.within(held.used, wanted.used)) return false;
      if (used.within(wanted.used, held.used)) entry.dominated = true;
    }
    entries_.push_back({wanted, place, head.first, false});
    head.first = static_cast<std::uint32_t>(entries_.size());
    return true;
  }

 private:
  struct Head {
    std::uint32_t generation = 0;
    std::uint32_t first = 0;
  };

  Head& head_of(std::uint32_t place, const Configuration<Words>& configuration) {
    std::uint64_t hash = mix(static_cast<std::uint64_t>(configuration.state), place);
    for (const std::uint64_t word : configuration.done) hash = mix(hash, word);
    Head& head = heads_[static_cast<std::size_t>(hash) & (heads_.size() - 1)];
    if (head.generation != generation_) head = {generation_, 0};
    return head;
  }
  void grow() {
    heads_.assign(heads_.empty() ? 16 : heads_.size() * 4, Head{});
    generation_ = 1;
    for (std::uint32_t i = 0; i < entries_.size(); ++i) {
      Head& head = head_of(entries_[i].place, entries_[i].configuration);
      entries_[i].next = head.first;
      head.first = i + 1;
    }
  }

  std::vector<Entry> entries_;
  std::vector<Head> heads_;  // their number is a power of two
  std::uint32_t generation_ = 1;
};

}  // namespace orrery::properties
