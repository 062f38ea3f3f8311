// Programs of FORMAT.md, as plain data.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

namespace orrery::tests::conformance {

using Json = nlohmann::ordered_json;

// What an event may say beside its object and handler has the meaning of FORMAT.md.
struct ScheduledEvent {
  std::int64_t at_ms = 0;
  std::string object;
  std::string handler;
  Json args = Json::array();
  std::uint64_t times = 1;
  std::string stub;  // empty: a new one
  bool via_fetch = false;
};

struct Program {
  using Handlers = std::map<std::string, Json, std::less<>>;  // each a list of operations

  std::string name;
  std::string section;
  std::string rule;
  bool is_kv = false;  // its objects are of the older kind
  std::vector<std::pair<std::string, Handlers>> classes;
  std::map<std::string, std::string, std::less<>> objects;     // object -> class
  std::map<std::string, std::int64_t, std::less<>> delays_ms;  // of services
  std::vector<ScheduledEvent> schedule;
  std::optional<std::int64_t> lasts_ms;
  std::vector<std::string> needs;

  const std::string& class_of(std::string_view object) const;
  const Handlers& handlers_of(std::string_view object_class) const;
};

// Throws std::exception if it is no program.
Program program_of(const Json& json);
// All of these throw std::runtime_error, which names the file and the program.
Json read_json(const std::filesystem::path& file);
std::vector<Program> read_programs(const std::filesystem::path& file);
// By the programs' names.
std::map<std::string, Json> read_transcripts(const std::filesystem::path& file);

}  // namespace orrery::tests::conformance
