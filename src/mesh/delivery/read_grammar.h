// The parts of a query string, each parsed from its own text. For read_query.cpp.
#pragma once

#include "mesh/delivery/read_query.h"

namespace weft {

[[nodiscard]] Result<std::vector<SelectItem>> parse_select(std::string_view text);
[[nodiscard]] Result<std::vector<OrderKey>> parse_order(std::string_view text);

// `and`, `or`, `not.and`, `not.or` and their bracketed list.
[[nodiscard]] Result<Logic> parse_logic(Logic::Kind kind, Negation negation, std::string_view text);

// `month` and `eq.1`
[[nodiscard]] Result<Logic> parse_filter(std::string_view key, std::string_view value);

}  // namespace weft
