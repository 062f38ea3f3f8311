#include "scenarios/design/call_cycles.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <utility>

namespace orrery::scenarios {
namespace {

constexpr std::int64_t always = 1'000'000;

struct Handler {
  std::string object_class;
  std::string name;
  std::vector<std::size_t> calls;  // in every run
  enum class State : std::uint8_t { unseen, on_path, done } state = State::unseen;
};

std::vector<Handler> handlers_of(const std::vector<ClassPlan>& classes) {
  std::vector<Handler> handlers;
  std::map<std::pair<std::string, std::string>, std::size_t> places;
  for (const ClassPlan& plan : classes)
    for (const HandlerPlan& handler : plan.handlers) {
      places.try_emplace({plan.name, handler.name}, handlers.size());
      handlers.push_back({plan.name, handler.name, {}});
    }
  std::size_t place = 0;
  for (const ClassPlan& plan : classes)
    for (const HandlerPlan& handler : plan.handlers) {
      std::vector<std::size_t>& calls = handlers[place++].calls;
      for_each_step(handler.steps, [&](const Step& step, std::int64_t share) {
        const auto* call = std::get_if<CallStep>(&step.what);
        if (!call || share < always) return;
        const auto called = places.find({call->object_class, call->handler});
        if (called != places.end()) calls.push_back(called->second);
      });
    }
  return handlers;
}

// On the way from a handler: which one, and how many of its calls have been followed.
using Path = std::vector<std::pair<std::size_t, std::size_t>>;

CallCycle cycle_on(const Path& path, std::size_t again, const std::vector<Handler>& handlers) {
  const auto whole_name = [&](std::size_t place) { return handlers[place].object_class + "." + handlers[place].name; };
  std::string text;
  for (auto at = std::ranges::find(path, again, &Path::value_type::first); at != path.end(); ++at)
    text += whole_name(at->first) + " calls ";
  return {text + whole_name(again), handlers[again].object_class, handlers[again].name};
}

}  // namespace

std::optional<CallCycle> call_cycle_in(const std::vector<ClassPlan>& classes) {
  using State = Handler::State;
  std::vector<Handler> handlers = handlers_of(classes);
  for (std::size_t first = 0; first < handlers.size(); ++first) {
    if (handlers[first].state != State::unseen) continue;
    Path path{{first, 0}};
    handlers[first].state = State::on_path;
    while (!path.empty()) {
      auto& [place, followed] = path.back();
      Handler& handler = handlers[place];
      if (followed == handler.calls.size()) {
        handler.state = State::done;
        path.pop_back();
        continue;
      }
      const std::size_t called = handler.calls[followed++];
      if (handlers[called].state == State::on_path) return cycle_on(path, called, handlers);
      if (handlers[called].state == State::done) continue;
      handlers[called].state = State::on_path;
      path.emplace_back(called, 0);
    }
  }
  return std::nullopt;
}

}  // namespace orrery::scenarios
