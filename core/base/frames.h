// Memory for the frames of coroutines.
//
// A handler makes a few frames of a few hundred bytes and destroys them soon. They are kept by size and used again,
// so that a call needs no memory of its own: as much is kept as was in use at once. One store for each thread.
#pragma once

#include <array>
#include <cstddef>
#include <new>
#include <utility>

namespace orrery {

class Frames {
 public:
  static void* take(std::size_t bytes) {
    if (!are_kept(bytes)) return ::operator new(bytes);
    Kept*& kept = of_thread().kept[size_class(bytes)];
    if (!kept) return ::operator new((size_class(bytes) + 1) * step);
    Kept* const frame = kept;
    kept = frame->next;
    return frame;
  }
  // `bytes` as it was taken.
  static void give_back(void* frame, std::size_t bytes) {
    if (!are_kept(bytes)) return ::operator delete(frame);
    Kept*& kept = of_thread().kept[size_class(bytes)];
    kept = new (frame) Kept{kept};
  }

 private:
  struct Kept {
    Kept* next;
  };
  static constexpr std::size_t step = 64;
  static constexpr std::size_t sizes = 32;
#ifdef __SANITIZE_ADDRESS__
  static constexpr bool are_any_kept = false;  // the sanitizer is to see who uses a frame that is gone
#else
  static constexpr bool are_any_kept = true;
#endif

  struct OfThread {
    std::array<Kept*, sizes> kept{};
    ~OfThread() {
      for (Kept* each : kept)
        while (each) ::operator delete(std::exchange(each, each->next));
    }
  };
  static OfThread& of_thread() {
    static thread_local OfThread own;
    return own;
  }
  static constexpr std::size_t size_class(std::size_t bytes) { return (bytes - 1) / step; }
  static constexpr bool are_kept(std::size_t bytes) { return are_any_kept && size_class(bytes) < sizes; }
};

}  // namespace orrery
