#include "reports/waits.h"

#include <algorithm>

namespace orrery::reports {

void Waits::arrive(Time at, CallId call) {
  settle(at);
  queue_.push({call, at});
}

void Waits::begin_turn(Time at, MethodId method) {
  settle(at);
  method_ = method;
  is_running_ = true;
}

// Calls enter in order of arrival, so it is the first; only in a broken runtime is it another one.
void Waits::enter(Time at, CallId call) {
  settle(at);
  for (std::size_t left = queue_.size(); left > 0; --left) {
    const Waiter waiter = queue_.pop();
    if (waiter.call == call) {
      waited_ += nanoseconds(at - waiter.arrived);
      return;
    }
    queue_.push(waiter);
  }
}

void Waits::end_turn(Time at) {
  settle(at);
  is_running_ = false;
}

void Waits::end_instance(Time at) {
  settle(at);
  while (!queue_.empty()) waited_ += nanoseconds(at - queue_.pop().arrived);
  is_running_ = false;
  method_ = unknown_method;
}

Waits::Wide Waits::charged() const {
  Wide sum = 0;
  for (const Charge& each : charges_) sum += each.total();
  return sum;
}

void Waits::settle(Time at) {
  if (at > since_ && !queue_.empty()) charge(at - since_);
  since_ = at;
}

void Waits::charge(Duration passed) {
  longest_queue_ = std::max<std::uint64_t>(longest_queue_, queue_.size());
  auto charged = std::ranges::find(charges_, method_, &Charge::method);
  if (charged == charges_.end()) charged = charges_.insert(charged, {.method = method_});
  (is_running_ ? charged->running : charged->held) += static_cast<Wide>(nanoseconds(passed)) * queue_.size();
}

}  // namespace orrery::reports
