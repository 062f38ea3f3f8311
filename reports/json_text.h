// Texts and values of calls as JSON, and as a few words for a person.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "core/base/value.h"

namespace orrery::reports {

// Appends the text as a JSON string. In text that is no UTF-8 every byte beyond ASCII becomes U+FFFD.
void append_json(std::string& out, std::string_view text);

// Appends the value exactly: null, true, 7, 0.5, "text", lists and objects. What JSON has no form for is written as
// {"bytes": "00ff"}, {"undefined": true}, {"hex": "00ff"}, for text that is no UTF-8, and {"real": "nan"}, for nan, inf
// and -inf.
void append_json(std::string& out, const Value& value);

// On one line, in about so many bytes at most: text that is longer ends in "…", and text that is no UTF-8 is shown
// as hex 00ff.
std::string brief_text(const Value& value, std::size_t bytes_max = 80);

}  // namespace orrery::reports
