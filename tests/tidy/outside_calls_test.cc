// What core, sim, properties and reports ask of the world outside them.
//
// A run is a function of its experiment only if nothing in these libraries reads a clock, draws a random
// number, opens a file or starts a thread. The tidy test sees what is written; this one sees what was
// compiled, so a call through a macro, a template or a package's header is caught too. Each symbol that a
// library leaves undefined must be on the list in allowed_symbols.txt, which also names what may never be.
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace {

// `?` stands for one character, `*` for any number of them.
bool matches(std::string_view pattern, std::string_view name) {
  std::size_t p = 0, n = 0, star = std::string_view::npos, after_star = 0;
  while (n < name.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      after_star = n;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == name[n])) {
      ++p;
      ++n;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      n = ++after_star;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

struct Rule {
  std::string pattern;
  std::string place;  // a library or an object file; empty: everywhere
  bool never = false;
};

std::vector<Rule> rules_in(std::istream& text) {
  std::vector<Rule> rules;
  for (std::string line; std::getline(text, line);) {
    std::istringstream words(line.substr(0, line.find('#')));
    Rule rule;
    std::string in;
    if (!(words >> rule.pattern)) continue;
    words >> in >> rule.place;
    rule.never = rule.pattern.starts_with('!');
    if (rule.never) rule.pattern.erase(0, 1);
    rules.push_back(rule);
  }
  return rules;
}

const std::vector<Rule>& rules() {
  static const std::vector<Rule> read = [] {
    std::ifstream file(ORRERY_SOURCE_DIR "/tests/tidy/allowed_symbols.txt");
    return rules_in(file);
  }();
  return read;
}

bool is_allowed(const std::vector<Rule>& rules, std::string_view library, std::string_view member,
                std::string_view symbol) {
  bool allowed = false;
  for (const Rule& rule : rules) {
    if (!rule.place.empty() && rule.place != library && rule.place != member) continue;
    if (!matches(rule.pattern, symbol)) continue;
    if (rule.never) return false;
    allowed = true;
  }
  return allowed;
}

struct Judged {
  std::size_t symbols = 0;
  std::vector<std::string> offences;  // "library[member]: symbol"
};

// `listing` is what `nm -u -P` prints for one library: the name of a member and a colon, then one symbol a
// line. GNU's writes the name as "library[member]:", LLVM's as "member:".
Judged judge(const std::vector<Rule>& rules, std::string_view library, const std::string& listing) {
  Judged judged;
  std::string member;
  std::istringstream lines(listing);
  for (std::string line; std::getline(lines, line);) {
    if (line.ends_with(':')) {
      member = line.substr(0, line.size() - 1);
      if (member.ends_with(']')) member = member.substr(member.rfind('[') + 1, member.size() - member.rfind('[') - 2);
      continue;
    }
    const std::string symbol = line.substr(0, line.find(' '));
    if (symbol.empty()) continue;
    ++judged.symbols;
    if (!is_allowed(rules, library, member, symbol))
      judged.offences.push_back(std::string(library) + "[" + member + "]: " + symbol);
  }
  return judged;
}

std::string output_of(const std::string& command) {
  std::string all;
  std::array<char, 4096> part{};
  FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) throw std::runtime_error("cannot run " + command);
  while (const std::size_t count = std::fread(part.data(), 1, part.size(), pipe)) all.append(part.data(), count);
  if (pclose(pipe) != 0) throw std::runtime_error("failed: " + command);
  return all;
}

Judged judge_library(const std::filesystem::path& path) {
  return judge(rules(), path.filename().string(), output_of(ORRERY_NM " -u -P '" + path.string() + "'"));
}

// A library made of one source, by the compiler that made the real ones.
class PlantedLibrary {
 public:
  explicit PlantedLibrary(std::string_view source) {
    std::string name = (std::filesystem::temp_directory_path() / "orrery-planted-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("cannot make " + name);
    directory_ = name;
    std::ofstream(directory_ / "planted.cc") << source;
    output_of("cd '" + name +
              "' && " ORRERY_CXX " -std=c++20 -O1 -c planted.cc -o planted.cc.o && " ORRERY_AR
              " rc libplanted.a planted.cc.o");
  }
  ~PlantedLibrary() { std::filesystem::remove_all(directory_); }
  PlantedLibrary(const PlantedLibrary&) = delete;
  PlantedLibrary& operator=(const PlantedLibrary&) = delete;

  std::filesystem::path path() const { return directory_ / "libplanted.a"; }

 private:
  std::filesystem::path directory_;
};

using OneOffence = std::vector<std::string>;

TEST(OutsideCalls, APlantedClockIsCaught) {
  const PlantedLibrary planted(
      "#include <time.h>\nlong planted() { timespec t; clock_gettime(CLOCK_REALTIME, &t); return t.tv_sec; }\n");
  EXPECT_EQ(judge_library(planted.path()).offences, OneOffence{"libplanted.a[planted.cc.o]: clock_gettime"});
}

TEST(OutsideCalls, AClockBehindAMacroIsCaught) {
  const PlantedLibrary planted(
      "#include <chrono>\n#define NOW(kind) std::chrono::kind##_clock::now()\n"
      "long planted() { return NOW(steady).time_since_epoch().count(); }\n");
  EXPECT_EQ(judge_library(planted.path()).offences,
            OneOffence{"libplanted.a[planted.cc.o]: _ZNSt6chrono3_V212steady_clock3nowEv"});
}

TEST(OutsideCalls, AFileIsCaught) {
  const PlantedLibrary planted(
      "#include <fstream>\nbool planted() { return std::ifstream(\"/etc/hosts\").good(); }\n");
  EXPECT_FALSE(judge_library(planted.path()).offences.empty());
}

TEST(OutsideCalls, OrdinaryCodeIsAllowed) {
  const PlantedLibrary planted(
      "#include <map>\n#include <stdexcept>\n#include <string>\n"
      "int planted(const std::map<std::string, int>& m) {\n"
      "  if (m.empty()) throw std::logic_error(\"empty\");\n"
      "  return m.at(\"a\" + std::to_string(m.size()));\n}\n");
  const Judged judged = judge_library(planted.path());
  EXPECT_EQ(judged.offences, std::vector<std::string>{});
  EXPECT_GT(judged.symbols, 3u);
}

TEST(OutsideCalls, EachKindOfOutsideIsRefused) {
  for (const char* symbol : {"clock_gettime",
                             "gettimeofday",
                             "time",
                             "getenv",
                             "rand",
                             "getrandom",
                             "open",
                             "open64",
                             "fopen",
                             "fopen64",
                             "read",
                             "write",
                             "fwrite",
                             "printf",
                             "socket",
                             "fork",
                             "mmap",
                             "nanosleep",
                             "dlopen",
                             "log",
                             "pow",
                             "pthread_create",
                             "_ZNSt6chrono3_V212system_clock3nowEv",
                             "_ZNSt13random_device7_M_initERKNSt7__cxx1112basic_stringIcEE",
                             "_ZNSt13random_device9_M_getvalEv",
                             "_ZNSt6thread15_M_start_threadESt10unique_ptrIE",
                             "_ZNSt10filesystem7__cxx114path14_M_split_cmptsEv",
                             "_ZNSt10filesystem6statusERKNS_7__cxx114pathE",
                             "_ZNSt14basic_ifstreamIcSt11char_traitsIcEEC1EPKc",
                             "_ZTTSt14basic_ofstreamIcSt11char_traitsIcEE",
                             "_ZSt4cout",
                             "_ZSt11_Hash_bytesPKvmm"})
    EXPECT_FALSE(is_allowed(rules(), "liborrery_core.a", "a.cc.o", symbol)) << symbol;
}

TEST(OutsideCalls, ARuleForOnePlaceHoldsOnlyThere) {
  std::istringstream text("mem*  # all\nfsync in local.cc.o\n!memory_of_the_machine\n");
  const std::vector<Rule> rules = rules_in(text);
  EXPECT_TRUE(is_allowed(rules, "liba.a", "local.cc.o", "fsync"));
  EXPECT_FALSE(is_allowed(rules, "liba.a", "other.cc.o", "fsync"));
  EXPECT_TRUE(is_allowed(rules, "liba.a", "other.cc.o", "memcpy"));
  EXPECT_FALSE(is_allowed(rules, "liba.a", "other.cc.o", "memory_of_the_machine"));
  EXPECT_FALSE(is_allowed(rules, "liba.a", "other.cc.o", "xmemcpy"));
}

TEST(OutsideCalls, APatternMatchesAWholeName) {
  EXPECT_TRUE(matches("a*c", "abbc"));
  EXPECT_TRUE(matches("*a*b", "xaab"));
  EXPECT_TRUE(matches("a?", "ab"));
  EXPECT_FALSE(matches("a*c", "abcd"));
  EXPECT_FALSE(matches("a?", "a"));
  EXPECT_FALSE(matches("a", "ab"));
}

TEST(OutsideCalls, TheLibrariesAskForNothingElse) {
  std::size_t symbols = 0;
  for (const char* library : {ORRERY_CORE, ORRERY_SIM, ORRERY_PROPERTIES, ORRERY_REPORTS}) {
    const Judged judged = judge_library(library);
    symbols += judged.symbols;
    for (const std::string& offence : judged.offences) ADD_FAILURE() << offence;
  }
  EXPECT_GT(symbols, 0u) << "nm saw no symbol at all";
}

}  // namespace
