// A handler's wait for something outside its object. The turn ends here; the result enters through the
// input gate like any other event, and the handler goes on in that turn.
#pragma once

#include <coroutine>
#include <utility>

#include "core/object/instance.h"

namespace orrery::object {

class Instance::Io {
 public:
  // `io` names what is awaited: the owner of the instance brings IoEnded{io} when it is there.
  Io(Instance& instance, CallId io, bool keeps_lock = false)
      : instance_(instance), io_(io), keeps_lock_(keeps_lock || instance.holding_ == Holding::call) {}
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> coroutine) {
    const Place place = keeps_lock_ ? instance_.gate_.keep() : instance_.gate_.inside();
    instance_.waiting_[io_] = {coroutine, &result_, place, keeps_lock_};
  }
  IoResult await_resume() { return std::move(result_); }

 private:
  Instance& instance_;
  CallId io_;
  bool keeps_lock_;
  IoResult result_;
};

// A handler's wait for a critical section to begin. It goes on inside.
class Instance::SectionBegins {
 public:
  SectionBegins(Instance& instance, CallId io, Cause cause) : instance_(instance), io_(io), cause_(cause) {}
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> coroutine) {
    instance_.waiting_[io_] = {.coroutine = coroutine, .result = &result_, .begins_section = true};
    instance_.gate_.begin_section(IoEnded{io_, instance_.turn_.call, {}, cause_});
  }
  void await_resume() const noexcept {}

 private:
  Instance& instance_;
  CallId io_;
  Cause cause_;
  IoResult result_;
};

}  // namespace orrery::object
