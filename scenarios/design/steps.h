// What a handler of a design does: steps, in order.
//
//   "cpu 0.7ms"                     the object is busy; any distribution (core/base/distributions.h)
//   "kv.get"  "kv.put bytes=200"    one key of the object's own storage; bytes=request: as many as the request carries
//                                   (what is longer than an entry may be is not written, and the call fails)
//   "sql.read rows=5"  "sql.write 0.65ms rows=3"
//                                   one statement; with a time it costs that instead of what such operations cost
//   "sync"                          waits until all that was written is durable
//   "wait 10ms"                     waits, and other events may enter
//   "reply"                         the caller has its answer; what follows goes on in the background
//   { fetch = "payments" }                            asks a service; gate = "closed": no other event enters meanwhile
//   { call = "Counter.increment", key = "7" }         calls another object; without a key, "0"
//   { call = "Counter.increment", keys = 100 }        one of "0" to "99", another one each time
//   { block = [steps] }                               no other event enters meanwhile
//   { all = [[steps], [steps]] }                      side by side
//   { when = 0.1, then = [steps] }                    in this share of the runs of the handler
#pragma once

#include <concepts>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>
#include <vector>

#include "core/base/distributions.h"
#include "core/base/time.h"

namespace orrery::scenarios {

struct Step;
using Steps = std::vector<Step>;

struct CpuStep {
  Distribution cost;
  friend bool operator==(const CpuStep&, const CpuStep&) = default;
};
struct StorageStep {
  enum class Kind : std::uint8_t { kv_get, kv_put, sql_read, sql_write };
  Kind kind{};
  std::optional<Distribution> cost{};  // in place of the usual cost of its operations
  std::uint32_t rows = 1;              // of SQL
  std::uint32_t bytes = 100;           // of a value, or of each row
  bool is_as_request = false;          // so many as the request carries; `bytes`, if it does not say
  friend bool operator==(const StorageStep&, const StorageStep&) = default;
};
struct SyncStep {
  friend bool operator==(const SyncStep&, const SyncStep&) = default;
};
struct WaitStep {
  Distribution lasts;
  friend bool operator==(const WaitStep&, const WaitStep&) = default;
};
struct ReplyStep {
  friend bool operator==(const ReplyStep&, const ReplyStep&) = default;
};
struct FetchStep {
  std::string service;
  friend bool operator==(const FetchStep&, const FetchStep&) = default;
};
struct CallStep {
  std::string object_class;
  std::string handler;
  std::string key = "0";
  std::uint32_t keys = 0;    // 0: it is always `key`; else one of so many, drawn
  std::uint32_t shards = 0;  // so many objects stand for the keys of that class; 0: one object a key
  friend bool operator==(const CallStep&, const CallStep&) = default;
};
struct BlockStep {
  Steps steps;
  friend bool operator==(const BlockStep&, const BlockStep&) = default;
};
struct AllStep {
  std::vector<Steps> branches;
  friend bool operator==(const AllStep&, const AllStep&) = default;
};
struct WhenStep {
  std::int64_t share_millionths = 0;
  Steps then;
  friend bool operator==(const WhenStep&, const WhenStep&) = default;
};

struct Step {
  std::variant<CpuStep, StorageStep, SyncStep, WaitStep, ReplyStep, FetchStep, CallStep, BlockStep, AllStep, WhenStep>
      what;
  friend bool operator==(const Step&, const Step&) = default;
};

struct HandlerPlan {
  std::string name;
  Steps steps;
  friend bool operator==(const HandlerPlan&, const HandlerPlan&) = default;
};

// Each step, those inside of others too, and in how many of a million runs of the handler it happens.
template <class AnySteps, class Visit>
  requires std::same_as<std::remove_const_t<AnySteps>, Steps>
void for_each_step(AnySteps& steps, const Visit& visit, std::int64_t share = 1'000'000) {
  for (auto& step : steps) {
    visit(step, share);
    if (auto* block = std::get_if<BlockStep>(&step.what)) for_each_step(block->steps, visit, share);
    if (auto* all = std::get_if<AllStep>(&step.what))
      for (auto& branch : all->branches) for_each_step(branch, visit, share);
    if (auto* when = std::get_if<WhenStep>(&step.what))
      for_each_step(when->then, visit, share * when->share_millionths / 1'000'000);
  }
}

// Of a value, or of a row: with its key and what is beside it, it is as long as an entry may be.
inline constexpr std::uint32_t step_bytes_max = 1'999'900;

// One of the steps that are written as a text. The error is a sentence.
std::expected<Step, std::string> parse_step(std::string_view text);

// As it stands in a file, in one line.
std::string to_toml(const Step& step);
std::string to_toml(const Steps& steps);

}  // namespace orrery::scenarios
