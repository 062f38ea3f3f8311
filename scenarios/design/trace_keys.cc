#include "scenarios/design/trace_keys.h"

#include <algorithm>
#include <cstring>
#include <numeric>
#include <tuple>
#include <utility>

#include "core/base/mix.h"

namespace orrery::scenarios {

TraceKeys::TraceKeys(std::size_t keys_max, std::size_t bytes_max) : keys_max_(keys_max), bytes_max_(bytes_max) {}

// Eight bytes at a time: hash_of(std::string_view) takes one.
TraceKeys::Text TraceKeys::hashed(std::string_view text) {
  std::uint64_t hash = text.size();
  for (std::size_t at = 0; at < text.size(); at += sizeof hash) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data() + at, std::min(sizeof word, text.size() - at));
    hash = mix(hash, word);
  }
  return {text, hash};
}

void TraceKeys::add(std::string_view key, std::uint64_t requests) {
  Text text = hashed(key);
  if (const std::uint32_t* slot = slot_of_.find(text)) {
    Slot& known = slots_[*slot];
    known.counted.requests = capped_sum(known.counted.requests, requests);
    if (is_full_) sift_down(known.place);
    return;
  }
  make_room(key.size());
  if (free_.empty()) {
    free_.push_back(static_cast<std::uint32_t>(slots_.size()));
    slots_.emplace_back();
  }
  const std::uint32_t slot = free_.back();
  free_.pop_back();
  slots_[slot].counted = {std::string(key), capped_sum(gone_max_, requests), gone_max_};
  text.text = slots_[slot].counted.key;
  slot_of_[text] = slot;
  bytes_ += key.size();
  if (!is_full_) return;
  order_.push_back(slot);
  sift_up(order_.size() - 1);
}

void TraceKeys::make_room(std::size_t bytes) {
  const auto has_room = [&] { return slot_of_.size() < keys_max_ && bytes_ + bytes <= bytes_max_; };
  if (!is_full_ && !has_room()) {
    is_full_ = true;
    different_ = slot_of_.size();
    order_.resize(slots_.size());
    std::iota(order_.begin(), order_.end(), 0u);
    std::ranges::sort(order_, [this](std::uint32_t a, std::uint32_t b) { return asked_less(a, b); });
    for (std::size_t place = 0; place < order_.size(); ++place) put_in_place(place, order_[place]);
  }
  while (!has_room() && !order_.empty()) drop_least();
}

void TraceKeys::drop_least() {
  const std::uint32_t slot = order_.front();
  Counted& least = slots_[slot].counted;
  gone_max_ = std::max(gone_max_, least.requests);
  bytes_ -= least.key.size();
  slot_of_.erase(hashed(least.key));
  least = {};
  free_.push_back(slot);
  put_in_place(0, order_.back());
  order_.pop_back();
  if (!order_.empty()) sift_down(0);
}

bool TraceKeys::asked_less(std::uint32_t a, std::uint32_t b) const {
  return std::tuple(slots_[a].counted.requests, a) < std::tuple(slots_[b].counted.requests, b);
}

void TraceKeys::put_in_place(std::size_t place, std::uint32_t slot) {
  order_[place] = slot;
  slots_[slot].place = static_cast<std::uint32_t>(place);
}

void TraceKeys::sift_up(std::size_t place) {
  const std::uint32_t slot = order_[place];
  for (; place > 0 && asked_less(slot, order_[(place - 1) / 2]); place = (place - 1) / 2)
    put_in_place(place, order_[(place - 1) / 2]);
  put_in_place(place, slot);
}

void TraceKeys::sift_down(std::size_t place) {
  const std::uint32_t slot = order_[place];
  for (;;) {
    std::size_t child = place * 2 + 1;
    if (child + 1 < order_.size() && asked_less(order_[child + 1], order_[child])) ++child;
    if (child >= order_.size() || !asked_less(order_[child], slot)) break;
    put_in_place(place, order_[child]);
    place = child;
  }
  put_in_place(place, slot);
}

TraceKeys::Counted TraceKeys::busiest() const {
  const Counted* busiest = nullptr;
  for (const Slot& slot : slots_) {
    const Counted& each = slot.counted;
    if (each.requests == 0) continue;  // nobody has this slot
    if (!busiest || each.requests > busiest->requests ||
        (each.requests == busiest->requests && each.key < busiest->key))
      busiest = &each;
  }
  return busiest ? *busiest : Counted{};
}

}  // namespace orrery::scenarios
