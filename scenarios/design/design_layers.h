// Tables laid over each other, and the paths of their parts.
//
// A path is keys with dots between them: objects.Venue.shards. An element of a list of tables in the root is found by
// its name, or, if it has none, by its number from 1: clients.eu.clients, faults.2.at. A key that has dots itself may
// stand in quotes.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "scenarios/toml_reader.h"

namespace orrery::scenarios {

// Lays a table over the document, key by key: tables over tables, a table over the elements of a list that its keys
// name; anything else takes the place of what was there. So does { dist = "exponential", mean = "5ms" } of another
// distribution, and { process = … } of other arrivals: their keys would not go together.
void lay_over(TomlText& text, toml::table&& above);

// Lays one value over it, as `--set PATH=VALUE` does: TOML, or a text that needs no quotes. A * in the place of an
// element stands for all of a list. Keys may be new, but what they belong to must be there.
void set_value(TomlText& text, std::string_view path, std::string_view value);

// Every part of a root with its path, in the order of their names; tables before what is in them.
using VisitPart = std::function<void(const std::string& path, const toml::node& part)>;
void visit_parts(const toml::table& root, const VisitPart& visit);

// Nothing if there is none.
const toml::node* part_at(const toml::table& root, std::string_view path);

// As set_value takes it: texts without quotes.
std::string value_text(const toml::node& part);

// The whole as one file.
std::string document_text(const TomlText& text);

// Where the file is that another one names: beside it. One that is named on the command line (`by` is empty) is where
// it says.
std::string beside(std::string_view by, const std::string& name);

}  // namespace orrery::scenarios
