// UTF-8 as the Unicode standard defines it: no surrogates, no overlong forms.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace weft {

// The offset of the first byte that is not part of a well-formed sequence.
[[nodiscard]] std::optional<std::size_t> find_invalid_utf8(std::string_view text);

// `text` if it has at most `max_bytes`, else its beginning and an ellipsis; never cut within a character.
[[nodiscard]] std::string shorten(std::string_view text, std::size_t max_bytes);

}  // namespace weft
