// What operations run in: variables, and tasks that go on beside them.
#pragma once

#include <coroutine>
#include <cstddef>
#include <exception>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "core/base/task.h"
#include "core/storage/storage.h"
#include "tests/conformance/values.h"

namespace orrery::tests::conformance {

// Puts the coroutine behind all that can go on, as a microtask.
struct Microtask {
  bool await_ready() const noexcept { return false; }
  template <class Parent>
  void await_suspend(std::coroutine_handle<Parent> parent) const {
    parent.promise().ready().push(parent);
  }
  void await_resume() const noexcept {}
};

// Opens when so many tasks have ended, or when the first of them throws.
class Latch {
 public:
  explicit Latch(std::size_t tasks) : left_(tasks) {}

  void on_end(const std::exception_ptr& thrown) {
    if (left_ == 0) return;
    thrown_ = thrown;
    left_ = thrown ? 0 : left_ - 1;
    if (left_ == 0 && waiting_) ready_->push(std::exchange(waiting_, nullptr));
  }

  void wait(std::coroutine_handle<> waiting, Ready& ready) {
    ready_ = &ready;
    if (left_ == 0)
      ready_->push(waiting);
    else
      waiting_ = waiting;
  }
  void rethrow() const {
    if (thrown_) std::rethrow_exception(thrown_);
  }

 private:
  std::size_t left_;
  std::exception_ptr thrown_;
  std::coroutine_handle<> waiting_;
  Ready* ready_ = nullptr;
};

// Waits for a latch, and throws what opened it. To be a variable of the coroutine: g++ 12 awaits a copy of what a
// pointer points to.
class Opened {
 public:
  explicit Opened(std::shared_ptr<Latch> latch) : latch_(std::move(latch)) {}
  bool await_ready() const noexcept { return false; }
  template <class Parent>
  void await_suspend(std::coroutine_handle<Parent> parent) {
    latch_->wait(parent, parent.promise().ready());
  }
  void await_resume() const { latch_->rethrow(); }

 private:
  std::shared_ptr<Latch> latch_;
};

// A task that was begun, and what came of it.
struct Begun {
  bool has_ended = false;
  std::exception_ptr thrown;
  Value value = Undefined();
  std::vector<std::shared_ptr<Latch>> latches;

  void end() {
    has_ended = true;
    for (const auto& latch : std::exchange(latches, {})) latch->on_end(thrown);
  }
  void tell(const std::shared_ptr<Latch>& latch) {
    if (has_ended)
      latch->on_end(thrown);
    else
      latches.push_back(latch);
  }
};

// What all closures of one event share.
struct Shared {
  Variables variables;
  std::map<std::string, std::shared_ptr<Begun>> tasks;
  std::map<std::string, std::variant<KvList, Cursor>> lists;
  std::optional<Transaction> last_transaction;
};

struct Frame {
  std::shared_ptr<Shared> shared = std::make_shared<Shared>();
  std::optional<Transaction> transaction{};  // of the innermost closure of one
  std::exception_ptr caught{};               // what `rethrow` throws
  bool is_constructor = false;               // what waits is only begun
};
using FramePtr = std::shared_ptr<const Frame>;

}  // namespace orrery::tests::conformance
