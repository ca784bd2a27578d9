// SQL as text: what a migration file says to one dialect, cut into statements; parameters as PostgreSQL writes them.
// Pure; knows strings, names and comments, not grammar.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "platform/db/database.h"

namespace weft {

// The lines of `text` that are meant for `dialect`: those after a line `-- sqlite:` or `-- postgres:` are for that one
// only, those after `-- both:` for both, again. Lines keep their numbers: left out, they stand as blank ones.
[[nodiscard]] std::string section_for(std::string_view text, Dialect dialect);

// Cuts at each `;` that ends a statement: not in literals, quoted names, comments, dollar quotes or the body of a
// trigger or function. Trimmed; without the `;`; statements of nothing but comments are left out.
[[nodiscard]] std::vector<std::string> split_statements(std::string_view text);

struct NumberedText {
  std::string text;
  std::size_t parameters = 0;
};

// `?` → `$1`, `$2`, …, except in literals, quoted names and comments.
[[nodiscard]] NumberedText number_parameters(std::string_view text);

}  // namespace weft
