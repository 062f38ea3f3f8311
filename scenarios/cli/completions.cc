// Scripts for bash, zsh and fish, written from the manual. Each finds the command that is being typed, its first
// argument, and the flag before the cursor; a table of the manual then says what may stand there. Names of scenarios,
// properties and settings are asked of the program itself, by its hidden command `names`.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "scenarios/cli/commands.h"
#include "scenarios/cli/errors.h"
#include "scenarios/cli/manual.h"

namespace orrery::cli {
namespace {

std::string replaced(std::string text, std::string_view what, std::string_view by) {
  for (std::size_t at = text.find(what); at != text.npos; at = text.find(what, at + by.size()))
    text.replace(at, what.size(), by);
  return text;
}

// In single quotes, for bash and zsh.
std::string quoted(std::string_view text) { return "'" + replaced(std::string(text), "'", R"('\'')") + "'"; }

std::string quoted_for_fish(std::string_view text) {
  return "'" + replaced(replaced(std::string(text), "\\", "\\\\"), "'", "\\'") + "'";
}

// The name of the program as a part of the name of a function.
std::string identifier_of(std::string text) {
  const auto is_word = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  };
  std::ranges::replace_if(
      text, [&](char c) { return !is_word(c); }, '_');
  return text;
}

std::string filled_in(std::string_view script, const Program& program) {
  std::string text = replaced(std::string(script), "@PROGRAM@", program.name);
  text = replaced(text, "@QUOTED@", quoted(program.name));
  return replaced(text, "@NAME@", identifier_of(program.name));
}

// The argument of `names` that lists them; empty for what the program does not list.
std::string_view listed_by(Completes what) {
  switch (what) {
    case Completes::scenarios: return "scenarios";
    case Completes::properties: return "properties";
    case Completes::settings: return "settings";
    case Completes::topics: return "topics";
    case Completes::templates: return "templates";
    case Completes::rules: return "rules";
    case Completes::nothing:
    case Completes::files:
    case Completes::help: break;
  }
  return {};
}

bool includes(const std::vector<Completes>& all, Completes one) { return std::ranges::find(all, one) != all.end(); }

// What the argument of a command may be in every program; those that `names` lists are left to it.
std::vector<std::string_view> fixed_words(const CommandEntry& command) {
  if (includes(command.completes, Completes::topics)) return {};
  std::vector<std::string_view> words = command.words;
  if (!includes(command.completes, Completes::help)) return words;
  for (const CommandEntry& each : shown_commands()) words.push_back(each.name);
  words.push_back(exit_codes_topic);
  words.push_back(design_file_topic);
  return words;
}

std::vector<std::string> all_names(const std::vector<Flag>& flags) {
  std::vector<std::string> all;
  for (const Flag& flag : flags)
    for (const std::string& name : names_of(flag)) all.push_back(name);
  return all;
}

// A pattern of the flags that a value follows.
std::string flags_with_value() {
  std::set<std::string> names;
  const auto add = [&names](const std::vector<Flag>& flags) {
    for (const Flag& flag : flags)
      if (!value_of(flag).empty())
        for (const std::string& name : names_of(flag)) names.insert(name);
  };
  add(manual().flags);
  for (const CommandEntry& each : shown_commands()) add(each.flags);
  return fmt::format("{}", fmt::join(names, "|"));
}

// The branches of a `case` of bash and zsh. Patterns with the same body share a branch.
class Branches {
 public:
  void add(std::string pattern, const std::string& body) {
    const auto same = std::ranges::find(branches_, body, &Branch::body);
    if (same == branches_.end())
      branches_.push_back({std::move(pattern), body});
    else
      same->patterns += "|" + pattern;
  }
  std::string text(std::size_t indent) const {
    std::string all;
    for (const Branch& each : branches_)
      all += fmt::format("{:{}}({}){}{} ;;\n", "", indent, each.patterns, each.body.empty() ? "" : " ", each.body);
    return all;
  }

 private:
  struct Branch {
    std::string patterns;
    std::string body;
  };
  std::vector<Branch> branches_;
};

// What a shell does to offer something.
struct Offers {
  std::string (*words)(const std::vector<std::string_view>& words);
  std::string (*listed)(Completes what);
  std::string_view files;
};

std::string value_body(const Flag& flag, const Offers& offers) {
  if (!flag.words.empty()) return offers.words(flag.words);
  if (flag.completes == Completes::files) return std::string(offers.files);
  return flag.completes == Completes::nothing ? "" : offers.listed(flag.completes);
}

// The values of flags, by "COMMAND:FLAG".
std::string values_table(const Offers& offers) {
  Branches branches;
  const auto add = [&](std::string_view command, const std::vector<Flag>& flags) {
    for (const Flag& flag : flags)
      if (!value_of(flag).empty())
        for (const std::string& name : names_of(flag))
          branches.add(fmt::format("{}:{}", command, name), value_body(flag, offers));
  };
  for (const CommandEntry& each : shown_commands()) add(each.name, each.flags);
  add("*", manual().flags);
  return branches.text(4);
}

// The arguments of commands.
std::string arguments_table(const Offers& offers) {
  Branches branches;
  for (const CommandEntry& each : shown_commands()) {
    std::vector<std::string> parts;
    if (const auto words = fixed_words(each); !words.empty()) parts.push_back(offers.words(words));
    for (const Completes what : each.completes)
      if (what == Completes::files)
        parts.emplace_back(offers.files);
      else if (!listed_by(what).empty())
        parts.push_back(offers.listed(what));
    branches.add(std::string(each.name), fmt::format("{}", fmt::join(parts, "; ")));
  }
  return branches.text(10);
}

constexpr std::string_view bash_script = R"SH(# Completions of @PROGRAM@ for bash.
_@NAME@() {
  local IFS=$' \t\n' cur=${COMP_WORDS[COMP_CWORD]} flag=${COMP_WORDS[COMP_CWORD-1]}
  local program=${COMP_WORDS[0]/#\~\//$HOME/} command= subject= words= tail= prefix= files= word i
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; ++i)); do
    word=${COMP_WORDS[i]}
    case $word in
      (=) ((++i)) ;;
      (@VALUED@) [[ ${COMP_WORDS[i+1]} == = ]] && ((++i)); ((++i)) ;;
      (-*) ;;
      (*) if [[ -z $command ]]; then command=$word; elif [[ -z $subject ]]; then subject=$word; fi ;;
    esac
  done
  # bash parts words at = but for those who told it not to.
  if [[ $cur == = ]]; then
    cur=
    [[ $flag == -* ]] || return 0
  elif [[ $flag == = ]]; then
    flag=${COMP_WORDS[COMP_CWORD-2]}
    [[ $flag == -* ]] || return 0
  elif [[ $cur == --*=* ]]; then
    flag=${cur%%=*} prefix=${cur%%=*}= cur=${cur#*=}
  fi
  case $command:$flag in
@VALUES@    (*)
      case $cur in
        (-*)
          case $command in
@FLAGS@          esac
          words+=' @GLOBALS@' ;;
        (*)
          case $command in
          ('') words='@COMMANDS@' ;;
@ARGUMENTS@          esac ;;
      esac ;;
  esac
  [[ -z $tail ]] || compopt -o nospace 2>/dev/null
  COMPREPLY=($(compgen -P "$prefix" -S "$tail" -W "$words" -- "$cur"))
  if [[ -n $files ]]; then
    compopt -o filenames 2>/dev/null
    IFS=$'\n'
    COMPREPLY+=($(compgen -P "$prefix" -f -- "$cur"))
  fi
}
complete -F _@NAME@ -- @QUOTED@
)SH";

std::string bash_words(const std::vector<std::string_view>& words) {
  return fmt::format("words+=' {}'", fmt::join(words, " "));
}
std::string bash_listed(Completes what) {
  const bool is_set = what == Completes::settings;
  return fmt::format("words+=\" $(\"$program\" names {}{} 2>/dev/null)\"{}", listed_by(what),
                     is_set ? " $subject" : "", is_set ? " tail==" : "");
}

std::string completions_for_bash(const Program& program) {
  const Offers offers{bash_words, bash_listed, "files=yes"};
  Branches flags;
  std::vector<std::string_view> commands;
  for (const CommandEntry& each : shown_commands()) {
    commands.push_back(each.name);
    if (!each.flags.empty())
      flags.add(std::string(each.name), fmt::format("words='{}'", fmt::join(all_names(each.flags), " ")));
  }
  std::string script = filled_in(bash_script, program);
  script = replaced(script, "@VALUED@", flags_with_value());
  script = replaced(script, "@VALUES@", values_table(offers));
  script = replaced(script, "@FLAGS@", flags.text(10));
  script = replaced(script, "@GLOBALS@", fmt::format("{}", fmt::join(all_names(manual().flags), " ")));
  script = replaced(script, "@COMMANDS@", fmt::format("{}", fmt::join(commands, " ")));
  return replaced(script, "@ARGUMENTS@", arguments_table(offers));
}

constexpr std::string_view zsh_script = R"SH(#compdef @PROGRAM@
# Completions of @PROGRAM@ for zsh.
_@NAME@() {
  emulate -L zsh
  local program=${words[1]/#\~\//$HOME/} command= subject= flag=${words[CURRENT-1]} i
  local -a offered
  for ((i = 2; i < CURRENT; ++i)); do
    case ${words[i]} in
      (@VALUED@) ((++i)) ;;
      (-*) ;;
      (*) if [[ -z $command ]]; then command=${words[i]}; elif [[ -z $subject ]]; then subject=${words[i]}; fi ;;
    esac
  done
  if [[ $PREFIX == --*=* ]]; then
    flag=${PREFIX%%=*}
    compset -P 1 '*='
  fi
  case $command:$flag in
@VALUES@    (*)
      case $PREFIX in
        (-*)
          case $command in
@FLAGS@          esac
          offered+=(@GLOBALS@)
          _describe -o option offered ;;
        (*)
          case $command in
          ('') offered=(@COMMANDS@); _describe command offered ;;
@ARGUMENTS@          esac ;;
      esac ;;
  esac
}
if [[ ${funcstack[1]} == _@QUOTED@ ]]; then _@NAME@ "$@"; else compdef _@NAME@ @QUOTED@; fi
)SH";

std::string zsh_words(const std::vector<std::string_view>& words) {
  return fmt::format("compadd -- {}", fmt::join(words, " "));
}
std::string zsh_listed(Completes what) {
  const bool is_set = what == Completes::settings;
  return fmt::format("compadd {}-- ${{(f)\"$($program names {}{} 2>/dev/null)\"}}", is_set ? "-S = " : "",
                     listed_by(what), is_set ? " $subject" : "");
}

// For _describe: name and help, parted by a colon.
std::string described(const std::vector<Flag>& flags) {
  std::vector<std::string> all;
  for (const Flag& flag : flags)
    for (const std::string& name : names_of(flag)) all.push_back(quoted(fmt::format("{}:{}", name, help_of(flag))));
  return fmt::format("{}", fmt::join(all, " "));
}

std::string completions_for_zsh(const Program& program) {
  const Offers offers{zsh_words, zsh_listed, "_files"};
  Branches flags;
  std::vector<std::string> commands;
  for (const CommandEntry& each : shown_commands()) {
    commands.push_back(quoted(fmt::format("{}:{}", each.name, each.summary)));
    if (!each.flags.empty()) flags.add(std::string(each.name), fmt::format("offered=({})", described(each.flags)));
  }
  std::string script = filled_in(zsh_script, program);
  script = replaced(script, "@VALUED@", flags_with_value());
  script = replaced(script, "@VALUES@", values_table(offers));
  script = replaced(script, "@FLAGS@", flags.text(10));
  script = replaced(script, "@GLOBALS@", described(manual().flags));
  script = replaced(script, "@COMMANDS@", fmt::format("{}", fmt::join(commands, " ")));
  return replaced(script, "@ARGUMENTS@", arguments_table(offers));
}

constexpr std::string_view fish_script = R"SH(# Completions of @PROGRAM@ for fish.
# The command and its arguments, as far as they are typed.
function __@NAME@_words
  set -l is_value no
  for word in (commandline -opc)[2..]
    if test $is_value = yes
      set is_value no
      continue
    end
    switch $word
      case @VALUED@
        set is_value yes
      case '-*'
      case '*'
        printf '%s\n' $word
    end
  end
end
# Whether it is this command; without an argument, whether none is typed yet.
function __@NAME@_is
  set -l words (__@NAME@_words)
  test "$words[1]" = "$argv"
end
function __@NAME@_names
  set -l program (string replace -r '^~/' "$HOME/" -- (commandline -opc)[1])
  $program names $argv 2>/dev/null
end
function __@NAME@_settings
  set -l words (__@NAME@_words)
  for name in (__@NAME@_names settings $words[2])
    printf '%s=\n' $name
  end
end
complete -c @QUOTED@ -e
complete -c @QUOTED@ -f
)SH";

// What to offer, as an argument of -a; with -F for files.
std::string fish_offer(Completes what, const std::vector<std::string_view>& words) {
  if (!words.empty()) return fmt::format(" -a '{}'", fmt::join(words, " "));
  if (what == Completes::files) return " -F";
  if (what == Completes::settings) return " -a '(__@NAME@_settings)'";
  return listed_by(what).empty() ? "" : fmt::format(" -a '(__@NAME@_names {})'", listed_by(what));
}

std::string fish_flag(const Flag& flag) {
  std::string line;
  for (const std::string& name : names_of(flag))
    line += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
  if (!value_of(flag).empty()) line += flag.completes == Completes::files ? " -r" : " -x";
  return fmt::format("{}{} -d {}\n", line, fish_offer(flag.completes, flag.words), quoted_for_fish(help_of(flag)));
}

std::string completions_for_fish(const Program& program) {
  std::string script(fish_script);
  for (const Flag& flag : manual().flags) script += "complete -c @QUOTED@" + fish_flag(flag);
  for (const CommandEntry& each : shown_commands()) {
    script +=
        fmt::format("complete -c @QUOTED@ -n __@NAME@_is -a {} -d {}\n", each.name, quoted_for_fish(each.summary));
    const std::string within = fmt::format("complete -c @QUOTED@ -n '__@NAME@_is {}'", each.name);
    if (const auto words = fixed_words(each); !words.empty())
      script += within + fish_offer(Completes::nothing, words) + "\n";
    for (const Completes what : each.completes)
      if (const std::string offer = fish_offer(what, {}); !offer.empty()) script += within + offer + "\n";
    for (const Flag& flag : each.flags) script += within + fish_flag(flag);
  }
  return filled_in(replaced(script, "@VALUED@", replaced(flags_with_value(), "|", " ")), program);
}

}  // namespace

int completions_command(const Program& program, const Options& options, const Console& console) {
  const std::vector<std::string> shells{"bash", "zsh", "fish"};
  const std::string known = fmt::format("known: {}", fmt::join(shells, ", "));
  if (options.names.size() != 1)
    refuse(exit_usage,
           options.names.empty() ? "completions needs the name of a shell" : "completions takes one shell", known);
  const std::string& shell = options.names.front();
  if (std::ranges::find(shells, shell) == shells.end()) refuse_name("shell", shell, shells, known);
  const std::string script = shell == "bash"  ? completions_for_bash(program)
                             : shell == "zsh" ? completions_for_zsh(program)
                                              : completions_for_fish(program);
  Output output(options, console);
  output.put(as_typed(script, program));
  output.complete();
  return exit_green;
}

}  // namespace orrery::cli
