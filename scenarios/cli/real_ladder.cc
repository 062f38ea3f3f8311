#include "scenarios/cli/real_ladder.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <utility>

#include "core/node/message.h"
#include "core/node/node.h"
#include "core/ports/local.h"
#include "core/routing/packing.h"
#include "scenarios/cli/errors.h"
#include "scenarios/cli/interrupts.h"
#include "scenarios/law.h"
#include "sim/world.h"

namespace orrery::cli {
namespace {

using Clock = std::chrono::steady_clock;

constexpr NodeId the_node{0};  // services come behind it

object::Environment environment_of(const scenarios::Experiment& experiment, const scenarios::Code& code) {
  object::Environment environment;
  for (const scenarios::ClassPlan& each : experiment.classes)
    environment.classes.push_back(
        {scenarios::definition_of(each, code), Namespace(each.name), each.holding, std::nullopt, each.storage});
  for (const scenarios::ServicePlan& each : experiment.services)
    environment.services.push_back({each.name, NodeId{static_cast<std::uint32_t>(environment.services.size() + 1)}});
  environment.costs = {.turn = Duration::zero(), .storage_operation = Duration::zero(), .spread_millionths = 0};
  return environment;
}

// They answer as those of the simulated world do.
std::vector<ports::LocalService> services_of(const scenarios::Experiment& experiment) {
  std::vector<ports::LocalService> services;
  for (const scenarios::ServicePlan& plan : experiment.services) {
    const sim::Service service{plan.name, 0, plan.latency, plan.refusals_millionths};
    const Draws draws(experiment.seed);
    const auto serve = [service, draws](const Bytes& request, Cause cause) {
      const CallId fetch = node::from_bytes_as<node::ServiceCall>(request).fetch;
      const node::ServiceAnswer answer{fetch, Response::with_status(service.status(draws, cause))};
      return ports::LocalService::Answer{service.time(draws, cause), node::to_bytes(answer)};
    };
    services.push_back({NodeId{static_cast<std::uint32_t>(services.size() + 1)}, serve});
  }
  return services;
}

// Clients in a closed loop on one node: each sends its next request when it has its answer.
class Loop {
 public:
  Loop(const scenarios::Experiment& experiment, const scenarios::Code& code, const std::string& directory)
      : call_(std::get<scenarios::Law>(experiment.workload).mix.front()),
        law_(experiment),
        sent_(scenarios::client_count(experiment)),
        local_(
            directory, experiment.seed, [this](ClientId client, const Bytes&) { answered(client); },
            services_of(experiment)),
        environment_(environment_of(experiment, code)),
        class_(scenarios::class_named(experiment, call_.object_class)),
        method_(*environment_.classes[class_.value].definition.method_named(call_.call)),
        object_(environment_.classes[class_.value].names.id_from_name("0")),
        node_(local_.host(), environment_,
              {.city = 0, .directory = the_node, .runs_objects = true, .placed_by_city = {{{the_node}}}}) {
    node_.on_start();
  }

  void send_all() {
    for (std::uint32_t client = 0; client < sent_.size(); ++client) send(ClientId{client});
  }
  void run_until(Clock::time_point end) {
    local_.run(node_, [end] { return Clock::now() >= end || Interrupts::exit_code() != 0; });
  }

  reports::Histogram times;

 private:
  void send(ClientId client) {
    const auto drawn = law_.next(client);
    const Cause cause = Cause::operation(client, drawn->number);
    node::UserCall message;
    message.call = CallId{cause.key};
    message.object = object_;
    message.object_class = class_;
    message.method = method_;
    message.arguments = routing::pack_values(law_.arguments(cause, drawn->share));
    sent_[client.value] = Clock::now();
    local_.send(client, node::to_bytes(message), cause);
  }
  void answered(ClientId client) {
    times.record(Clock::now() - sent_[client.value]);
    send(client);
  }

  const scenarios::CallShare& call_;
  scenarios::LawDraws law_;
  std::vector<Clock::time_point> sent_;
  ports::Local local_;
  const object::Environment environment_;
  const ClassId class_;
  const MethodId method_;
  const ObjectId object_;
  node::Node node_;
};

}  // namespace

TemporaryDirectory::TemporaryDirectory() {
  path_ = (std::filesystem::temp_directory_path() / "orrery-bench-XXXXXX").string();
  if (!::mkdtemp(path_.data()))
    refuse(exit_no_file, fmt::format("cannot make a directory for files, {}: {}", path_, std::strerror(errno)));
  remove_directory_when_stopped(path_);
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
  remove_directory_when_stopped("");
}

reports::LadderRung run_really(const scenarios::Experiment& base, const scenarios::CallShare& call,
                               const scenarios::Code& code, const scenarios::LadderStep& step, const RealPlan& plan,
                               const std::string& directory) {
  const scenarios::Experiment experiment = scenarios::ladder_experiment(base, call, step.clients, step.holding);
  Loop loop(experiment, code, directory);
  loop.send_all();
  loop.run_until(Clock::now() + plan.warmup);
  loop.times = {};
  const auto start = Clock::now();
  loop.run_until(start + plan.measured);
  const Duration measured = Clock::now() - start;
  return {.clients = step.clients,
          .completed = loop.times.count(),
          .measured = measured,
          .p50 = loop.times.honest_percentile({50'000}),
          .p99 = loop.times.honest_percentile({99'000})};
}

}  // namespace orrery::cli
