#include "properties/linearizability.h"

#include <array>
#include <utility>

#include "core/base/invariant.h"
#include "properties/configurations.h"
#include "properties/timetable.h"

namespace orrery::properties {
namespace {

enum class Ended : std::uint8_t { found, exhausted, out_of_budget };

// Both strategies over one history, with masks of Words * 64 slots.
template <SequentialModel Model, std::size_t Words>
class Search {
 public:
  using Config = Configuration<Words>;

  Search(const Timetable& table, std::span<const Start> starts)
      : table_(table), starts_(starts), used_(table.classes().size()) {}

  Judgement judge(const Budget& budget);
  States states_at(std::int64_t until, std::size_t starts_max);

 private:
  struct Place {
    std::uint32_t at;  // the return that is next
    Config config;
  };
  // How a configuration was reached: the operation done last, and the configuration it was done in.
  struct Trail {
    std::uint32_t before;
    std::uint32_t operation;
  };

  std::uint32_t return_count() const { return static_cast<std::uint32_t>(table_.returns().size()); }
  const Timetable::Return& row(std::uint32_t at) const { return table_.returns()[at]; }

  void take_starts();
  void mark_done(Config& config, std::uint32_t operation);
  void do_matching_reads(Config& config, std::span<const std::uint32_t> among);
  void extend(const Config& from, std::uint32_t at);
  bool pass(Config& config, std::uint32_t at) const;

  Ended depth_first(std::uint64_t steps_max);
  Ended frontier(std::uint32_t end, std::size_t configurations_max, std::uint64_t steps_max);
  Judgement found() const;

  const Timetable& table_;
  std::span<const Start> starts_;
  UsedCounts used_;
  std::vector<Config> first_;     // one for each start
  std::vector<Config> children_;  // of the last extend()
  std::vector<Config> current_;   // the frontier
  std::vector<Trail> trail_;      // the first ones are the starts
  ConfigurationSet<Words> seen_, passed_;
  std::uint64_t steps_ = 0;
  std::uint32_t deepest_ = 0;
  std::uint32_t found_trail_ = 0;
};

template <SequentialModel Model, std::size_t Words>
void Search<Model, Words>::take_starts() {
  trail_.clear();
  first_.clear();
  for (std::uint32_t i = 0; i < starts_.size(); ++i) {
    Config config;
    config.state = starts_[i].state;
    config.trail = i;
    for (const std::uint32_t operation : starts_[i].done) {
      if (table_.operation(operation).returned == never)
        config.used = used_.with_one_more(config.used, static_cast<std::uint32_t>(table_.class_of(operation)));
      else
        config.set(table_.slot(operation));
    }
    trail_.push_back({i, 0});
    first_.push_back(config);
  }
  // Now, and not when the trail was short: a start's own number must be its place in the trail.
  if (return_count() == 0) return;
  for (Config& config : first_) do_matching_reads(config, table_.fresh(row(0)));
}

template <SequentialModel Model, std::size_t Words>
void Search<Model, Words>::mark_done(Config& config, std::uint32_t operation) {
  trail_.push_back({config.trail, operation});
  config.trail = static_cast<std::uint32_t>(trail_.size() - 1);
}

template <SequentialModel Model, std::size_t Words>
void Search<Model, Words>::do_matching_reads(Config& config, std::span<const std::uint32_t> among) {
  for (const std::uint32_t i : among) {
    const Step& step = table_.operation(i).step;
    const std::uint32_t slot = table_.slot(i);
    if (changes_state(step.verb) || config.has(slot) || !Model::shows(config.state, step)) continue;
    config.set(slot);
    mark_done(config, i);
  }
}

// Fills children_ with what one more operation makes of `from`; the one that returns first comes first. Those
// that only look have been done wherever they could be.
template <SequentialModel Model, std::size_t Words>
void Search<Model, Words>::extend(const Config& from, std::uint32_t at) {
  children_.clear();
  const auto add = [&](std::uint32_t i, auto&& mark) {
    Config child = from;
    child.state = Model::after(from.state, table_.operation(i).step);
    mark(child);
    mark_done(child, i);
    if (child.state != from.state) do_matching_reads(child, table_.open_looks(row(at)));
    children_.push_back(child);
    ++steps_;
  };
  for (const std::uint32_t i : table_.open_changes(row(at)))
    if (!from.has(table_.slot(i)) && Model::shows(from.state, table_.operation(i).step))
      add(i, [&](Config& child) { child.set(table_.slot(i)); });
  const std::int64_t now = table_.operation(row(at).operation).returned;
  for (std::uint32_t c = 0; c < table_.classes().size(); ++c) {
    const Timetable::Class& members = table_.classes()[c];
    const std::uint32_t count = used_.counts(from.used)[c];
    if (count == members.size() || table_.operation(members[count]).invoked > now) continue;
    if (Model::after(from.state, table_.operation(members[count]).step) == from.state) continue;
    add(members[count], [&](Config& child) { child.used = used_.with_one_more(child.used, c); });
  }
}

// Goes on behind the return, if its operation has been done.
template <SequentialModel Model, std::size_t Words>
bool Search<Model, Words>::pass(Config& config, std::uint32_t at) const {
  const std::uint32_t slot = table_.slot(row(at).operation);
  if (!config.has(slot)) return false;
  config.clear(slot);
  return true;
}

template <SequentialModel Model, std::size_t Words>
Ended Search<Model, Words>::depth_first(std::uint64_t steps_max) {
  take_starts();
  seen_.clear();
  const std::uint64_t steps_end = steps_ + steps_max;
  std::vector<Place> stack;
  for (auto each = first_.rbegin(); each != first_.rend(); ++each) stack.push_back({0, *each});
  while (!stack.empty()) {
    Place place = stack.back();
    stack.pop_back();
    while (place.at < return_count() && pass(place.config, place.at)) {
      ++steps_;
      if (++place.at < return_count()) do_matching_reads(place.config, table_.fresh(row(place.at)));
    }
    deepest_ = std::max(deepest_, place.at);
    if (place.at == return_count()) {
      found_trail_ = place.config.trail;
      return Ended::found;
    }
    if (steps_ > steps_end) return Ended::out_of_budget;
    if (!seen_.insert(place.at, place.config, used_)) continue;
    extend(place.config, place.at);
    for (auto child = children_.rbegin(); child != children_.rend(); ++child) stack.push_back({place.at, *child});
  }
  return Ended::exhausted;
}

// Walks the returns up to `end` with all configurations at once. They are left in current_.
template <SequentialModel Model, std::size_t Words>
Ended Search<Model, Words>::frontier(std::uint32_t end, std::size_t configurations_max, std::uint64_t steps_max) {
  take_starts();
  const std::uint64_t steps_end = steps_ + steps_max;
  current_ = first_;
  std::vector<Config> waiting;
  for (std::uint32_t at = 0; at < end; ++at) {
    deepest_ = std::max(deepest_, at);
    seen_.clear();
    passed_.clear();
    waiting.clear();
    const auto arrive = [&](Config config) {
      if (pass(config, at))
        passed_.insert(0, config, used_);
      else if (seen_.insert(0, config, used_))
        waiting.push_back(config);
    };
    for (Config& config : current_) {
      if (at > 0) do_matching_reads(config, table_.fresh(row(at)));
      ++steps_;
      arrive(config);
    }
    for (std::size_t i = 0; i < waiting.size(); ++i) {
      if (waiting.size() + passed_.size() > configurations_max || steps_ > steps_end) return Ended::out_of_budget;
      const Config from = waiting[i];
      extend(from, at);
      for (const Config& child : children_) arrive(child);
    }
    current_.clear();
    for (const auto& entry : passed_.entries())
      if (!entry.dominated) current_.push_back(entry.configuration);
    if (current_.empty()) return Ended::exhausted;
  }
  deepest_ = std::max(deepest_, end);
  found_trail_ = current_.front().trail;
  return Ended::found;
}

template <SequentialModel Model, std::size_t Words>
Judgement Search<Model, Words>::found() const {
  Judgement judgement;
  judgement.kind = Judgement::Kind::linearizable;
  std::uint32_t at = found_trail_;
  for (; at >= starts_.size(); at = trail_[at].before) judgement.order.push_back(trail_[at].operation);
  judgement.start = at;
  std::reverse(judgement.order.begin(), judgement.order.end());
  INVARIANT(is_linearization<Model>(table_.history(), starts_[at], judgement.order),
            "an order of {} operations is not one", judgement.order.size());
  return judgement;
}

template <SequentialModel Model, std::size_t Words>
Judgement Search<Model, Words>::judge(const Budget& budget) {
  const std::uint64_t size = table_.history().size() + 1;
  std::uint64_t depth_first_max = budget.depth_first_steps_per_operation * size;
  std::uint64_t frontier_max = budget.frontier_steps_per_operation * size;
  std::size_t configurations_max = budget.frontier_max;
  Ended ended = Ended::out_of_budget;
  while (ended == Ended::out_of_budget && steps_ < budget.steps_max) {
    ended = depth_first(std::min(depth_first_max, budget.steps_max - steps_));
    if (ended != Ended::out_of_budget || steps_ >= budget.steps_max) break;
    ended = frontier(return_count(), configurations_max, std::min(frontier_max, budget.steps_max - steps_));
    depth_first_max *= 8;
    frontier_max *= 8;
    configurations_max *= 8;
  }
  Judgement judgement;
  if (ended == Ended::found) judgement = found();
  if (ended == Ended::exhausted) {
    judgement.kind = Judgement::Kind::not_linearizable;
    judgement.culprit = row(deepest_).operation;
  }
  judgement.steps = steps_;
  judgement.deepest = deepest_;
  judgement.returns = return_count();
  return judgement;
}

template <SequentialModel Model, std::size_t Words>
States Search<Model, Words>::states_at(std::int64_t until, std::size_t starts_max) {
  std::uint32_t end = 0;
  while (end < return_count() && table_.operation(row(end).operation).returned < until) ++end;
  States states;
  const Ended ended = frontier(end, starts_max, std::numeric_limits<std::uint32_t>::max());
  if (ended == Ended::out_of_budget) states.kind = States::Kind::too_many;
  if (ended == Ended::exhausted) {
    states.kind = States::Kind::none;
    states.culprit = row(deepest_).operation;
  }
  if (ended != Ended::found) return states;
  for (const Config& config : current_) {
    Start start{config.state, {}};
    for (std::uint32_t i = 0; i < table_.history().size(); ++i) {
      const Operation& operation = table_.operation(i);
      if (operation.returned != never && operation.returned >= until && operation.invoked < until &&
          config.has(table_.slot(i)))
        start.done.push_back(i);
    }
    for (std::uint32_t c = 0; c < table_.classes().size(); ++c)
      for (std::uint32_t i = 0; i < used_.counts(config.used)[c]; ++i) start.done.push_back(table_.classes()[c][i]);
    states.starts.push_back(std::move(start));
  }
  return states;
}

inline constexpr std::uint32_t slots_max = 1024;

}  // namespace

template <SequentialModel Model>
Judgement judge(std::span<const Operation> history, std::span<const Start> starts, const Budget& budget) {
  PRECONDITION(!starts.empty(), "a history of {} operations begins nowhere", history.size());
  const Timetable table(history);
  if (table.slot_count() <= 64) return Search<Model, 1>(table, starts).judge(budget);
  if (table.slot_count() <= 256) return Search<Model, 4>(table, starts).judge(budget);
  if (table.slot_count() <= slots_max) return Search<Model, 16>(table, starts).judge(budget);
  return {.kind = Judgement::Kind::unknown, .order = {}, .returns = table.returns().size()};
}

template <SequentialModel Model>
States states_at(std::span<const Operation> history, std::span<const Start> starts, std::int64_t until,
                 std::size_t starts_max) {
  PRECONDITION(!starts.empty(), "a history of {} operations begins nowhere", history.size());
  const Timetable table(history);
  if (table.slot_count() <= 64) return Search<Model, 1>(table, starts).states_at(until, starts_max);
  if (table.slot_count() <= 256) return Search<Model, 4>(table, starts).states_at(until, starts_max);
  if (table.slot_count() <= slots_max) return Search<Model, 16>(table, starts).states_at(until, starts_max);
  return {.kind = States::Kind::too_many, .starts = {}};
}

template Judgement judge<Counter>(std::span<const Operation>, std::span<const Start>, const Budget&);
template Judgement judge<Register>(std::span<const Operation>, std::span<const Start>, const Budget&);
template States states_at<Counter>(std::span<const Operation>, std::span<const Start>, std::int64_t, std::size_t);
template States states_at<Register>(std::span<const Operation>, std::span<const Start>, std::int64_t, std::size_t);

}  // namespace orrery::properties
