// A SELECT as it may stand in parentheses: without the semicolon and the comments behind it. Pure, and no parser: what it
// leaves is what is checked and run, so that a mistake here can spoil a query but let nothing pass.
#pragma once

#include <string_view>

namespace weft {

// What more than comments and semicolons follows stays: two statements are two statements afterwards.
[[nodiscard]] std::string_view trim_select(std::string_view sql);

}  // namespace weft
