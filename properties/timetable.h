// A history, laid out for a search: who was open at each return.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "properties/linearizability.h"

namespace orrery::properties {

class Timetable {
 public:
  struct Return {
    std::uint32_t operation;
    std::uint32_t changes_begin, looks_begin, end;  // into the list of who is open
    std::uint32_t fresh_begin, fresh_end;           // into the list of who was invoked since the return before
  };
  using Class = std::vector<std::uint32_t>;  // interchangeable operations of unknown outcome, by invocation

  explicit Timetable(std::span<const Operation> history);

  const Operation& operation(std::uint32_t i) const { return history_[i]; }
  std::span<const Operation> history() const { return history_; }
  const std::vector<Return>& returns() const { return returns_; }
  // Who is open and changes the state, or only looks at it, in order of return.
  std::span<const std::uint32_t> open_changes(const Return& at) const {
    return open(at.changes_begin, at.looks_begin);
  }
  std::span<const std::uint32_t> open_looks(const Return& at) const { return open(at.looks_begin, at.end); }
  std::span<const std::uint32_t> fresh(const Return& at) const {
    return std::span(invocations_).subspan(at.fresh_begin, at.fresh_end - at.fresh_begin);
  }
  std::uint32_t slot(std::uint32_t operation) const {
    return slots_[operation];
  }  // a small number, unique while open
  std::uint32_t slot_count() const { return slot_count_; }
  const std::vector<Class>& classes() const { return classes_; }
  std::size_t class_of(std::uint32_t operation) const { return slots_[operation]; }  // of one of unknown outcome

 private:
  std::span<const std::uint32_t> open(std::uint32_t begin, std::uint32_t end) const {
    return std::span(open_).subspan(begin, end - begin);
  }
  void lay_out_returns();
  void group_unknown(const std::vector<std::uint32_t>& unknown);

  std::span<const Operation> history_;
  std::vector<Return> returns_;
  std::vector<std::uint32_t> invocations_;  // those that return, in order of invocation
  std::vector<std::uint32_t> open_;
  std::vector<std::uint32_t> slots_;  // by operation; the class, if its outcome is unknown
  std::uint32_t slot_count_ = 0;
  std::vector<Class> classes_;
};

}  // namespace orrery::properties
