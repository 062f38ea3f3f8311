// Plays programs for whoever compares them with workerd.
//
//   conformance random SEED COUNT PROGRAMS TRANSCRIPTS    writes so many random programs, and what they do here
//   conformance play PROGRAMS                             prints the transcripts of a file of programs
#include <fmt/format.h>

#include <cstdio>
#include <exception>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "tests/conformance/play.h"
#include "tests/conformance/random_programs.h"

namespace orrery::tests::conformance {
namespace {

void write(const std::string& file, const Json& json) {
  std::ofstream stream(file);
  stream << json.dump() << '\n';
  if (!stream.flush()) throw std::runtime_error("cannot write " + file);
}

Json transcripts(const Json& programs) {
  Json all = Json::object();
  for (const Json& each : programs) all[each.at("name").get<std::string>()] = play(program_of(each));
  return {{"transcripts", all}};
}

int run(const std::vector<std::string>& args) {
  if (args.size() == 5 && args[0] == "random") {
    const std::uint64_t first = std::stoull(args[1]);
    const std::uint64_t count = std::stoull(args[2]);
    Json programs = Json::array();
    for (std::uint64_t seed = first; seed < first + count; ++seed)
      programs.push_back(random_program(seed, fmt::format("random_{}", seed)));
    write(args[3], programs);
    write(args[4], transcripts(programs));
    return 0;
  }
  if (args.size() == 2 && args[0] == "play") {
    fmt::print("{}\n", transcripts(read_json(args[1])).dump(1));
    return 0;
  }
  fmt::print(stderr, "usage: conformance random SEED COUNT PROGRAMS TRANSCRIPTS | play PROGRAMS\n");
  return 2;
}

}  // namespace
}  // namespace orrery::tests::conformance

int main(int argc, char** argv) try {
  return orrery::tests::conformance::run({argv + 1, argv + argc});
} catch (const std::exception& error) {
  fmt::print(stderr, "{}\n", error.what());
  return 1;
}
