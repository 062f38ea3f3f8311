#include "properties/timetable.h"

#include <algorithm>
#include <map>
#include <tuple>

namespace orrery::properties {

Timetable::Timetable(std::span<const Operation> history) : history_(history), slots_(history.size()) {
  std::vector<std::uint32_t> unknown;
  for (std::uint32_t i = 0; i < history.size(); ++i)
    (history[i].returned == never ? unknown : invocations_).push_back(i);
  const auto by_invocation = [&](std::uint32_t a, std::uint32_t b) {
    return std::tuple(history[a].invoked, a) < std::tuple(history[b].invoked, b);
  };
  std::sort(invocations_.begin(), invocations_.end(), by_invocation);
  std::sort(unknown.begin(), unknown.end(), by_invocation);
  lay_out_returns();
  group_unknown(unknown);
}

void Timetable::lay_out_returns() {
  std::vector<std::uint32_t> by_return = invocations_;
  const auto earlier = [&](std::uint32_t a, std::uint32_t b) {
    return std::tuple(history_[a].returned, a) < std::tuple(history_[b].returned, b);
  };
  std::sort(by_return.begin(), by_return.end(), earlier);
  std::vector<std::uint32_t> changes, looks;  // open now; latest return first, so that who returns is at the back
  std::vector<std::uint32_t> free_slots;
  std::uint32_t invoked = 0;
  returns_.reserve(by_return.size());
  for (const std::uint32_t returning : by_return) {
    Return row{.operation = returning,
               .changes_begin = 0,
               .looks_begin = 0,
               .end = 0,
               .fresh_begin = invoked,
               .fresh_end = 0};
    for (; invoked < invocations_.size(); ++invoked) {
      const std::uint32_t next = invocations_[invoked];
      if (history_[next].invoked > history_[returning].returned) break;
      const auto later = [&](std::uint32_t a, std::uint32_t b) { return earlier(b, a); };
      auto& active = changes_state(history_[next].step.verb) ? changes : looks;
      active.insert(std::upper_bound(active.begin(), active.end(), next, later), next);
      if (free_slots.empty()) free_slots.push_back(slot_count_++);
      slots_[next] = free_slots.back();
      free_slots.pop_back();
    }
    row.fresh_end = invoked;
    row.changes_begin = static_cast<std::uint32_t>(open_.size());
    open_.insert(open_.end(), changes.rbegin(), changes.rend());
    row.looks_begin = static_cast<std::uint32_t>(open_.size());
    open_.insert(open_.end(), looks.rbegin(), looks.rend());
    row.end = static_cast<std::uint32_t>(open_.size());
    returns_.push_back(row);
    (changes_state(history_[returning].step.verb) ? changes : looks).pop_back();
    free_slots.push_back(slots_[returning]);
  }
}

void Timetable::group_unknown(const std::vector<std::uint32_t>& unknown) {
  std::map<std::tuple<Verb, State>, std::uint32_t> numbers;
  for (const std::uint32_t i : unknown) {
    const Step& step = history_[i].step;
    const auto entry =
        numbers.try_emplace({step.verb, step.argument}, static_cast<std::uint32_t>(classes_.size())).first;
    if (entry->second == classes_.size()) classes_.emplace_back();
    classes_[entry->second].push_back(i);
    slots_[i] = entry->second;
  }
}

}  // namespace orrery::properties
