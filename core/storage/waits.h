// What storage asks of the instance that it belongs to.
#pragma once

#include "core/base/task.h"

namespace orrery::storage {

class Waits {
 public:
  // All that was written before is durable. Other events of the object may run meanwhile, unless it keeps the lock.
  virtual Task<void> until_durable(bool keeps_lock) = 0;
  // A database far from the object has answered.
  virtual Task<void> read(bool keeps_lock) = 0;
  // So much was written and is not yet durable that a write should wait.
  virtual bool is_far_behind() const = 0;
  // A call that its author awaited is over: perhaps what was written so far is a unit.
  virtual void after_await() = 0;
  // Runs it with the object to itself. Unlike that of an author's critical section, its exception resets nothing.
  virtual Task<void> alone(Task<void> section) = 0;
  // What was written so far is a commit, or the database is empty, whatever becomes of the rest of the turn.
  virtual void commit_now() = 0;
  // What was written cannot be a commit: the object is reset.
  [[noreturn]] virtual void fail_commit() = 0;
  virtual void clear_now() = 0;

 protected:
  ~Waits() = default;
};

}  // namespace orrery::storage
