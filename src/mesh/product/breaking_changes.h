// What in a new version may break those who read the one before.
#pragma once

#include "mesh/product/product.h"

namespace weft {

// A sentence each for ports and columns that are gone (a renamed one is, too) and for columns of another type. What is new, and
// what is only ordered or described otherwise, breaks nobody. Of more than 20 the last sentence says how many. REQUIRES: both were published.
[[nodiscard]] std::vector<std::string> breaking_changes(const ProductDefinition& before, const ProductDefinition& after);

}  // namespace weft
