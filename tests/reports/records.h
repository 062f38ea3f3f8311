// Hand-made records: a stream of what a few calls did, one line each.
#pragma once

#include <optional>
#include <utility>
#include <vector>

#include "core/journal/event.h"

namespace orrery::reports {

inline Time at(Duration since_start) { return Time(since_start); }

inline journal::Requested requested(std::uint64_t call, Duration intended, std::uint32_t client = 0,
                                    std::uint16_t method = 1) {
  journal::Requested event{};
  event.call = CallId{call};
  event.client = ClientId{client};
  event.method = MethodId{method};
  event.intended = at(intended);
  return event;
}

inline journal::Called called(std::uint64_t call, std::uint64_t parent = 0) {
  journal::Called event{};
  event.call = CallId{call};
  event.parent = CallId{parent};
  return event;
}

inline journal::Arrived arrived(std::uint64_t call, std::uint64_t object = 1, std::uint64_t instance = 1) {
  return {.call = CallId{call}, .object = ObjectId{{object}}, .instance = InstanceId{instance}};
}

inline journal::TurnStarted turn_started(std::uint64_t call, Duration ends, std::uint64_t object = 1,
                                         std::uint64_t instance = 1,
                                         journal::TurnKind kind = journal::TurnKind::call) {
  journal::TurnStarted event{};
  event.call = CallId{call};
  event.ends = at(ends);
  event.object = ObjectId{{object}};
  event.instance = InstanceId{instance};
  event.kind = kind;
  return event;
}

// One that spends so much of its time on so many storage operations.
inline journal::TurnStarted storing_turn(std::uint64_t call, Duration ends, Duration storage,
                                         std::uint32_t operations = 1) {
  journal::TurnStarted event = turn_started(call, ends);
  event.storage = storage;
  event.operations = operations;
  return event;
}

inline journal::TurnEnded turn_ended(std::uint64_t call, std::uint64_t turn = 0) {
  journal::TurnEnded event{};
  event.call = CallId{call};
  event.turn = TurnNumber{turn};
  return event;
}

inline journal::Committed committed(std::uint64_t turn, std::uint64_t object = 1, std::uint64_t index = 1) {
  journal::Committed event{};
  event.object = ObjectId{{object}};
  event.turn = TurnNumber{turn};
  event.index = CommitIndex{index};
  return event;
}

inline journal::Replied replied(std::uint64_t call) {
  journal::Replied event{};
  event.call = CallId{call};
  return event;
}

// The reply to `output` leaves, or the fetch or call of this name.
inline journal::OutputLeft left(std::uint64_t output, journal::OutputKind kind = journal::OutputKind::reply) {
  journal::OutputLeft event{};
  event.output = CallId{output};
  event.kind = kind;
  return event;
}

inline journal::FetchQueued fetch_queued(std::uint64_t call, std::uint64_t fetch) {
  return {.call = CallId{call}, .fetch = CallId{fetch}};
}

inline journal::FetchStarted fetch_started(std::uint64_t call, std::uint64_t fetch) {
  return {.call = CallId{call}, .fetch = CallId{fetch}, .service = NodeId{9}};
}

inline journal::FetchEnded fetch_ended(std::uint64_t call, std::uint64_t fetch) {
  return {.call = CallId{call}, .fetch = CallId{fetch}};
}

inline journal::Answered answered(std::uint64_t call) {
  journal::Answered event{};
  event.call = CallId{call};
  return event;
}

inline journal::Answered answered(std::uint64_t call, journal::Status status, Value value) {
  journal::Answered event = answered(call);
  event.status = status;
  event.value = std::move(value);
  return event;
}

inline journal::Completed completed(std::uint64_t call, journal::Status status = journal::Status::ok) {
  return {.call = CallId{call}, .client = ClientId{0}, .status = status};
}

inline journal::InstanceStarted instance_started(std::uint64_t object, std::uint64_t instance) {
  return {
      .instance = InstanceId{instance}, .object = ObjectId{{object}}, .object_class = ClassId{0}, .epoch = Epoch{1}};
}

inline journal::InstanceEnded instance_ended(std::uint64_t object, std::uint64_t instance,
                                             journal::EndReason reason = journal::EndReason::evicted) {
  return {.object = ObjectId{{object}}, .instance = InstanceId{instance}, .reason = reason};
}

using Script = std::vector<std::pair<Duration, journal::Event>>;

inline void play(const Script& script, journal::Sink& sink, NodeId node = NodeId{0}) {
  for (const auto& [when, event] : script)
    if (sink.interest().includes(event.index())) sink.on({at(when), node, event});
}

}  // namespace orrery::reports
