#include "scenarios/transfers.h"

#include <algorithm>
#include <set>

#include "core/object/durable_object.h"
#include "properties/calls.h"
#include "scenarios/world_settings.h"

namespace orrery::scenarios {
namespace {

constexpr std::int64_t begins_with = 1'000;  // each account
constexpr Duration while_others_work = 20ms;

// One of the two accounts of a bank. What is transferred goes through three calls, each of which may come again, or
// late: prepare puts the money aside, commit moves it, cancel puts it back. Whoever has cancelled a transfer remembers
// that, for its prepare may still be on its way.
class Account final : public DurableObject {
 public:
  using DurableObject::DurableObject;

  // Whether it can be done. `amount` is what comes in; less than nothing goes out.
  Task<bool> prepare(std::int64_t transfer, std::int64_t amount) {
    const std::string aside = key("aside/", transfer);
    if (kv().get(key("over/", transfer))) co_return false;
    if (kv().get(aside)) co_return true;
    if (balance() + amount < 0) co_return false;
    kv().put(aside, amount);
    if (amount < 0) set_balance(balance() + amount);
    co_return true;
  }

  Task<void> commit(std::int64_t transfer) {
    const std::int64_t amount = take_aside(transfer);
    if (amount > 0) set_balance(balance() + amount);
    co_return;
  }

  Task<void> cancel(std::int64_t transfer) {
    const std::int64_t amount = take_aside(transfer);
    if (amount < 0) set_balance(balance() - amount);
    co_return;
  }

  // In one go, for those who do not know better.
  Task<bool> move(std::int64_t amount) {
    if (balance() + amount < 0) co_return false;
    set_balance(balance() + amount);
    co_return true;
  }

  Task<std::int64_t> read() { co_return balance(); }

 private:
  Kv kv() { return ctx().storage().kv(); }
  static std::string key(std::string_view what, std::int64_t transfer) {
    return std::string(what) + std::to_string(transfer);
  }
  std::int64_t balance() { return kv().get_or("balance", begins_with); }
  void set_balance(std::int64_t balance) { kv().put("balance", balance); }
  // What is put aside for it, which is nothing if that is over already.
  std::int64_t take_aside(std::int64_t transfer) {
    kv().put(key("over/", transfer), true);
    const std::int64_t amount = kv().get_or(key("aside/", transfer), std::int64_t{0});
    kv().erase(key("aside/", transfer));
    return amount;
  }
};

// While it lives, one more.
class OneMore {
 public:
  explicit OneMore(int& count) : count_(count) { ++count_; }
  ~OneMore() { --count_; }
  OneMore(const OneMore&) = delete;
  OneMore& operator=(const OneMore&) = delete;

 private:
  int& count_;
};

// Moves money between its two accounts, by two-phase commit: the decision is durable before anybody hears of it. What
// was begun and not finished, by an earlier life of the bank or because an account could not be reached, is finished
// before anything else, and is cancelled if nothing was decided.
class Bank final : public DurableObject {
 public:
  using DurableObject::DurableObject;

  // From the first account to the second, or back if it is less than nothing. Whether it was done.
  Task<bool> transfer(std::int64_t amount) {
    co_await finish_what_was_begun();
    while (counts_ > 0) {
      co_await ctx().sleep(while_others_work);
    }
    const std::int64_t id = kv().get_or("transfers", std::int64_t{0}) + 1;
    kv().put("transfers", id);
    kv().put(key(id), false);
    under_way_.insert(id);
    std::int64_t agreed = 0;
    std::vector<Task<void>> both;
    both.push_back(ask("a", id, -amount, agreed));
    both.push_back(ask("b", id, amount, agreed));
    co_await all_of(std::move(both));
    const bool is_agreed = agreed == 2;
    if (is_agreed) kv().put(key(id), true);
    co_await carry_out(id, is_agreed);
    co_return is_agreed;
  }

  // The mistake: one account after the other, and no way back.
  Task<bool> transfer_at_once(std::int64_t amount) {
    while (counts_ > 0) {
      co_await ctx().sleep(while_others_work);
    }
    const OneMore at_once(at_once_);
    Stub from = account("a");
    Stub to = account("b");
    const std::int64_t out = -amount;
    const bool has_left = co_await from.call<&Account::move>(out);
    if (!has_left) co_return false;
    const bool has_come = co_await to.call<&Account::move>(amount);
    co_return has_come;
  }

  // What both accounts have together while nothing is under way.
  Task<std::int64_t> total() {
    const OneMore count(counts_);
    while (at_once_ > 0 || !begun().empty()) {
      co_await finish_what_was_begun();
      co_await ctx().sleep(while_others_work);
    }
    Stub first = account("a");
    Stub second = account("b");
    const std::int64_t one = co_await first.call<&Account::read>();
    const std::int64_t other = co_await second.call<&Account::read>();
    co_return one + other;
  }

 private:
  struct Begun {
    std::int64_t id;
    bool commits;
  };

  Kv kv() { return ctx().storage().kv(); }
  static std::string key(std::int64_t transfer) { return "transfer/" + std::to_string(transfer); }
  Stub account(std::string_view which) {
    return ctx().binding("Account").get_by_name(to_hex(ctx().id()) + "/" + std::string(which));
  }
  std::vector<Begun> begun() {
    std::vector<Begun> all;
    KvList list = kv().list(ListOptions::with_prefix("transfer/"));
    while (const auto entry = list.next())
      all.push_back({std::stoll(entry->first.substr(key(0).size() - 1)), std::get<bool>(entry->second)});
    return all;
  }

  Task<void> ask(std::string_view which, std::int64_t id, std::int64_t amount, std::int64_t& agreed) {
    Stub here = account(which);
    try {
      const bool yes = co_await here.call<&Account::prepare>(id, amount);
      agreed += yes ? 1 : 0;
    } catch (const ObjectError&) {
      // It may have heard of it, or not: that is no yes.
    }
  }

  Task<void> tell(std::string_view which, std::int64_t id, bool commits) {
    Stub here = account(which);
    if (commits) {
      co_await here.call<&Account::commit>(id);
    } else {
      co_await here.call<&Account::cancel>(id);
    }
  }

  // Throws if one of them cannot be told now.
  Task<void> carry_out(std::int64_t id, bool commits) {
    std::vector<Task<void>> both;
    both.push_back(tell("a", id, commits));
    both.push_back(tell("b", id, commits));
    try {
      co_await all_of(std::move(both));
    } catch (const ObjectError&) {
      under_way_.erase(id);
      throw;
    }
    kv().erase(key(id));
    under_way_.erase(id);
  }

  Task<void> finish_what_was_begun() {
    for (const Begun& each : begun()) {
      if (!under_way_.insert(each.id).second) continue;
      co_await carry_out(each.id, each.commits);
    }
  }

  std::set<std::int64_t> under_way_;  // in this life
  int at_once_ = 0;
  int counts_ = 0;
};

// Whoever asks a bank for the total is told what both accounts began with.
class SumIsKept final : public properties::CallProperty {
 public:
  using CallProperty::CallProperty;
  std::string_view name() const override { return "sum_is_kept"; }
  void on_call(const properties::Call& call) override {
    if (call.method != "total" || call.status != journal::Status::ok) return;
    if (call.value != Value(2 * begins_with))
      return violate("money_stays", call,
                     call.text() + " was told " + to_text(call.value) + ", and there are " +
                         std::to_string(2 * begins_with));
    held();
  }
};

Experiment make_transfers(const Settings& settings) {
  Experiment experiment = experiment_in_world("transfers", settings);
  experiment.classes = {{.name = "Bank",
                         .keys = static_cast<std::uint64_t>(settings.get<std::int64_t>("objects.Bank.key.n"))},
                        {.name = "Account"}};
  experiment.clients = groups_in_cities(cities_of(experiment), 3, 2, settings.get<Rate>("clients.rate"));
  const Between amounts{-300, 300};
  experiment.workload = Law{{{"Bank", "transfer", weight_of(settings, "mix.transfer"), {amounts}},
                             {"Bank", "transfer_at_once", weight_of(settings, "mix.transfer_at_once"), {amounts}},
                             {"Bank", "total", weight_of(settings, "mix.total"), {}}}};
  experiment.faults = faults_of(experiment, settings);
  return experiment;
}

}  // namespace

Scenario transfers() {
  return {.name = "transfers",
          .teaches = "Two objects, one sum: two-phase commit through calls, which no crash leaves half done.",
          .classes = {object_class<Bank>("Bank")
                          .with<&Bank::transfer>("transfer")
                          .with<&Bank::transfer_at_once>("transfer_at_once")
                          .with<&Bank::total>("total"),
                      object_class<Account>("Account")
                          .with<&Account::prepare>("prepare")
                          .with<&Account::commit>("commit")
                          .with<&Account::cancel>("cancel")
                          .with<&Account::move>("move")
                          .with<&Account::read>("read")},
          .parameters = with_world_settings(
              30s, {rate_setting("clients.rate", "calls of both clients of one city together", "5/s"),
                    number_setting("objects.Bank.key.n", "how many banks there are", 3, 1, 1'000'000),
                    number_setting("mix.transfer", "weight of transfers among the calls", 4, 0, 1'000'000),
                    number_setting("mix.transfer_at_once", "weight of transfers without two phases: a mistake", 0, 0,
                                   1'000'000),
                    number_setting("mix.total", "weight of counts", 1, 0, 1'000'000)}),
          .make = make_transfers,
          .properties = {properties::own_property<SumIsKept>("money is neither made nor lost, whatever crashes")}};
}

}  // namespace orrery::scenarios
