// Who sends what in a design: groups of clients, the handlers that their mixes name, and what they are promised.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/file_error.h"
#include "scenarios/experiment.h"
#include "scenarios/toml_reader.h"
#include "sim/topology.h"

namespace orrery::scenarios {

// The handlers of a design's objects, as its other parts name them: "Venue.book", or "book" if no other object has one.
class HandlerNames {
 public:
  struct Handler {
    std::string object_class;
    std::string name;
    std::string whole() const { return object_class + "." + name; }
  };
  explicit HandlerNames(const std::vector<ClassPlan>& classes);

  const std::vector<Handler>& all() const { return handlers_; }
  std::vector<std::string> whole_names() const;
  // Else what is wrong with the name.
  std::expected<Handler, FileError> find(std::string_view name) const;

 private:
  std::vector<Handler> handlers_;
};

// [[clients]] with their mixes: the groups, and the law that they send by.
void read_clients(TomlTable& root, const HandlerNames& handlers, const sim::Topology& topology,
                  Experiment& experiment);

// [objectives], of groups and handlers that there are.
void read_promises(TomlTable& root, const HandlerNames& handlers, Experiment& experiment);

// All rates of its arrivals times so much: rate = "x1.5".
void read_rate(TomlTable& root, Experiment& experiment);

}  // namespace orrery::scenarios
