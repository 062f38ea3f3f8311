// The fields of a plain struct, as data.
//
// A struct that lists its fields once,
//
//   struct Placed {
//     ObjectId object;
//     Epoch epoch;
//     static constexpr auto fields() {
//       return std::tuple{field("object", &Placed::object), field("epoch", &Placed::epoch)};
//     }
//   };
//
// can be folded into a fingerprint, sent as bytes, printed and read back without another line of code.
#pragma once

#include <string_view>
#include <tuple>
#include <type_traits>

namespace orrery {

template <class Struct, class Member>
struct Field {
  std::string_view name;
  Member Struct::*member;
};

template <class Struct, class Member>
constexpr Field<Struct, Member> field(std::string_view name, Member Struct::*member) {
  return {name, member};
}

template <class Struct>
concept HasFields = requires {
  std::remove_cvref_t<Struct>::fields();
};

// Calls visit(name, value) for each field, in the order listed.
template <HasFields Struct, class Visit>
constexpr void for_each_field(Struct&& object, Visit&& visit) {
  std::apply([&](const auto&... each) { (visit(each.name, object.*(each.member)), ...); },
             std::remove_cvref_t<Struct>::fields());
}

}  // namespace orrery
