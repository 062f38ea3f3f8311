#include <fmt/format.h>

#include "reports/text.h"
#include "scenarios/cli/commands.h"
#include "scenarios/cli/errors.h"
#include "scenarios/design/templates.h"

namespace orrery::cli {
namespace {

std::string all_templates(const reports::Style& style) {
  reports::Table table({{.head = "template", .left = true}, {.head = "what it is", .left = true}});
  for (const scenarios::DesignTemplate& each : scenarios::design_templates())
    table.row({std::string(each.name), std::string(each.teaches)});
  return table.text(style) + "\norrery init booking -o booking.toml; orrery run booking.toml\n";
}

}  // namespace

int init_command(const Program& program, const Options& options, const Console& console) {
  if (options.names.size() > 1) refuse(exit_usage, "init writes one template", "orrery init lists them");
  Output output(options, console);
  if (options.names.empty()) {
    output.put(as_typed(all_templates(style_of(options, console)), program));
  } else {
    const scenarios::DesignTemplate* found = scenarios::template_named(options.names.front());
    if (!found) {
      std::vector<std::string> known;
      for (const scenarios::DesignTemplate& each : scenarios::design_templates()) known.emplace_back(each.name);
      refuse_name("template", options.names.front(), known, "orrery init lists them");
    }
    output.put(found->text);
  }
  output.complete();
  return exit_green;
}

}  // namespace orrery::cli
