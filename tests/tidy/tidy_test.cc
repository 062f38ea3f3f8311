// What the compiler does not see: layers, what would make two runs of one seed differ, awaits that the
// compiler gets wrong, files that no list names.
//
// Each rule is a function of (path, text) that returns what it objects to. It is tested twice: on planted
// offences, because a rule that finds nothing may be blind, and on the real tree.
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace {

using Offences = std::vector<std::string>;
using Tree = std::map<std::string, std::string>;  // path from the root of the repository -> text

// ---- the tables -------------------------------------------------------------------------------------

// Which directory may include which. Read from the top, this is the architecture.
const std::map<std::string, std::set<std::string>, std::less<>> may_include = {
    {"core", {"core"}},
    {"sim", {"core", "sim"}},
    {"properties", {"core", "properties"}},
    {"reports", {"core", "properties", "reports"}},
    {"scenarios", {"core", "sim", "properties", "reports", "scenarios"}},
    {"tests", {"core", "sim", "properties", "reports", "scenarios", "tests"}},
};

// Inside core a room may include itself and the rooms of lower floors, not its neighbours.
const std::map<std::string, int, std::less<>> floor_of = {
    {"base", 0},    {"journal", 1},     {"ports", 2},  {"routing", 3}, {"placement", 3},
    {"storage", 3}, {"replication", 4}, {"object", 5}, {"node", 6},
};

// The only files that may look at the real world: the tool, and the ports on a real clock and real files.
bool may_look_outside(std::string_view path) {
  return path.starts_with("scenarios/cli/") || path.starts_with("core/ports/local.");
}

constexpr std::string_view write_clock = "the Host's clock";
constexpr std::string_view write_draws =
    "orrery::Draws (core/base/draws.h): a function of the seed, equal everywhere";
constexpr std::string_view write_event = "an event at a virtual time: a run has one thread";
constexpr std::string_view write_setting = "a parameter that the tool in scenarios/cli fills in";
constexpr std::string_view write_table = "integers, or a table: libm's last bits differ between machines";

// Names that are refused wherever they stand.
const std::map<std::string, std::string_view, std::less<>> banned_names = {
    {"system_clock", write_clock},
    {"steady_clock", write_clock},
    {"high_resolution_clock", write_clock},
    {"random_device", write_draws},
    {"mt19937", write_draws},
    {"mt19937_64", write_draws},
    {"default_random_engine", write_draws},
    {"unordered_map", "std::map, or orrery::Lookup, whose order cannot be seen"},
    {"unordered_set", "std::set, or orrery::Lookup, whose order cannot be seen"},
    {"unordered_multimap", "std::multimap: its order is the same in every run"},
    {"unordered_multiset", "std::multiset: its order is the same in every run"},
};
// Names that are refused after std::.
const std::map<std::string, std::string_view, std::less<>> banned_of_std = {
    {"shuffle", write_draws},     {"sample", write_draws},  {"hash", "orrery::hash_of (core/base/lookup.h)"},
    {"thread", write_event},      {"jthread", write_event}, {"async", write_event},
    {"this_thread", write_event},
};
// Functions of the C library that are refused when they are called.
const std::map<std::string, std::string_view, std::less<>> banned_calls = {
    {"rand", write_draws},      {"srand", write_draws},         {"random", write_draws},
    {"drand48", write_draws},   {"getrandom", write_draws},     {"time", write_clock},
    {"clock", write_clock},     {"clock_gettime", write_clock}, {"gettimeofday", write_clock},
    {"localtime", write_clock}, {"getenv", write_setting},      {"secure_getenv", write_setting},
};
// The same for mathematics, in core and sim only: what they compute decides what happens.
const std::set<std::string, std::less<>> banned_mathematics = {
    "log",  "log2", "log10", "log1p", "exp",  "exp2", "expm1", "pow",   "sin", "cos",  "tan",    "asin",
    "acos", "atan", "atan2", "sinh",  "cosh", "tanh", "cbrt",  "hypot", "erf", "erfc", "tgamma", "lgamma",
};

constexpr std::size_t lines_max = 450;  // of a file outside tests

// ---- reading C++ ------------------------------------------------------------------------------------

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }
bool is_space(char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; }

// The code alone: comments, and unless they are kept the insides of literals, become spaces. Every
// character stays in its place.
std::string blanked(std::string_view text, bool keep_strings = false) {
  std::string code(text);
  const auto blank = [&](std::size_t from, std::size_t to) {
    for (; from < to && from < code.size(); ++from)
      if (code[from] != '\n') code[from] = ' ';
  };
  std::size_t at = 0;
  while (at < text.size()) {
    if (text.substr(at, 2) == "//") {
      const std::size_t end = std::min(text.find('\n', at), text.size());
      blank(at, end);
      at = end;
    } else if (text.substr(at, 2) == "/*") {
      const std::size_t end = text.find("*/", at + 2);
      const std::size_t stop = end == text.npos ? text.size() : end + 2;
      blank(at, stop);
      at = stop;
    } else if (text.substr(at, 2) == "R\"" && (at == 0 || !is_word(text[at - 1]))) {
      const std::size_t open = std::min(text.find('(', at), text.size());
      const std::string close = ")" + std::string(text.substr(at + 2, open - at - 2)) + "\"";
      const std::size_t end = std::min(text.find(close, open), text.size());
      if (!keep_strings) blank(at + 2, end + close.size() - 1);
      at = end + close.size();
    } else if (text[at] == '"' || (text[at] == '\'' && (at == 0 || !is_word(text[at - 1])))) {
      std::size_t end = at + 1;
      while (end < text.size() && text[end] != text[at] && text[end] != '\n') end += text[end] == '\\' ? 2 : 1;
      if (!keep_strings) blank(at + 1, end);
      at = end + 1;
    } else {
      ++at;
    }
  }
  return code;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

// The word that ends right before `at`, spaces skipped; empty if something else stands there.
std::string_view word_before(std::string_view code, std::size_t at) {
  const std::string_view before = trimmed(code.substr(0, at));
  std::size_t from = before.size();
  while (from > 0 && is_word(before[from - 1])) --from;
  return before.substr(from);
}

// Calls visit(position, word) for each word that is not part of a number.
template <class Visit>
void for_each_word(std::string_view code, Visit&& visit) {
  for (std::size_t at = 0; at < code.size();) {
    if (!is_word(code[at])) {
      ++at;
      continue;
    }
    std::size_t end = at;
    while (end < code.size() && is_word(code[end])) ++end;
    if (std::isdigit(static_cast<unsigned char>(code[at])) == 0) visit(at, code.substr(at, end - at));
    at = end;
  }
}

std::string at_line(std::string_view path, std::string_view text, std::size_t at, std::string_view message) {
  const auto line = 1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at), '\n');
  return std::string(path) + ":" + std::to_string(line) + ": " + std::string(message);
}

std::string_view first_part(std::string_view path) { return path.substr(0, path.find('/')); }
bool is_header(std::string_view path) { return path.ends_with(".h"); }
bool is_source(std::string_view path) { return path.ends_with(".cc") || is_header(path); }

struct Include {
  std::size_t at;
  std::string target;
  bool quoted;
};

std::vector<Include> includes_of(std::string_view text) {
  const std::string code = blanked(text, true);
  std::vector<Include> found;
  for (std::size_t at = 0; at < code.size();) {
    const std::size_t end = std::min(code.find('\n', at), code.size());
    std::string_view line = trimmed(std::string_view(code).substr(at, end - at));
    if (line.starts_with('#')) {
      line = trimmed(line.substr(1));
      if (line.starts_with("include")) {
        line = trimmed(line.substr(7));
        const std::size_t close = line.find(line.starts_with('<') ? '>' : '"', 1);
        if (close != line.npos) found.push_back({at, std::string(line.substr(1, close - 1)), line[0] == '"'});
      }
    }
    at = end + 1;
  }
  return found;
}

// ---- the rules --------------------------------------------------------------------------------------

Offences layers_between_directories(std::string_view path, std::string_view text) {
  Offences found;
  const auto allowed = may_include.find(first_part(path));
  if (allowed == may_include.end()) return found;
  for (const Include& include : includes_of(text)) {
    const std::string target(first_part(include.target));
    if (may_include.contains(target) && !allowed->second.contains(target))
      found.push_back(at_line(path, text, include.at,
                              allowed->first + "/ may not include " + target + "/: the layers run the other way"));
  }
  return found;
}

Offences layers_inside_core(std::string_view path, std::string_view text) {
  Offences found;
  if (!path.starts_with("core/") || !is_source(path)) return found;
  const auto room_of = [](std::string_view of) { return std::string(first_part(of.substr(5))); };
  const std::string own = room_of(path);
  if (!floor_of.contains(own)) return {at_line(path, text, 0, "core/" + own + " has no floor in the tidy test")};
  for (const Include& include : includes_of(text)) {
    if (!include.target.starts_with("core/")) continue;
    const std::string other = room_of(include.target);
    const auto floor = floor_of.find(other);
    if (floor == floor_of.end())
      found.push_back(at_line(path, text, include.at, "core/" + other + " has no floor in the tidy test"));
    else if (other != own && floor->second >= floor_of.at(own))
      found.push_back(at_line(path, text, include.at,
                              "core/" + own + " may not include core/" + other +
                                  ": only lower floors; say it as an effect, core/node connects them"));
  }
  return found;
}

Offences nothing_differs_between_runs(std::string_view path, std::string_view text) {
  Offences found;
  const std::string_view top = first_part(path);
  if (top == "tests" || may_look_outside(path)) return found;
  const std::string code = blanked(text);
  for_each_word(code, [&](std::size_t at, std::string_view word) {
    const std::string_view before = trimmed(std::string_view(code).substr(0, at));
    const std::string_view after = trimmed(std::string_view(code).substr(at + word.size(), 80));
    const bool qualified = before.ends_with("::");
    const std::string_view owner = qualified ? word_before(before, before.size() - 2) : std::string_view{};
    const bool of_std = qualified && (owner == "std" || owner == "ranges");
    // `Time time(…)` declares and `x.time(…)` is somebody's own; `return time(…)` calls.
    const std::string_view previous = word_before(code, at);
    static const std::set<std::string_view> statements = {"return", "co_return", "co_yield", "co_await", "else", "do",
                                                          "case",   "throw",     "not",      "and",      "or"};
    const bool free = qualified ? of_std || owner.empty()
                                : !before.ends_with('.') && !before.ends_with("->") && !before.ends_with('~') &&
                                      !before.ends_with('>') && !before.ends_with('&') &&
                                      (previous.empty() || statements.contains(previous));
    const bool called = free && after.starts_with('(');
    const auto refuse = [&](std::string_view instead) {
      found.push_back(
          at_line(path, text, at, "`" + std::string(word) + "` is banned; write " + std::string(instead)));
    };
    if (const auto name = banned_names.find(word); name != banned_names.end()) return refuse(name->second);
    if (of_std && word.ends_with("_distribution")) return refuse(write_draws);
    if (of_std)
      if (const auto name = banned_of_std.find(word); name != banned_of_std.end()) return refuse(name->second);
    if (called || of_std)
      if (const auto name = banned_calls.find(word); name != banned_calls.end()) return refuse(name->second);
    if ((called || of_std) && (top == "core" || top == "sim") && banned_mathematics.contains(word))
      refuse(write_table);
  });
  return found;
}

// From a statement's start, what is left after labels and the heads of control statements.
std::string_view without_heads(std::string_view statement) {
  const auto starts_with_word = [&](std::string_view word) {
    return statement.starts_with(word) && (statement.size() == word.size() || !is_word(statement[word.size()]));
  };
  for (statement = trimmed(statement);; statement = trimmed(statement)) {
    if (starts_with_word("else") || starts_with_word("do")) {
      statement.remove_prefix(starts_with_word("do") ? 2 : 4);
    } else if (starts_with_word("case") || starts_with_word("default") || starts_with_word("public") ||
               starts_with_word("private")) {
      std::size_t colon = statement.find(':');
      while (colon != statement.npos && statement.substr(colon, 2) == "::") colon = statement.find(':', colon + 2);
      if (colon == statement.npos) return statement;
      statement.remove_prefix(colon + 1);
    } else if (starts_with_word("if") || starts_with_word("while") || starts_with_word("for")) {
      std::size_t at = std::min(statement.find('('), statement.size());
      int depth = 0;
      do {
        if (at >= statement.size()) return statement;
        depth += statement[at] == '(' ? 1 : statement[at] == ')' ? -1 : 0;
        ++at;
      } while (depth > 0);
      statement.remove_prefix(at);
    } else {
      return statement;
    }
  }
}

// What may stand before an await: nothing, `co_return`, `name =`, `T name =`.
bool may_precede_await(std::string_view before) {
  if (before.empty() || before == "co_return") return true;
  if (!before.ends_with('=')) return false;
  const std::string_view name = trimmed(before.substr(0, before.size() - 1));
  if (name.empty() || !is_word(name.back())) return false;
  bool allowed = true;
  for_each_word(name, [&](std::size_t, std::string_view word) {
    if (word == "return" || word == "co_return" || word == "co_yield" || word == "throw") allowed = false;
  });
  int angle = 0;
  for (std::size_t at = 0; at < name.size(); ++at) {
    const char c = name[at];
    if (name.substr(at, 2) == "->") {
      ++at;
    } else if (c == '<' || c == '>') {
      angle += c == '<' ? 1 : -1;
    } else if (c == ',') {
      if (angle == 0) allowed = false;
    } else if (!is_word(c) && !is_space(c) && std::string_view(":&*.").find(c) == std::string_view::npos) {
      allowed = false;
    }
  }
  return allowed;
}

// What may be awaited: a call, or a name, with nothing beside it. `awaited` ends before the semicolon.
bool may_be_awaited(std::string_view awaited) {
  if (awaited.empty() || awaited.find_first_of("{}?") != awaited.npos) return false;
  if (awaited.front() == '*') awaited = trimmed(awaited.substr(1));
  if (awaited.front() == '(') return false;
  int round = 0, angle = 0;
  for (std::size_t at = 0; at < awaited.size(); ++at) {
    const char c = awaited[at];
    if (c == '(') ++round;
    if (c == ')') --round;
    if (round > 0 || c == ')') continue;
    if (awaited.substr(at, 2) == "->") {
      ++at;
    } else if (c == '<') {
      if (at == 0 || !is_word(awaited[at - 1])) return false;  // less than: clang-format puts a space there
      ++angle;
    } else if (c == '>') {
      if (--angle < 0) return false;
    } else if (is_space(c)) {
      const std::string_view rest = trimmed(awaited.substr(at));
      if (angle == 0 && !rest.starts_with('.') && !rest.starts_with("->")) return false;
    } else if (!is_word(c) && c != ':' && c != '.' && (angle == 0 || (c != ',' && c != '&' && c != '*'))) {
      return false;
    }
  }
  return round == 0 && angle == 0 && (awaited.back() == ')' || is_word(awaited.back()));
}

Offences an_await_stands_alone(std::string_view path, std::string_view text) {
  Offences found;
  const std::string code = blanked(text);
  std::string open;  // the brackets that are open at `read`
  std::size_t read = 0;
  for_each_word(code, [&](std::size_t at, std::string_view word) {
    if (word != "co_await" || word_before(code, at) == "operator") return;
    for (; read < at; ++read) {
      if (std::string_view("({[").find(code[read]) != std::string_view::npos) open += code[read];
      if (std::string_view(")}]").find(code[read]) != std::string_view::npos && !open.empty()) open.pop_back();
    }
    const bool inside = !open.empty() && open.back() != '{';  // a condition, an argument, an index
    // Back to the start of the statement, over the parentheses of an `if` or a `for`.
    std::size_t start = at;
    for (int depth = 0; start > 0; --start) {
      const char c = code[start - 1];
      if (c == ')') ++depth;
      if (c == '(') --depth;
      if (depth == 0 && (c == ';' || c == '{' || c == '}')) break;
    }
    const std::string_view before = trimmed(std::string_view(code).substr(start, at - start));
    const std::size_t end = std::min(code.find(';', at), code.size());
    const std::string_view awaited = trimmed(std::string_view(code).substr(at + word.size(), end - at - word.size()));
    if (inside || !may_precede_await(without_heads(before)) || !may_be_awaited(awaited))
      found.push_back(
          at_line(path, text, at,
                  "an await stands alone: `co_await call(…);`, `T name = co_await call(…);`, `name = …` or "
                  "`co_return co_await call(…);`, without braces or `?`; name the arguments first"));
  });
  return found;
}

// `lists` holds the CMakeLists.txt of the tree.
Offences every_source_is_listed(std::string_view path, const Tree& lists) {
  if (!is_source(path)) return {};
  for (std::size_t slash = path.rfind('/'); slash != path.npos && slash > 0; slash = path.rfind('/', slash - 1)) {
    const auto list = lists.find(std::string(path.substr(0, slash)) + "/CMakeLists.txt");
    if (list == lists.end()) continue;
    const std::string_view name = path.substr(slash + 1);
    std::string_view rest = list->second;
    while (!rest.empty()) {
      std::string_view line = rest.substr(0, rest.find('\n'));
      rest.remove_prefix(std::min(line.size() + 1, rest.size()));
      line = line.substr(0, line.find('#'));
      while (!line.empty()) {
        const std::size_t length = std::min(line.find_first_of(" \t\r()\";"), line.size());
        if (line.substr(0, length) == name) return {};
        line.remove_prefix(std::min(length + 1, line.size()));
      }
    }
  }
  return {std::string(path) + ":1: no CMakeLists.txt lists this file, so it is never built"};
}

Offences includes_start_at_the_root(std::string_view path, std::string_view text) {
  Offences found;
  for (const Include& include : includes_of(text)) {
    const bool own =
        include.target.find('/') != std::string::npos && may_include.contains(first_part(include.target));
    if (include.quoted && !own)
      found.push_back(at_line(path, text, include.at,
                              "\"" + include.target +
                                  "\": write the path from the root of the repository, or <> "
                                  "for what is not ours"));
    if (!include.quoted && own)
      found.push_back(at_line(path, text, include.at, "<" + include.target + "> is ours: write it in quotes"));
  }
  return found;
}

Offences a_header_is_read_once(std::string_view path, std::string_view text) {
  if (!is_header(path)) return {};
  const std::string code = blanked(text);
  if (trimmed(code).starts_with("#pragma once")) return {};
  return {at_line(path, text, 0, "a header begins, after its comment, with #pragma once")};
}

// So the header compiles alone; only those without a source need a compilation of their own (CMakeLists.txt).
Offences a_source_includes_its_header_first(std::string_view path, std::string_view text, const Tree& files) {
  if (is_header(path) || !is_source(path)) return {};
  const std::string header = std::string(path.substr(0, path.rfind('.'))) + ".h";
  if (!files.contains(header)) return {};
  const std::vector<Include> includes = includes_of(text);
  if (!includes.empty() && includes.front().target == header) return {};
  return {at_line(path, text, includes.empty() ? 0 : includes.front().at,
                  "its own header comes first, so that the header is seen to compile alone")};
}

Offences a_file_is_not_long(std::string_view path, std::string_view text) {
  const auto lines = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
  if (path.starts_with("tests/") || !is_source(path) || lines <= lines_max) return {};
  return {std::string(path) + ":" + std::to_string(lines) + ": more than " + std::to_string(lines_max) +
          " lines; it holds two things, give each its file"};
}

Offences nothing_is_left_to_do(std::string_view path, std::string_view text) {
  // Put together here, so that this file does not offend.
  static const std::set<std::string> marks = {std::string("TO") + "DO", std::string("FIX") + "ME",
                                              std::string("XX") + "X"};
  Offences found;
  for_each_word(text, [&](std::size_t at, std::string_view word) {
    if (marks.contains(std::string(word)))
      found.push_back(at_line(path, text, at, "`" + std::string(word) + "`: do it, or open an issue"));
  });
  return found;
}

// ---- the tree ---------------------------------------------------------------------------------------

const Tree& tree() {
  static const Tree read = [] {
    namespace fs = std::filesystem;
    Tree files;
    const fs::path root = ORRERY_SOURCE_DIR;
    for (const auto& [top, unused] : may_include)
      for (const auto& entry : fs::recursive_directory_iterator(root / top)) {
        const std::string path = fs::relative(entry.path(), root).generic_string();
        if (!entry.is_regular_file() || (!is_source(path) && !path.ends_with("CMakeLists.txt"))) continue;
        std::ifstream in(entry.path(), std::ios::binary);
        files[path] = {std::istreambuf_iterator<char>(in), {}};
      }
    return files;
  }();
  return read;
}

template <class Rule>
void expect_clean(Rule rule) {
  // A walk that saw nothing must not pass.
  ASSERT_TRUE(tree().contains("tests/tidy/tidy_test.cc"));
  ASSERT_TRUE(tree().contains("core/CMakeLists.txt"));
  for (const auto& [path, text] : tree())
    for (const std::string& offence : rule(path, text)) ADD_FAILURE() << offence;
}

Offences await(std::string_view statement) {
  return an_await_stands_alone("core/a.cc", "Task<int> f() {\n" + std::string(statement) + "\n}\n");
}
Offences bans(std::string_view code, std::string_view path = "core/base/a.cc") {
  return nothing_differs_between_runs(path, code);
}

// ---- planted offences -------------------------------------------------------------------------------

TEST(Tidy, ALowerLayerIncludingAHigherOneIsRefused) {
  const auto offences = layers_between_directories("core/base/a.cc", "#include <map>\n\n#include \"sim/world.h\"\n");
  ASSERT_EQ(offences.size(), 1u);
  EXPECT_EQ(offences[0], "core/base/a.cc:3: core/ may not include sim/: the layers run the other way");
  EXPECT_EQ(layers_between_directories("properties/a.h", "#include \"sim/world.h\"").size(), 1u);
  EXPECT_EQ(layers_between_directories("reports/a.h", "  # include \"scenarios/a.h\"").size(), 1u);
  EXPECT_EQ(layers_between_directories("sim/a.h", "#include \"properties/property.h\"").size(), 1u);
  EXPECT_EQ(layers_between_directories("scenarios/a.h", "#include \"tests/histories.h\"").size(), 1u);
}

TEST(Tidy, AHigherLayerMayIncludeALowerOne) {
  EXPECT_TRUE(
      layers_between_directories("reports/a.h", "#include \"properties/a.h\"\n#include \"core/base/a.h\"").empty());
  EXPECT_TRUE(layers_between_directories("scenarios/a.h", "#include \"sim/a.h\"\n#include \"reports/a.h\"").empty());
  EXPECT_TRUE(layers_between_directories("core/base/a.h", "// #include \"sim/a.h\"\n").empty());
}

TEST(Tidy, ARoomOfCoreIncludingANeighbourOrAHigherFloorIsRefused) {
  EXPECT_EQ(layers_inside_core("core/routing/a.cc", "#include \"core/placement/a.h\"").size(), 1u);
  EXPECT_EQ(layers_inside_core("core/storage/a.cc", "#include \"core/object/a.h\"").size(), 1u);
  EXPECT_EQ(layers_inside_core("core/base/a.cc", "#include \"core/journal/a.h\"").size(), 1u);
  EXPECT_EQ(layers_inside_core("core/nowhere/a.cc", "").size(), 1u);
  EXPECT_EQ(layers_inside_core("core/node/a.cc", "#include \"core/nowhere/a.h\"").size(), 1u);
}

TEST(Tidy, ARoomOfCoreMayIncludeItselfAndLowerFloors) {
  EXPECT_TRUE(layers_inside_core("core/routing/a.cc",
                                 "#include \"core/routing/a.h\"\n#include \"core/ports/a.h\"\n"
                                 "#include \"core/journal/a.h\"\n")
                  .empty());
  EXPECT_TRUE(
      layers_inside_core("core/node/a.cc", "#include \"core/object/a.h\"\n#include \"core/storage/a.h\"").empty());
  EXPECT_TRUE(layers_inside_core("sim/a.cc", "#include \"core/node/a.h\"").empty());
}

TEST(Tidy, WhatDiffersBetweenRunsIsRefused) {
  for (const std::string_view offence : {"auto t = std::chrono::system_clock::now();",
                                         "using C = std::chrono::steady_clock;",
                                         "high_resolution_clock :: now()",
                                         "std::random_device d;",
                                         "std::mt19937 g(1);",
                                         "std::mt19937_64 g;",
                                         "int i = rand();",
                                         "x = 1 + std::rand();",
                                         "std::unordered_map<int, int> m;",
                                         "std::unordered_set<int> s;",
                                         "std::uniform_int_distribution<int> d(1, 6);",
                                         "std::shuffle(a, b, g);",
                                         "std::ranges::shuffle(a, g);",
                                         "std::hash<int>{}(1)",
                                         "std::thread t(f);",
                                         "std::jthread t(f);",
                                         "auto f = std::async(g);",
                                         "std::this_thread::yield();",
                                         "const char* e = getenv(\"HOME\");",
                                         "std::getenv(\"HOME\")",
                                         "return time(nullptr);",
                                         "f(::time(nullptr));",
                                         "auto t = std::time(nullptr);",
                                         "clock_gettime(CLOCK_REALTIME, &t);",
                                         "double d = std::log(2.0);",
                                         "return pow(2, 3);",
                                         "x = exp(1);",
                                         "y = std::sin(x) + 1;",
                                         "y = 1 * cos(x);"})
    EXPECT_EQ(bans(offence).size(), 1u) << offence;
}

TEST(Tidy, ABanSaysWhatToWriteInstead) {
  EXPECT_EQ(bans("\nstd::unordered_map<int, int> m;"),
            Offences{"core/base/a.cc:2: `unordered_map` is banned; write std::map, or orrery::Lookup, whose order "
                     "cannot be seen"});
}

TEST(Tidy, NamesThatOnlyLookLikeABanAreLeftAlone) {
  for (const std::string_view fine :
       {"// std::random_device\n", "/* rand() */", "const char* s = \"getenv(x)\";", "auto r = R\"(rand())\";",
        "Time time() const;", "event.time();", "event->time();", "Time time(int x);", "void World::time(int);",
        "const Time time = now();", "log.info(\"x\");", "hash_of(1);", "double s = std::sqrt(2.0);",
        "int randomly(int);", "latency_distribution(x);", "thread(x);", "char c = '\"'; int n = 1'000; // rand()",
        "const Time& time() const;"})
    EXPECT_TRUE(bans(fine).empty()) << fine << "\n" << bans(fine)[0];
}

TEST(Tidy, OnlyTheToolAndTheLocalPortsMayLookOutside) {
  const std::string_view look = "auto t = std::chrono::steady_clock::now();";
  EXPECT_TRUE(bans(look, "scenarios/cli/main.cc").empty());
  EXPECT_TRUE(bans(look, "core/ports/local.cc").empty());
  EXPECT_EQ(bans(look, "scenarios/counter.cc").size(), 1u);
  EXPECT_EQ(bans(look, "core/ports/clock.h").size(), 1u);
}

TEST(Tidy, MathematicsOfTheLibraryIsRefusedOnlyWhereItDecides) {
  EXPECT_EQ(bans("x = std::exp(1.0);", "sim/a.cc").size(), 1u);
  EXPECT_TRUE(bans("x = std::exp(1.0);", "reports/a.cc").empty());
}

TEST(Tidy, AnAwaitThatStandsAloneIsAccepted) {
  for (const std::string_view fine :
       {"co_await sleep(1s);",
        "const Result<Response> r = co_await visits.fetch(Request::post(\"/{a?}\"));",
        "r = co_await stub->call<std::string, int>(std::move(a),\n    Range::all().limited_to(10));",
        "co_return co_await f(a);",
        "if (ready) co_await f();",
        "if (ready)\n  co_await f();\nelse\n  co_await g();",
        "for (int i = 0; i < 3; ++i) co_await f(i);",
        "while (more()) co_await f();",
        "do\n  co_await f();\nwhile (more());",
        "case Kind::a: co_await f();",
        "default: r = co_await f();",
        "this->reply = co_await f();",
        "co_await gate_;",
        "co_await std::move(task);",
        "auto operator co_await() { return 1; }",
        "int* p = co_await f();",
        "const std::map<int, int> m = co_await f();",
        "auto t = [](int x) -> Task<int> { co_return co_await f(x); };",
        "f();  // {co_await}\nco_await g();",
        "co_await client\n    .sleep(pause);",
        "// co_await in a sentence, twice: co_await"})
    EXPECT_TRUE(await(fine).empty()) << fine;
}

TEST(Tidy, AnAwaitInAConditionIsRefused) {
  EXPECT_EQ(await("if (co_await more()) co_return 5;").size(), 1u);
  EXPECT_EQ(await("while (!co_await done()) f();").size(), 1u);
  EXPECT_EQ(await("switch (co_await kind()) { default: break; }").size(), 1u);
  EXPECT_EQ(await("if (auto r = co_await f(); r) co_return 1;").size(), 1u);
  EXPECT_EQ(await("for (; co_await more();) f();").size(), 1u);
}

TEST(Tidy, AnAwaitWithBracesIsRefusedAlsoWhenItIsWrapped) {
  EXPECT_EQ(await("co_await f(Req{.key = k});").size(), 1u);
  EXPECT_EQ(await("r = co_await f(\n    a,\n    {.key = k});").size(), 1u);
  EXPECT_EQ(await("co_await Suspend{};").size(), 1u);
  EXPECT_EQ(await("co_await f([s] { return s; });").size(), 1u);
  EXPECT_EQ(await("co_await f(Id {\n text });").size(), 1u);
}

TEST(Tidy, AnAwaitWithAChoiceIsRefused) {
  EXPECT_EQ(await("co_await f(b ? x : y);").size(), 1u);
  EXPECT_EQ(await("r = b ? x : co_await f();").size(), 1u);
  EXPECT_EQ(await("r = co_await f()\n    ? 1 : 2;").size(), 1u);
}

TEST(Tidy, AnAwaitWithCompanyIsRefused) {
  for (const std::string_view offence : {"r = 1 + co_await f();",
                                         "r = co_await f() + 1;",
                                         "r += co_await f();",
                                         "r = co_await f() < 3;",
                                         "r = co_await f() && ok;",
                                         "r = co_await f(), g();",
                                         "g(co_await f());",
                                         "auto r(co_await f());",
                                         "auto r{co_await f()};",
                                         "r = (co_await f()).size();",
                                         "co_yield co_await f();",
                                         "return co_await f();",
                                         "EXPECT_EQ(co_await f(), 3);",
                                         "auto [a, b] = co_await f();",
                                         "ok && co_await f();",
                                         "r = !co_await f();",
                                         "a[i] = co_await f();",
                                         "a = b = co_await f();",
                                         "a, b = co_await f();",
                                         "r = co_await f() and ok;",
                                         "co_await (b, f());"})
    EXPECT_EQ(await(offence).size(), 1u) << offence;
  EXPECT_EQ(await("r = co_await f(co_await g());").size(), 1u);
  EXPECT_EQ(await("\n\nr = 1 + co_await f();")[0].substr(0, 12), "core/a.cc:4:");
}

TEST(Tidy, AFileThatNoListNamesIsRefused) {
  const Tree lists = {{"core/CMakeLists.txt", "add_library(core base/a.cc\n  # base/b.cc\n  base/ab.cc)\n"},
                      {"tests/CMakeLists.txt", "add_executable(t \"core/c_test.cc\")"},
                      {"tests/near/CMakeLists.txt", "add_executable(n d.cc)"}};
  EXPECT_TRUE(every_source_is_listed("core/base/a.cc", lists).empty());
  EXPECT_TRUE(every_source_is_listed("tests/core/c_test.cc", lists).empty());
  EXPECT_TRUE(every_source_is_listed("tests/near/d.cc", lists).empty());
  EXPECT_EQ(every_source_is_listed("core/base/b.cc", lists).size(), 1u);
  EXPECT_EQ(every_source_is_listed("core/b.cc", lists).size(), 1u);
  EXPECT_EQ(every_source_is_listed("core/a.cc", lists).size(), 1u);
  EXPECT_EQ(every_source_is_listed("tests/other/d.cc", lists).size(), 1u);
}

TEST(Tidy, AnIncludeThatDoesNotStartAtTheRootIsRefused) {
  EXPECT_EQ(includes_start_at_the_root("core/base/a.cc", "#include \"a.h\"").size(), 1u);
  EXPECT_EQ(includes_start_at_the_root("core/base/a.cc", "#include \"base/a.h\"").size(), 1u);
  EXPECT_EQ(includes_start_at_the_root("core/base/a.cc", "#include \"../core/base/a.h\"").size(), 1u);
  EXPECT_EQ(includes_start_at_the_root("core/base/a.cc", "#include <core/base/a.h>").size(), 1u);
  EXPECT_TRUE(
      includes_start_at_the_root("core/base/a.cc", "#include \"core/base/a.h\"\n#include <fmt/core.h>").empty());
}

TEST(Tidy, AHeaderWithoutPragmaOnceIsRefused) {
  EXPECT_EQ(a_header_is_read_once("core/base/a.h", "// #pragma once\nint f();\n").size(), 1u);
  EXPECT_EQ(a_header_is_read_once("core/base/a.h", "#include <map>\n#pragma once\n").size(), 1u);
  EXPECT_TRUE(a_header_is_read_once("core/base/a.h", "// A thing.\n#pragma once\n").empty());
}

TEST(Tidy, ASourceWhoseHeaderIsNotFirstIsRefused) {
  const Tree files = {{"core/a.h", ""}, {"core/b.cc", ""}};
  const auto rule = [&](std::string_view path, std::string_view text) {
    return a_source_includes_its_header_first(path, text, files).size();
  };
  EXPECT_EQ(rule("core/a.cc", "#include <map>\n\n#include \"core/a.h\"\n"), 1u);
  EXPECT_EQ(rule("core/a.cc", "int f();\n"), 1u);
  EXPECT_EQ(rule("core/a.cc", "#include \"core/a.h\"\n\n#include <map>\n"), 0u);
  EXPECT_EQ(rule("core/b.cc", "#include <map>\n"), 0u);
}

TEST(Tidy, ALongFileIsRefused) {
  EXPECT_EQ(a_file_is_not_long("core/a.cc", std::string(451, '\n')).size(), 1u);
  EXPECT_TRUE(a_file_is_not_long("core/a.cc", std::string(450, '\n')).empty());
  EXPECT_TRUE(a_file_is_not_long("tests/a.cc", std::string(451, '\n')).empty());
}

TEST(Tidy, AMarkForLaterIsRefused) {
  EXPECT_EQ(nothing_is_left_to_do("core/a.cc", std::string("// TO") + "DO: more").size(), 1u);
  EXPECT_EQ(nothing_is_left_to_do("core/a.cc", std::string("\n# XX") + "X").size(), 1u);
  EXPECT_TRUE(nothing_is_left_to_do("core/a.cc", "mktemp /tmp/a.XXXXXX").empty());
}

// ---- the real tree ----------------------------------------------------------------------------------

TEST(Tree, LayersBetweenDirectories) { expect_clean(layers_between_directories); }
TEST(Tree, LayersInsideCore) { expect_clean(layers_inside_core); }
TEST(Tree, NothingDiffersBetweenRuns) { expect_clean(nothing_differs_between_runs); }
TEST(Tree, AnAwaitStandsAlone) { expect_clean(an_await_stands_alone); }
TEST(Tree, EverySourceIsListed) {
  expect_clean([](std::string_view path, std::string_view) { return every_source_is_listed(path, tree()); });
}
TEST(Tree, IncludesStartAtTheRoot) { expect_clean(includes_start_at_the_root); }
TEST(Tree, AHeaderIsReadOnce) { expect_clean(a_header_is_read_once); }
TEST(Tree, ASourceIncludesItsHeaderFirst) {
  expect_clean([](std::string_view path, std::string_view text) {
    return a_source_includes_its_header_first(path, text, tree());
  });
}
TEST(Tree, AFileIsNotLong) { expect_clean(a_file_is_not_long); }
TEST(Tree, NothingIsLeftToDo) { expect_clean(nothing_is_left_to_do); }

}  // namespace
