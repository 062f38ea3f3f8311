#include "scenarios/cli/doctor_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace orrery::cli {
namespace {

using Json = nlohmann::ordered_json;
using reports::Glyph;
using reports::Tone;

std::string name_of(const Subject& subject) {
  return fmt::format("{} seed {}", subject.chosen->argument, subject.seed);
}

std::string changes_text(const Diagnosis& diagnosis, const reports::Style& style) {
  reports::Table table({{.head = "", .left = true}, {.head = "", .left = true}});
  for (const auto& [change, why_not] : diagnosis.changes) {
    const auto& [name, what] = text_of(change);
    table.row({"   " + std::string(name), why_not.empty() ? std::string(what) : "not changed: " + why_not});
  }
  return " Changed in the second process\n" + table.text(style);
}

std::string guard_text(const Diagnosis& diagnosis) {
  if (diagnosis.asked)
    return fmt::format(" Guard   asked for: {}, in {}\n", diagnosis.asked->what, name_of(diagnosis.asked->subject));
  if (diagnosis.ended)
    return fmt::format(" Guard   its process ended {}, in {}\n", diagnosis.ended->what,
                       name_of(diagnosis.ended->subject));
  if (!diagnosis.why_no_guard.empty()) return fmt::format(" Guard   not complete here: {}\n", diagnosis.why_no_guard);
  if (!diagnosis.was_guarded) return "";
  return " Guard   no run makes a system call or reads a clock; instructions such as rdrand are not watched\n";
}

// Under the place where the second line leaves the first.
std::string mark_below(std::size_t indent, const Difference::Event& event, const reports::Style& style) {
  const auto [first, second] = std::ranges::mismatch(event.plain, event.changed);
  const std::string_view same(event.plain.begin(), first);
  return std::string(indent + reports::display_width(same), ' ') + reports::toned("^", Tone::bad, style) + "\n";
}

std::string cause_text(const Difference& difference) {
  if (difference.is_of_any_two) return "any run differs from any other, also in two equal processes";
  std::vector<std::string_view> names;
  for (const Change change : difference.causes) names.push_back(text_of(change).name);
  if (names.empty()) return "no single change does it alone";
  if (names.size() == 1) return fmt::format("{}: this change does it alone", names.front());
  return fmt::format("{}: each of these changes does it alone", fmt::join(names, ", "));
}

std::string difference_text(const Difference& difference, const reports::Style& style) {
  std::string text = fmt::format(" Differs {}, as {}\n", name_of(difference.subject),
                                 difference.subject.is_drawn ? "check draws it" : "run runs it");
  if (!difference.event) {
    text +=
        fmt::format(" Again   in none of {} attempts did it differ again: the first different event is not known\n",
                    difference.attempts);
  } else {
    const auto& [number, plain, changed] = *difference.event;
    const auto shown = [](const std::string& line) { return line.empty() ? "(the run is over)" : line; };
    text += fmt::format(" Event   {} is the first different one", reports::with_separators(number));
    text += difference.attempts > 1 ? fmt::format(", in attempt {}\n", difference.attempts) : "\n";
    text += fmt::format("   plain    {}\n   changed  {}\n", shown(plain), shown(changed));
    text += mark_below(12, *difference.event, style);
  }
  return text + fmt::format(" Cause   {}\n", cause_text(difference));
}

std::string_view sentence_of(const Diagnosis& diagnosis) {
  if (diagnosis.difference) return "not deterministic";
  if (diagnosis.asked) return "not closed: runs are equal, but one looks outside";
  return diagnosis.ended ? "not closed: runs are equal, but one ends its process under guard" : "deterministic";
}

std::string verdict_line(const Diagnosis& diagnosis, const reports::Style& style) {
  const bool is_good = diagnosis.is_well();
  const std::string mark = reports::toned(reports::glyph(is_good ? Glyph::pass : Glyph::fail, style),
                                          is_good ? Tone::good : Tone::bad, style);
  const std::string counts =
      fmt::format("{}, {}, twice", reports::counted(diagnosis.experiments, "experiment", "experiments"),
                  reports::counted(diagnosis.events, "event", "events"));
  const std::string wall = diagnosis.wall ? " in " + reports::wall_text(*diagnosis.wall) : "";
  return fmt::format("{} {}   {}{}\n", mark, sentence_of(diagnosis), counts, wall);
}

Json json_of(const Subject& subject) {
  return {{"scenario", subject.chosen->argument}, {"seed", subject.seed}, {"drawn", subject.is_drawn}};
}

Json json_of(const Difference& difference) {
  Json json = json_of(difference.subject);
  json["attempts"] = difference.attempts;
  if (difference.event)
    json["first_different_event"] = {{"number", difference.event->number},
                                     {"plain", difference.event->plain},
                                     {"changed", difference.event->changed}};
  json["any_two_runs_differ"] = difference.is_of_any_two;
  json["causes"] = Json::array();
  for (const Change change : difference.causes) json["causes"].push_back(text_of(change).name);
  return json;
}

Json guard_json(const Diagnosis& diagnosis) {
  Json json{{"available", diagnosis.was_guarded}};
  if (!diagnosis.why_no_guard.empty()) json["why_not"] = diagnosis.why_no_guard;
  if (diagnosis.asked) {
    json["asked_for"] = diagnosis.asked->what;
    json["in"] = json_of(diagnosis.asked->subject);
  }
  if (diagnosis.ended) {
    json["ended"] = diagnosis.ended->what;
    json["in"] = json_of(diagnosis.ended->subject);
  }
  return json;
}

}  // namespace

std::string doctor_text(const Diagnosis& diagnosis, const reports::Style& style) {
  return changes_text(diagnosis, style) + guard_text(diagnosis) +
         (diagnosis.difference ? difference_text(*diagnosis.difference, style) : "") + "\n" +
         verdict_line(diagnosis, style);
}

Json doctor_json(const Diagnosis& diagnosis, const reports::Invocation& invocation, const Json& host) {
  Json json{{"schema", "orrery/doctor/1"},
            {"tool", invocation.tool},
            {"command", invocation.command},
            {"experiments", diagnosis.experiments},
            {"events", diagnosis.events}};
  for (const auto& [change, why_not] : diagnosis.changes) {
    Json each{{"name", text_of(change).name}, {"applied", why_not.empty()}};
    if (!why_not.empty()) each["why_not"] = why_not;
    json["changes"].push_back(std::move(each));
  }
  json["guard"] = guard_json(diagnosis);
  if (diagnosis.difference) json["difference"] = json_of(*diagnosis.difference);
  json["verdict"] = diagnosis.difference ? "not deterministic" : diagnosis.is_well() ? "deterministic" : "not closed";
  if (diagnosis.wall) json["wall_ns"] = nanoseconds(*diagnosis.wall);
  if (!host.is_null()) json["host"] = host;
  return json;
}

}  // namespace orrery::cli
