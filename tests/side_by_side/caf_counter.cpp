// A counter as an actor of CAF, asked by 64 others that each wait for the answer: calls a second.
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <thread>

#include <caf/all.hpp>

namespace {

struct Count {
  int value = 0;
};

caf::behavior counter(caf::stateful_actor<Count>* self) {
  return {[self](caf::add_atom) { return ++self->state.value; }};
}

std::atomic<bool> is_over{false};
std::atomic<long> answers{0};

void ask(caf::event_based_actor* self, const caf::actor& counter) {
  if (is_over) return self->quit();
  self->request(counter, caf::infinite, caf::add_atom_v).then([self, counter](int) {
    answers.fetch_add(1, std::memory_order_relaxed);
    ask(self, counter);
  });
}

void caf_main(caf::actor_system& system) {
  constexpr int callers = 64;
  constexpr auto lasts = std::chrono::seconds(1);
  const caf::actor one = system.spawn(counter);
  for (int i = 0; i < callers; ++i)
    system.spawn([one](caf::event_based_actor* self) { ask(self, one); });
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  const long before = answers;
  const auto from = std::chrono::steady_clock::now();
  std::this_thread::sleep_for(lasts);
  const long done = answers - before;
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - from;
  std::printf("%.0f\n", static_cast<double>(done) / took.count());
  std::fflush(stdout);
  is_over = true;
  std::_Exit(0);
}

}  // namespace

CAF_MAIN()
