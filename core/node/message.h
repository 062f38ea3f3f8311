// All messages between nodes, and between a user and an edge: to bytes and back.
//
//   message = kind:u8 body          kind: the place of its type in Message
//   body    = its fields, in the order that its fields() lists them (base/bytes.h)
//
// Each protocol owns its messages; only their sum is here.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <variant>

#include "core/base/bytes.h"
#include "core/base/spare_bytes.h"
#include "core/node/followers.h"
#include "core/node/register_messages.h"
#include "core/placement/claim.h"
#include "core/placement/directory.h"
#include "core/routing/request.h"

namespace orrery::node {

// From a user to its edge, which fills in the rest, and the edge's answer. `near` is a location hint.
struct UserCall : routing::Call {
  static constexpr auto fields() {
    return std::tuple{field("call", &UserCall::call),           field("object", &UserCall::object),
                      field("class", &UserCall::object_class),  field("method", &UserCall::method),
                      field("arguments", &UserCall::arguments), field("name", &UserCall::name),
                      field("near", &UserCall::near)};
  }
};
struct UserAnswer {
  CallId call;
  Status status{};
  Bytes payload;
  static constexpr auto fields() {
    return std::tuple{field("call", &UserAnswer::call), field("status", &UserAnswer::status),
                      field("payload", &UserAnswer::payload)};
  }
};

// To a service outside the platform, and its answer.
struct ServiceCall {
  CallId fetch;
  Request request;
  static constexpr auto fields() {
    return std::tuple{field("fetch", &ServiceCall::fetch), field("request", &ServiceCall::request)};
  }
};
struct ServiceAnswer {
  CallId fetch;
  Response response;
  static constexpr auto fields() {
    return std::tuple{field("fetch", &ServiceAnswer::fetch), field("response", &ServiceAnswer::response)};
  }
};

using Message =
    std::variant<routing::Call, routing::Reply, placement::Find, placement::Found, UserCall, UserAnswer, ServiceCall,
                 ServiceAnswer, placement::Place, placement::NotHere, OfRegister<placement::Prepare>,
                 OfRegister<placement::Promise>, OfRegister<placement::Accept>, OfRegister<placement::Accepted>,
                 OfRegister<placement::Refused>, OfRegister<placement::Look>, OfRegister<placement::Seen>,
                 OfLog<replication::Replicate>, OfLog<replication::Fence>, OfLog<replication::Fetch>,
                 OfLog<replication::Held>, OfLog<replication::Lacks>, OfLog<replication::Fenced>,
                 OfLog<replication::Outdated>, OfLog<replication::Records>, OfRegister<placement::Chosen>,
                 placement::Ping, placement::Pong>;

namespace detail {
template <class M, std::size_t I = 0>
consteval std::uint8_t kind_of_message() {
  if constexpr (std::is_same_v<M, std::variant_alternative_t<I, Message>>)
    return static_cast<std::uint8_t>(I);
  else
    return kind_of_message<M, I + 1>();
}
}  // namespace detail

template <class M>
Bytes to_bytes(const M& message) {
  Bytes bytes = SpareBytes::take();
  write_bytes_of(bytes, detail::kind_of_message<M>(), message);
  return bytes;
}

// Calls `take` with the message. Throws Bug if the bytes are none: they come from our own code only.
template <class Take>
void take_message(const Bytes& bytes, Take&& take) {
  Reader reader(bytes);
  const auto kind = reader.next<std::uint8_t>();
  const auto take_if_kind = [&]<std::size_t I>() {
    if (kind == I) take(reader.next<std::variant_alternative_t<I, Message>>());
    return kind == I;
  };
  const bool is_taken = [&]<std::size_t... I>(std::index_sequence<I...>) {
    return (take_if_kind.template operator()<I>() || ...);
  }(std::make_index_sequence<std::variant_size_v<Message>>());
  INVARIANT(is_taken, "a message of kind {}", kind);
}

// The same where only one kind can come.
template <class M>
M from_bytes_as(const Bytes& bytes) {
  Reader reader(bytes);
  const auto kind = reader.next<std::uint8_t>();
  INVARIANT(kind == detail::kind_of_message<M>(), "a message of kind {}", kind);
  return reader.next<M>();
}

}  // namespace orrery::node
