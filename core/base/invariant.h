// Mistakes in our own code.
//
// PRECONDITION blames the caller, INVARIANT blames the code it stands in. Both are on in every build
// type. They throw `Bug`, so that the run loop can end one run, keep its seed and go on with the next:
//
//   INVARIANT(index >= confirmed, "object {} at index {}, confirmed {}", object, index, confirmed);
//
// Core never catches `Bug`.
#pragma once

#include <fmt/format.h>

#include <stdexcept>
#include <string>
#include <string_view>

namespace orrery {

class Bug : public std::logic_error {
 public:
  using std::logic_error::logic_error;
};

namespace detail {
[[noreturn]] void throw_bug(std::string_view file, int line, std::string_view kind, std::string_view condition,
                            const std::string& context);
}  // namespace detail

}  // namespace orrery

#define ORRERY_REQUIRE_(kind, condition, ...)                                                        \
  do {                                                                                               \
    if (!(condition)) [[unlikely]]                                                                   \
      ::orrery::detail::throw_bug(__FILE__, __LINE__, kind, #condition, ::fmt::format(__VA_ARGS__)); \
  } while (false)

#define PRECONDITION(condition, ...) ORRERY_REQUIRE_("precondition", condition, __VA_ARGS__)
#define INVARIANT(condition, ...) ORRERY_REQUIRE_("invariant", condition, __VA_ARGS__)
