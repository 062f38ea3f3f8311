#include "core/node/acceptors.h"

#include <utility>

#include "core/base/bytes.h"
#include "core/node/message.h"

namespace orrery::node {

void Acceptors::on(NodeId from, const OfRegister<placement::Prepare>& prepare, Cause cause) {
  step(from, prepare, cause);
}
void Acceptors::on(NodeId from, const OfRegister<placement::Accept>& accept, Cause cause) { step(from, accept, cause); }

template <class Message>
void Acceptors::step(NodeId from, const OfRegister<Message>& asked, Cause cause) {
  Register* const known = at(asked.key);
  if (!known) return;
  placement::AcceptorStep step = known->acceptor.step(asked.message);
  if (step.must_persist) {
    log_.put_note(asked.key, to_bytes_of(known->acceptor));
    writes_.push({log_.batch(), asked.key});
  }
  std::vector<Answer> said;
  std::visit([&](auto&& answer) { said.push_back({from, std::forward<decltype(answer)>(answer), cause}); },
             std::move(step.answer));
  known->outbox.add(step.must_persist, std::move(said), leaving_);
  send(asked.key);
}

void Acceptors::on(NodeId from, const OfRegister<placement::Look>& look, Cause cause) {
  Register* const known = at(look.key);
  if (!known) return;
  known->outbox.add(false, {{from, known->acceptor.seen(), cause}}, leaving_);
  send(look.key);
}

void Acceptors::on(const OfRegister<placement::Chosen>& chosen) {
  if (Register* const known = at(chosen.key)) known->acceptor.step(chosen.message);
}

void Acceptors::on_durable() {
  while (!writes_.empty() && writes_.front().batch <= log_.durable_batches()) {
    const Write done = writes_.pop();
    registers_.find(done.key)->outbox.on_persisted(leaving_);
    send(done.key);
  }
}

Acceptors::Register* Acceptors::at(const ObjectId& key) {
  if (!log_.is_open()) return nullptr;
  Register& known = registers_[key];
  if (!std::exchange(known.is_read, true)) {
    const std::expected<std::optional<Bytes>, std::string> note = log_.note_of(key);
    known.is_silent = !note;
    if (note && *note) known.acceptor = Reader(**note).next<placement::Acceptor>();
  }
  return known.is_silent ? nullptr : &known;
}

void Acceptors::send(const ObjectId& key) {
  for (const Answer& each : leaving_)
    std::visit(
        [&](const auto& what) {
          using Message = OfRegister<std::decay_t<decltype(what)>>;
          host_.network.send_datagram(each.to, to_bytes(Message{key, what}), each.cause.child(0));
        },
        each.what);
  leaving_.clear();
}

}  // namespace orrery::node
