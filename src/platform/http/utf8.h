// Whether bytes are UTF-8 (RFC 3629: no overlong forms, no surrogates, at most U+10FFFF).
#pragma once

#include <string>
#include <string_view>

namespace weft::http {

[[nodiscard]] bool is_utf8(std::string_view text);

// The text with each byte that is not part of a well-formed sequence replaced by U+FFFD.
[[nodiscard]] std::string to_utf8(std::string_view text);

}  // namespace weft::http
