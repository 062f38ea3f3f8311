// The coroutine of handlers and clients: what a person wrote as first this, then that.
//
// A task is lazy: it runs when it is first awaited, or started by its owner. While it finishes without a
// wait it runs inside the awaiting frame, so a loop over finished tasks needs no stack. When it has waited,
// its end puts the awaiting coroutine into the owner's ready queue, and whoever drains that queue resumes it:
// control never jumps from frame to frame, because g++ 12 does not do that without growing the stack.
//
// Write every await alone in its statement, with named values as arguments: g++ 12 destroys temporaries
// beside an await twice. The tidy test refuses other forms.
#pragma once

#include <coroutine>
#include <cstddef>
#include <exception>
#include <optional>
#include <utility>
#include <vector>

#include "core/base/fifo.h"
#include "core/base/frames.h"
#include "core/base/invariant.h"

namespace orrery {

// Coroutines that can go on. Belongs to one instance or one client, which drains it whenever it has control.
class Ready {
 public:
  void push(std::coroutine_handle<> coroutine) { waiting_.push(coroutine); }
  void drain() {
    while (!waiting_.empty()) waiting_.pop().resume();
  }

 private:
  Fifo<std::coroutine_handle<>> waiting_;
};

template <class T>
class Task;

namespace detail {

class PromiseBase {
 public:
  static void* operator new(std::size_t bytes) { return Frames::take(bytes); }
  static void operator delete(void* frame, std::size_t bytes) { Frames::give_back(frame, bytes); }

  std::suspend_always initial_suspend() noexcept { return {}; }

  struct Final {
    bool await_ready() noexcept { return false; }
    template <class Promise>
    void await_suspend(std::coroutine_handle<Promise> ended) noexcept {
      PromiseBase& promise = ended.promise();
      if (promise.awaiting_ && !promise.inside_awaiting_) promise.ready_->push(promise.awaiting_);
    }
    void await_resume() noexcept {}
  };
  Final final_suspend() noexcept { return {}; }
  void unhandled_exception() noexcept { thrown_ = std::current_exception(); }
  Ready& ready() { return *ready_; }

  // Runs from the start to the first wait, or to the end.
  template <class Promise>
  static void start(std::coroutine_handle<Promise> coroutine, Ready& ready) {
    coroutine.promise().ready_ = &ready;
    coroutine.resume();
  }
  // The same for a coroutine that `parent` awaits; true if the parent has to wait.
  template <class Promise>
  static bool start_for(std::coroutine_handle<Promise> coroutine, PromiseBase& parent,
                        std::coroutine_handle<> awaiting) {
    PromiseBase& promise = coroutine.promise();
    promise.awaiting_ = awaiting;
    promise.inside_awaiting_ = true;
    start(coroutine, *parent.ready_);
    promise.inside_awaiting_ = false;
    return !coroutine.done();
  }

 protected:
  void rethrow() {
    if (thrown_) std::rethrow_exception(thrown_);
  }

 private:
  Ready* ready_ = nullptr;
  std::coroutine_handle<> awaiting_;
  bool inside_awaiting_ = false;  // the first run is still on the awaiting frame's stack
  std::exception_ptr thrown_;
};

template <class T>
class Promise : public PromiseBase {
 public:
  Task<T> get_return_object();
  template <class U>
  void return_value(U&& value) {
    value_.emplace(std::forward<U>(value));
  }
  T take() {
    rethrow();
    return std::move(*value_);
  }

 private:
  std::optional<T> value_;
};

template <>
class Promise<void> : public PromiseBase {
 public:
  Task<void> get_return_object();
  void return_void() {}
  void take() { rethrow(); }
};

}  // namespace detail

template <class T = void>
class [[nodiscard]] Task {
 public:
  using promise_type = detail::Promise<T>;

  Task() = default;
  explicit Task(std::coroutine_handle<promise_type> coroutine) : coroutine_(coroutine) {}
  Task(Task&& other) noexcept : coroutine_(std::exchange(other.coroutine_, nullptr)) {}
  Task& operator=(Task&& other) noexcept {
    std::swap(coroutine_, other.coroutine_);
    return *this;
  }
  ~Task() {
    if (coroutine_) coroutine_.destroy();
  }

  // For the owner of a task that nobody awaits. `ready` must outlive the task.
  void start(Ready& ready) { detail::PromiseBase::start(coroutine_, ready); }
  bool done() const { return coroutine_.done(); }
  // What it returned, or throws what it threw. PRECONDITION: done().
  T take() {
    PRECONDITION(done(), "the task is still waiting");
    return coroutine_.promise().take();
  }

  class Awaiter {
   public:
    explicit Awaiter(std::coroutine_handle<promise_type> coroutine) : coroutine_(coroutine) {}
    bool await_ready() const noexcept { return coroutine_.done(); }
    template <class Parent>
    bool await_suspend(std::coroutine_handle<Parent> parent) {
      return detail::PromiseBase::start_for(coroutine_, parent.promise(), parent);
    }
    T await_resume() { return coroutine_.promise().take(); }

   private:
    std::coroutine_handle<promise_type> coroutine_;
  };
  Awaiter operator co_await() && { return Awaiter(coroutine_); }

 private:
  std::coroutine_handle<promise_type> coroutine_;
};

template <class T>
Task<T> detail::Promise<T>::get_return_object() {
  return Task<T>(std::coroutine_handle<Promise>::from_promise(*this));
}
inline Task<void> detail::Promise<void>::get_return_object() {
  return Task<void>(std::coroutine_handle<Promise>::from_promise(*this));
}

// Awaits several tasks side by side:
//
//   std::vector<Task<void>> both = …;
//   co_await all_of(std::move(both));
//
// It waits for all of them, also if one throws; then the first exception is thrown.
class AllOf {
 public:
  explicit AllOf(std::vector<Task<void>> tasks) : tasks_(std::move(tasks)) {}
  bool await_ready() const { return tasks_.empty(); }
  template <class Parent>
  bool await_suspend(std::coroutine_handle<Parent> parent) {
    Ready& ready = parent.promise().ready();
    left_ = tasks_.size();
    parent_ = parent;
    for (Task<void>& task : tasks_) {
      runs_.push_back(run(std::move(task)));
      runs_.back().start(ready);
    }
    is_waiting_ = left_ > 0;
    ready_ = &ready;
    return is_waiting_;
  }
  void await_resume() {
    if (thrown_) std::rethrow_exception(thrown_);
  }

 private:
  Task<void> run(Task<void> task) {
    try {
      co_await std::move(task);
    } catch (...) {
      if (!thrown_) thrown_ = std::current_exception();
    }
    if (--left_ == 0 && is_waiting_) ready_->push(parent_);
  }

  std::vector<Task<void>> tasks_;
  std::vector<Task<void>> runs_;
  std::size_t left_ = 0;
  std::coroutine_handle<> parent_;
  Ready* ready_ = nullptr;
  bool is_waiting_ = false;
  std::exception_ptr thrown_;
};

inline Task<void> all_of(std::vector<Task<void>> tasks) {
  AllOf all(std::move(tasks));
  co_await all;
}

}  // namespace orrery
