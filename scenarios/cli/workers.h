// Work on numbers 0, 1, 2, …, done by processes, handed out in order.
//
// Worker w of j does the numbers w, w + j, w + 2j, … and writes each result into a pipe of its own. So what comes
// out depends neither on j nor on who is faster; a worker runs ahead only as far as its pipe holds. A worker is a
// fork: it knows all that was known when it began, and what goes wrong in it ends itself alone.
#pragma once

#include <sys/types.h>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "core/base/value.h"

namespace orrery::cli {

// A worker ended without a result.
class WorkerLost : public std::runtime_error {
 public:
  WorkerLost(std::uint64_t number, const std::string& how) : std::runtime_error(how), number_(number) {}
  std::uint64_t number() const { return number_; }

 private:
  std::uint64_t number_;
};

class Workers {
 public:
  using Work = std::function<Bytes(std::uint64_t number)>;

  // Begins at once. Throws Refusal if the system grants no process.
  Workers(int jobs, std::uint64_t count, const Work& work);
  // Ends what still runs.
  ~Workers();
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  // The next result; nothing if it did not come in this time, or a signal came. Throws WorkerLost.
  // PRECONDITION: fewer than `count` were taken.
  std::optional<Bytes> next(std::chrono::milliseconds patience);
  std::uint64_t taken() const { return taken_; }

 private:
  struct Worker {
    pid_t process = -1;
    int pipe = -1;
    Bytes received;  // not yet taken
  };
  void start(std::uint64_t place, std::uint64_t jobs, const Work& work);
  std::optional<Bytes> complete_result(Worker& worker);
  [[noreturn]] void lost(Worker& worker);

  std::vector<Worker> workers_;
  std::uint64_t count_;
  std::uint64_t taken_ = 0;
};

}  // namespace orrery::cli
