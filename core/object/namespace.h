// The names and ids of one class's objects.
//
// An id is 256 bits. Its first half comes from a name, or from chance; its second half is a code over the
// first one under the namespace's key, so that an id of one namespace is refused by every other. The
// construction is workerd's (server/actor-id-impl.c++), so ids agree with the original's to the bit:
//   key = SHA-256(unique key);  first = HMAC(key, name)[0..16);  second = HMAC(key, first)[0..16).
// Making an id sends nothing and creates nothing: the first call does.
#pragma once

#include <string>
#include <string_view>

#include "core/base/draws.h"
#include "core/base/ids.h"
#include "core/base/sha256.h"

namespace orrery {

class Namespace {
 public:
  explicit Namespace(std::string_view unique_key);

  ObjectId id_from_name(std::string_view name) const;
  // Throws a TypeError, in the original's words, if the text is no id or not one of this namespace.
  ObjectId id_from_string(std::string_view hex) const;
  // Throws a TypeError, in the original's words, if the id was not made by this namespace.
  void check_own(const ObjectId& id) const;
  // An id that nobody has. The random half is drawn for `cause`.
  ObjectId new_unique_id(const Draws& draws, Cause cause) const;

 private:
  ObjectId sealed(std::string_view first_half) const;

  Digest key_;
};

}  // namespace orrery
