// The id of an object as authors hold it: the 256 bits, and the name that they were made from, where it is known.
//
// The name is not in the bits. It goes with the id and with the calls made on it, and the object sees the name that
// came with the call that woke it. Two ids are equal if their bits are.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "core/base/ids.h"

namespace orrery {

class DurableObjectId {
 public:
  DurableObjectId() = default;
  explicit DurableObjectId(const ObjectId& bits, std::optional<std::string> name = std::nullopt)
      : bits_(bits), name_(std::move(name)) {}

  // Nothing of an id that was read from its text or is unique. An object sees its own up to 1,024 bytes.
  const std::optional<std::string>& name() const { return name_; }
  // 64 lowercase hexadecimal digits.
  std::string to_string() const { return to_hex(bits_); }
  operator const ObjectId&() const { return bits_; }

  friend bool operator==(const DurableObjectId& a, const DurableObjectId& b) { return a.bits_ == b.bits_; }

 private:
  ObjectId bits_;
  std::optional<std::string> name_;
};

}  // namespace orrery
