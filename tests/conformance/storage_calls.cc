// The operations of storage: keys and values, at once and waiting, and the transactions on them.
#include <functional>

#include "tests/conformance/interpreter.h"

namespace orrery::tests::conformance {
namespace {

bool is_set(const Value& options, std::string_view name) {
  const Value* option = field_of(options, name);
  const bool* truth = option ? std::get_if<bool>(option) : nullptr;
  return truth && *truth;
}

ReadOptions read_options(const Value& options) {
  return {.allow_concurrency = is_set(options, "allowConcurrency"), .no_cache = is_set(options, "noCache")};
}

WriteOptions write_options(const Value& options) {
  return {.allow_concurrency = is_set(options, "allowConcurrency"),
          .allow_unconfirmed = is_set(options, "allowUnconfirmed"),
          .no_cache = is_set(options, "noCache")};
}

ListOptions list_options(const Value& options) {
  const Value* prefix = field_of(options, "prefix");
  ListOptions made = prefix ? ListOptions::with_prefix(text_of(*prefix)) : ListOptions::all();
  if (const Value* start = field_of(options, "start")) made = std::move(made).from(text_of(*start));
  if (const Value* after = field_of(options, "startAfter")) made = std::move(made).after(text_of(*after));
  if (const Value* end = field_of(options, "end")) made = std::move(made).until(text_of(*end));
  if (is_set(options, "reverse")) made = std::move(made).backwards();
  if (const Value* limit = field_of(options, "limit"))
    made = std::move(made).limited_to(static_cast<std::int64_t>(number_of(*limit)));
  return made;
}

std::vector<std::string> texts_of(const List& list) {
  std::vector<std::string> texts;
  for (const Value& each : list.items) texts.push_back(text_of(each));
  return texts;
}

const Transaction& transaction_of(const Frame& frame) {
  const auto& transaction = frame.transaction ? frame.transaction : frame.shared->last_transaction;
  if (!transaction) throw ObjectError::type_error("no transaction was begun");
  return *transaction;
}

Value pair_or_nothing(std::optional<std::pair<std::string, Value>> entry) {
  if (!entry) return Undefined();
  return List{std::move(entry->first), std::move(entry->second)};
}

}  // namespace

void Interpreter::add_storage_calls(std::map<std::string_view, Call>& table) {
  table["kv.get"] = &Interpreter::kv_get;
  table["kv.put"] = &Interpreter::kv_put;
  table["kv.delete"] = &Interpreter::kv_delete;
  table["kv.list"] = &Interpreter::kv_list;
  table["kv.open"] = &Interpreter::kv_open;
  table["kv.next"] = &Interpreter::kv_next;
  table["txn.rollback"] = &Interpreter::txn_rollback;
}

void Interpreter::add_storage_calls(std::map<std::string_view, WaitingCall>& table) {
  table["storage.get"] = &Interpreter::get<false>;
  table["storage.put"] = &Interpreter::put<false>;
  table["storage.delete"] = &Interpreter::erase<false>;
  table["storage.list"] = &Interpreter::list_keys<false>;
  table["storage.delete_all"] = &Interpreter::delete_all<false>;
  table["txn.get"] = &Interpreter::get<true>;
  table["txn.put"] = &Interpreter::put<true>;
  table["txn.delete"] = &Interpreter::erase<true>;
  table["txn.list"] = &Interpreter::list_keys<true>;
  table["txn.delete_all"] = &Interpreter::delete_all<true>;
  table["storage.sync"] = &Interpreter::sync;
  table["storage.bookmark"] = &Interpreter::lacks_bookmarks;
  for (const std::string_view name :
       {"storage.set_alarm", "storage.set_alarm_at", "storage.has_alarm", "storage.delete_alarm", "txn.set_alarm",
        "txn.set_alarm_at", "txn.has_alarm", "txn.delete_alarm"})
    table[name] = &Interpreter::lacks_alarms;
}

Value Interpreter::kv_get(const Arguments& args, const Frame&) {
  std::optional<Value> value = ctx().storage().kv().get(args.text(0));
  return value ? std::move(*value) : Value(Undefined());
}
Value Interpreter::kv_put(const Arguments& args, const Frame&) {
  ctx().storage().kv().put(args.text(0), args[1]);
  return Undefined();
}
Value Interpreter::kv_delete(const Arguments& args, const Frame&) { return ctx().storage().kv().erase(args.text(0)); }
Value Interpreter::kv_list(const Arguments& args, const Frame&) {
  KvList entries = ctx().storage().kv().list(list_options(args[0]));
  List pairs;
  while (auto entry = entries.next()) pairs.items.push_back(pair_or_nothing(std::move(entry)));
  return pairs;
}
Value Interpreter::kv_open(const Arguments& args, const Frame& frame) {
  frame.shared->lists.insert_or_assign(args.text(0), ctx().storage().kv().list(list_options(args[1])));
  return Undefined();
}
Value Interpreter::kv_next(const Arguments& args, const Frame& frame) {
  return pair_or_nothing(std::get<KvList>(frame.shared->lists.at(args.text(0))).next());
}

// ---- The waiting calls.

template <bool in_transaction>
Keys Interpreter::keys_of(const Frame& frame) {
  if constexpr (!in_transaction) return ctx().storage();
  return transaction_of(frame);
}

Value Interpreter::txn_rollback(const Arguments&, const Frame& frame) {
  transaction_of(frame).rollback();
  return Undefined();
}

template <bool in_transaction>
Task<Value> Interpreter::get(Arguments args, FramePtr frame) {
  const Keys keys = keys_of<in_transaction>(*frame);
  const ReadOptions options = read_options(args[1]);
  if (const auto* list = std::get_if<List>(&args[0])) {
    std::vector<std::string> names = texts_of(*list);
    Task<Entries> work = keys.get(std::move(names), options);
    const Entries entries = co_await std::move(work);
    co_return map_of(entries);
  }
  std::string name = args.text(0);
  Task<std::optional<Value>> work = keys.get(std::move(name), options);
  std::optional<Value> value = co_await std::move(work);
  if (!value) co_return Undefined();
  co_return std::move(*value);
}

template <bool in_transaction>
Task<Value> Interpreter::put(Arguments args, FramePtr frame) {
  const Keys keys = keys_of<in_transaction>(*frame);
  const bool is_one = !std::holds_alternative<Object>(args[0]);
  const WriteOptions options = write_options(args[is_one ? 2 : 1]);
  Task<void> work = is_one ? keys.put(args.text(0), args[1], options)
                           : keys.put(Entries(std::get<Object>(args[0]).fields), options);
  co_await std::move(work);
  co_return Undefined();
}

template <bool in_transaction>
Task<Value> Interpreter::erase(Arguments args, FramePtr frame) {
  const Keys keys = keys_of<in_transaction>(*frame);
  const WriteOptions options = write_options(args[1]);
  if (const auto* list = std::get_if<List>(&args[0])) {
    std::vector<std::string> names = texts_of(*list);
    Task<std::int64_t> work = keys.erase(std::move(names), options);
    const std::int64_t count = co_await std::move(work);
    co_return static_cast<double>(count);
  }
  std::string name = args.text(0);
  Task<bool> work = keys.erase(std::move(name), options);
  const bool was_there = co_await std::move(work);
  co_return was_there;
}

template <bool in_transaction>
Task<Value> Interpreter::list_keys(Arguments args, FramePtr frame) {
  const Keys keys = keys_of<in_transaction>(*frame);
  ListOptions options = list_options(args[0]);
  const ReadOptions reading = read_options(args[0]);
  Task<Entries> work = keys.list(std::move(options), reading);
  const Entries entries = co_await std::move(work);
  co_return map_of(entries);
}

template <bool in_transaction>
Task<Value> Interpreter::delete_all(Arguments args, FramePtr frame) {
  const Keys keys = keys_of<in_transaction>(*frame);
  const WriteOptions options = write_options(args[0]);
  Task<void> work = keys.delete_all(options);
  co_await std::move(work);
  co_return Undefined();
}

Task<Value> Interpreter::sync(Arguments, FramePtr) {
  const Storage storage = ctx().storage();
  Task<void> work = storage.sync();
  co_await std::move(work);
  co_return Undefined();
}

Task<Value> Interpreter::lacks_alarms(Arguments, FramePtr) { throw ObjectError("this runtime has no alarms"); }
Task<Value> Interpreter::lacks_bookmarks(Arguments, FramePtr) { throw ObjectError("this runtime has no bookmarks"); }

}  // namespace orrery::tests::conformance
