// Our errors in PostgREST's words, so that its clients understand them: the one table from our ids to its codes.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace weft {

struct PostgrestError {
  std::string_view code;  // `PGRST116`, `42703`
  std::string message;
  std::optional<std::string> details, hint;  // null in its JSON where absent
};

// Any error, also of other parts: what has no code of its own gets one of its kind.
[[nodiscard]] PostgrestError to_postgrest(const Error& error);
[[nodiscard]] std::string_view postgrest_code(const Error& error);

}  // namespace weft
