#include "tests/conformance/program.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <set>
#include <stdexcept>

namespace orrery::tests::conformance {
namespace {

void require(bool condition, std::string_view message) {
  if (!condition) throw std::runtime_error(std::string(message));
}

void refuse_others(const Json& json, std::string_view what, const std::set<std::string, std::less<>>& known) {
  require(json.is_object(), fmt::format("{} is no object", what));
  for (const auto& [field, value] : json.items())
    require(known.contains(field), fmt::format("{} has an unknown field \"{}\"", what, field));
}

void check_operations(const Json& operations, std::string_view where) {
  require(operations.is_array(), fmt::format("{} is no list of operations", where));
  for (const Json& each : operations)
    require(each.is_array() && !each.empty() && each[0].is_string(),
            fmt::format("{}: {} is no operation", where, each.dump()));
}

ScheduledEvent event_of(const Json& json) {
  refuse_others(json, "an event", {"at", "object", "handler", "args", "times", "stub", "via"});
  ScheduledEvent event;
  event.at_ms = json.value("at", std::int64_t{0});
  event.object = json.at("object").get<std::string>();
  event.handler = json.at("handler").get<std::string>();
  event.args = json.value("args", Json::array());
  event.times = json.value("times", std::uint64_t{1});
  event.stub = json.value("stub", "");
  require(event.args.is_array(), "the arguments of an event are no list");
  if (json.contains("via")) {
    require(json.at("via") == "fetch", "an event can come via \"fetch\" only");
    event.via_fetch = true;
  }
  return event;
}

}  // namespace

Program program_of(const Json& json) {
  refuse_others(
      json, "a program",
      {"name", "section", "rule", "storage", "classes", "objects", "services", "schedule", "lasts", "slow", "needs"});
  Program program;
  program.name = json.at("name").get<std::string>();
  program.section = json.at("section").get<std::string>();
  program.rule = json.at("rule").get<std::string>();
  const Json& storage = json.at("storage");
  require(storage == "sqlite" || storage == "kv", "its storage is neither \"sqlite\" nor \"kv\"");
  program.is_kv = storage == "kv";
  for (const auto& [name, handlers] : json.at("classes").items()) {
    Program::Handlers& made = program.classes.emplace_back(name, Program::Handlers()).second;
    for (const auto& [handler, operations] : handlers.items()) {
      check_operations(operations, fmt::format("{}.{}", name, handler));
      made[handler] = operations;
    }
  }
  require(!program.classes.empty(), "it has no class");
  if (json.contains("objects"))
    for (const auto& [object, its_class] : json.at("objects").items())
      program.objects[object] = its_class.get<std::string>();
  if (json.contains("services"))
    for (const auto& [service, plan] : json.at("services").items())
      program.delays_ms[service] = plan.value("delay", std::int64_t{0});
  for (const Json& each : json.at("schedule")) program.schedule.push_back(event_of(each));
  if (json.contains("lasts")) program.lasts_ms = json.at("lasts").get<std::int64_t>();
  if (json.contains("needs")) program.needs = json.at("needs").get<std::vector<std::string>>();
  return program;
}

const std::string& Program::class_of(std::string_view object) const {
  const auto found = objects.find(object);
  return found == objects.end() ? classes.front().first : found->second;
}

const Program::Handlers& Program::handlers_of(std::string_view object_class) const {
  const auto found = std::ranges::find(classes, object_class, &std::pair<std::string, Handlers>::first);
  require(found != classes.end(), fmt::format("{} has no class {}", name, object_class));
  return found->second;
}

Json read_json(const std::filesystem::path& file) {
  std::ifstream stream(file);
  require(stream.good(), fmt::format("cannot read {}", file.string()));
  try {
    return Json::parse(stream);
  } catch (const Json::exception& error) {
    throw std::runtime_error(fmt::format("{}: {}", file.string(), error.what()));
  }
}

std::vector<Program> read_programs(const std::filesystem::path& file) {
  const Json json = read_json(file);
  require(json.is_array(), fmt::format("{} is no list of programs", file.string()));
  std::vector<Program> programs;
  for (const Json& each : json) {
    try {
      programs.push_back(program_of(each));
    } catch (const std::exception& error) {
      const std::string name = each.is_object() ? each.value("name", "a program without a name") : each.dump();
      throw std::runtime_error(fmt::format("{}: {}: {}", file.string(), name, error.what()));
    }
  }
  return programs;
}

std::map<std::string, Json> read_transcripts(const std::filesystem::path& file) {
  const Json json = read_json(file);
  require(json.contains("transcripts"), fmt::format("{} holds no transcripts", file.string()));
  std::map<std::string, Json> transcripts;
  for (const auto& [name, transcript] : json.at("transcripts").items()) transcripts[name] = transcript;
  return transcripts;
}

}  // namespace orrery::tests::conformance
