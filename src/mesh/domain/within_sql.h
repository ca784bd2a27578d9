// The one place that says in SQL that something lies in a domain or below it.
#pragma once

#include <string>
#include <vector>

#include "platform/db/sql.h"

namespace weft {

// Appends `(…)`: `column` holds the path of one of `paths`, or of a domain below one. Nothing is within no path. Not LIKE:
// an underscore in a name is no wildcard. A path that a domain had before it was moved stands for where it is now.
void append_within(std::string& text, SqlParams& params, const std::vector<std::string>& paths, std::string_view column = "d.path");

}  // namespace weft
