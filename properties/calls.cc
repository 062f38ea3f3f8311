#include "properties/calls.h"

#include <fmt/format.h>

#include "properties/verdicts.h"

namespace orrery::properties {

std::string Call::text() const {
  const std::string in_brackets = std::holds_alternative<std::monostate>(argument) ? "" : orrery::to_text(argument);
  return fmt::format("{} ({}({}) at {})", from, method, in_brackets, seconds(sent));
}

void CallProperty::on(const journal::Record& record) {
  if (violation_) return;
  if (const auto* requested = std::get_if<journal::Requested>(&record.event)) {
    Open& open = open_[requested->call];
    open.client = requested->client;
    open.number = requested->number;
    open.is_a_users = true;
  } else if (const auto* called = std::get_if<journal::Called>(&record.event)) {
    Open& open = open_[called->call];
    open.object = called->object;
    open.object_class = called->object_class;
    open.method = called->method;
    open.argument = called->argument;
    open.sent = record.at;
  } else if (const auto* answered = std::get_if<journal::Answered>(&record.event)) {
    const Open* open = open_.find(answered->call);
    if (!open) return;
    const journal::ClassNames& its_class = names_.classes[open->object_class.value];
    const Call call{.from = open->is_a_users ? journal::client_text(names_, open->client) : "an object",
                    .number = open->number,
                    .object = open->object,
                    .object_class = its_class.name,
                    .method = its_class.methods[open->method.value],
                    .argument = open->argument,
                    .status = answered->status,
                    .value = answered->value,
                    .sent = open->sent,
                    .answered = record.at};
    open_.erase(answered->call);
    on_call(call);
  }
}

void CallProperty::violate(std::string rule, const Call& call, std::string text) {
  ++tested_;
  violation_ = {.rule = std::move(rule), .object = to_hex(call.object), .text = std::move(text), .at = call.answered};
}

Verdict CallProperty::verdict() const { return verdict_of(tested_, violation_); }

}  // namespace orrery::properties
