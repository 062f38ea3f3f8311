// What a register holds, as bytes. Empty: nothing yet.
#pragma once

#include <optional>

#include "core/base/bytes.h"

namespace orrery::node {

template <class Record>
Bytes packed(const std::optional<Record>& record) {
  return record ? to_bytes_of(*record) : Bytes();
}

template <class Record>
std::optional<Record> record_in(const Bytes& bytes) {
  if (bytes.empty()) return std::nullopt;
  return Reader(bytes).next<Record>();
}

}  // namespace orrery::node
