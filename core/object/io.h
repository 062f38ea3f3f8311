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
  Io(Instance& instance, CallId io) : instance_(instance), io_(io) {}
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> coroutine) { instance_.waiting_[io_] = {coroutine, &result_}; }
  IoResult await_resume() { return std::move(result_); }

 private:
  Instance& instance_;
  CallId io_;
  IoResult result_;
};

}  // namespace orrery::object
