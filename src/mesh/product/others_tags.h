// What another domain tagged as personal only that domain clears, however many views it went through.
#pragma once

#include <set>

#include "mesh/product/spread_personal.h"

namespace weft {

// The columns of an element that may be made of such a column; none of a table's.
[[nodiscard]] Result<std::set<std::string>> columns_tagged_by_others(Tx& tx, const PersonalPorts& ports, const Element& element);

}  // namespace weft
