// A world's state as bytes: as Writer writes it, and with instants.
#pragma once

#include <optional>
#include <vector>

#include "core/base/bytes.h"

namespace orrery::tests {

class StateWriter {
 public:
  void put(LocalTime instant) { writer_.put(instant.time_since_epoch()); }
  template <HasFields Struct>
  void put(const Struct& object) {
    for_each_field(object, [this](std::string_view, const auto& member) { this->put(member); });
  }
  template <class T>
  void put(const std::optional<T>& held) {
    writer_.put(static_cast<std::uint8_t>(held.has_value()));
    if (held) put(*held);
  }
  template <class T>
  void put(const std::vector<T>& items) {
    writer_.put(static_cast<std::uint32_t>(items.size()));
    for (const T& each : items) put(each);
  }
  template <class T>
  requires(!HasFields<T>)
  void put(const T& plain) {
    writer_.put(plain);
  }
  Bytes take() { return writer_.take(); }

 private:
  Writer writer_{512};
};

}  // namespace orrery::tests
