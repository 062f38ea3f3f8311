// Commands that texts show, given for real, but cheaper.
#pragma once

#include <sys/wait.h>

#include <cstdlib>
#include <regex>
#include <string>
#include <string_view>
#include <vector>

#include "tests/scenarios/tool.h"

namespace orrery::cli {

// The same with short runs and few of them; a file must be cheap itself.
inline std::vector<std::string> made_cheap(std::vector<std::string> command) {
  const std::string name = command.front();
  const bool has_file = command.size() > 1 && command[1].ends_with(".toml");
  const auto add = [&command](const std::vector<std::string>& more) {
    command.insert(command.end(), more.begin(), more.end());
  };
  if (name == "bench") add({"--clients", "1", "--set", "run.duration=1100ms"});
  if (name == "check" || name == "doctor") add({"--seeds", "1"});
  if (name == "doctor" || ((name == "run" || name == "trace") && !has_file)) add({"--set", "run.duration=100ms"});
  return command;
}

// A design of a template, with a short run.
inline void make_cheap_file(const std::string& name) {
  std::ifstream file(name);
  const std::string text(std::istreambuf_iterator<char>(file), {});
  const std::regex times("duration = \"[^\"]*\", warmup = \"[^\"]*\"");
  EXPECT_TRUE(std::regex_search(text, times)) << text;
  std::ofstream(name) << std::regex_replace(text, times, "duration = \"2s\", warmup = \"1s\"");
}

// With quotes around each word.
inline std::string as_shell_takes(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += " '" + std::regex_replace(word, std::regex("'"), "'\\''") + "'";
  return text;
}

// Doctor starts its own program again, so it must be the tool that is called.
inline Called given(const std::vector<std::string>& command) {
  if (command.front() != "doctor") return call(command);
  const int status = std::system((std::string(ORRERY_TOOL) + as_shell_takes(command) + " >out 2>err").c_str());
  const auto read = [](const char* name) {
    std::ifstream file(name);
    return std::string(std::istreambuf_iterator<char>(file), {});
  };
  return {WIFEXITED(status) ? WEXITSTATUS(status) : 128, read("out"), read("err")};
}

// The words of a command as it is shown, without the program's name; quotes are those of a shell.
inline std::vector<std::string> words_of(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> words;
  for (std::string word; in >> word;) words.push_back(std::regex_replace(word, std::regex("'"), ""));
  return words;
}

}  // namespace orrery::cli
