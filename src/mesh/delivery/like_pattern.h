// Patterns of like and ilike, brought into a form that DuckDB matches in linear time. Its general matcher tries every
// split of the text for each `%`: `%_a%a%a%b` on a text of 3,000 bytes takes minutes and can't be interrupted.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace weft {

struct LikePattern {
  enum class Form {
    Equal,        // no wildcard: `text` is what is compared with
    Like,         // LIKE without an escape character
    LikeEscaped,  // LIKE … ESCAPE '\'; of one without, DuckDB 1.5.5 makes a range, whose end may be no UTF-8 (behind `п_`)
  };
  Form form = Form::Equal;
  std::string text;
};

// `*` and `%` stand for any text, `_` for one character; `\` takes the next character as it is.
// Errors: `data.like_escape` (a `\` at the end), `data.like_too_complex`.
[[nodiscard]] Result<LikePattern> parse_like_pattern(std::string_view column, std::string_view pattern);

}  // namespace weft
