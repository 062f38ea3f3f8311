#include "core/node/message.h"

#include <array>

namespace orrery::node {
namespace {

template <std::size_t I>
Message read_as(Reader& reader) {
  Message message(std::in_place_index<I>);
  reader.get(std::get<I>(message));
  return message;
}

template <std::size_t... I>
Message read(std::size_t kind, Reader& reader, std::index_sequence<I...>) {
  using Read = Message (*)(Reader&);
  static constexpr std::array<Read, sizeof...(I)> read_kind = {&read_as<I>...};
  INVARIANT(kind < read_kind.size(), "a message of kind {}", kind);
  return read_kind[kind](reader);
}

}  // namespace

Message from_bytes(const Bytes& bytes) {
  Reader reader(bytes);
  const auto kind = reader.next<std::uint8_t>();
  return read(kind, reader, std::make_index_sequence<std::variant_size_v<Message>>());
}

}  // namespace orrery::node
