// Bytes as hexadecimal digits, two for each: "00ff".
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace orrery {

void append_hex(std::string& out, std::string_view bytes);
std::string hex_of(std::string_view bytes);
// Nothing, if these are no digits, or not two for each byte. Capital letters are taken as well.
std::optional<std::string> bytes_of_hex(std::string_view digits);

}  // namespace orrery
