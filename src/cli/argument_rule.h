// What is wrong with an argument as it is written, for the checks of the command line: found before any server is asked, by
// the server's own rules. Each returns the complaint; empty: none.
#pragma once

#include <functional>
#include <string>

#include "base/json.h"

namespace weft {

using ArgumentRule = std::function<std::string(const std::string&)>;

[[nodiscard]] std::string whole_number(const std::string& text);
// `2030-01-31` or a time in RFC 3339.
[[nodiscard]] std::string day_or_time(const std::string& text);
[[nodiscard]] std::string existing_file(const std::string& name);
// Text as a field of the API takes it.
[[nodiscard]] ArgumentRule text_within(Form::TextLimits limits);

}  // namespace weft
