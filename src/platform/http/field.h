// The syntax that all header fields share (RFC 9110, section 5): tokens, lists, names without case. What a field means
// is not known here.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "base/ascii.h"
#include "platform/http/message.h"

namespace weft::http {

// One or more of the characters that a method, a header name or a parameter may consist of.
[[nodiscard]] bool is_token(std::string_view text);

// Without spaces and tabs at both ends.
[[nodiscard]] std::string_view trim(std::string_view text);

// The elements of a comma-separated list, trimmed; empty ones are left out; a comma within quotes does not split.
[[nodiscard]] std::vector<std::string_view> list_elements(std::string_view value);

// The first header of that name.
[[nodiscard]] std::optional<std::string_view> find_field(const Headers& headers, std::string_view name);

// All headers of that name joined by commas, as RFC 9110 5.3 has it; empty when there is none.
[[nodiscard]] std::string joined_field(const Headers& headers, std::string_view name);

}  // namespace weft::http
