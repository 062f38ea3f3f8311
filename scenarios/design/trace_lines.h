// One line of CSV or of JSON, as fields.
//
// The texts that come back point into the line where they stand there as they are, else into this object. They live
// until its next line.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace orrery::scenarios {

// Fields separated by commas. A field may be quoted, and a quotation mark in it is doubled; blanks around a field are
// no part of it. A mark inside a field that does not begin with one means nothing.
class CsvLine {
 public:
  // False if a quotation mark is not closed, or something stands between it and the comma.
  bool read(std::string_view line);
  std::span<const std::string_view> fields() const { return fields_; }

 private:
  std::vector<std::string_view> fields_;
  std::string unquoted_;
};

// One object (RFC 8259), of which only fields of these names are wanted. The name of a field in an inner object is
// written with a dot: "request.path".
class JsonLine {
 public:
  static constexpr int depth_max = 64;

  explicit JsonLine(std::vector<std::string> wanted);

  // False if the line is no JSON object, or one of more levels than `depth_max`.
  bool read(std::string_view line);
  // By the place in `wanted`: a string's characters; a number, true or false as it is written. Without data(), if the
  // field is missing, null, or holds no single value. The last one counts, if there are several.
  std::span<const std::string_view> fields() const { return fields_; }

  // The names of all fields that hold a single value or null, in their order; none if `read` would be false.
  static std::vector<std::string> names_in(std::string_view line);

 private:
  std::vector<std::string> wanted_;
  std::vector<std::string_view> fields_;
  std::string decoded_;
};

}  // namespace orrery::scenarios
