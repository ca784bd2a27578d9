// The functions that a user's SQL may call: those that compute on values and touch nothing else.
#pragma once

#include <string_view>

namespace weft {

// `name` in lower case; operators go by their sign.
[[nodiscard]] bool is_allowed_function(std::string_view name);

}  // namespace weft
