// What the columns that a grant hides are called at a port. Governance hides a column by the name that it has when it
// decides; a later version may call it otherwise, and so may another port.
#pragma once

#include "mesh/product/product_store.h"

namespace weft {

// `names`, and those of the port's columns that hand on what a column of such a name hands on, at any port of the newest
// version; where that has no column of the name any more, what it handed on in the last version that had one. Errors: `data.port_closed`
// (Denied) when too many versions have passed to tell. REQUIRES: the product is published, `port` is one of its ports.
[[nodiscard]] Result<std::vector<std::string>> hidden_columns(Tx& tx, ProductStore& products, const Product& product, const Port& port,
                                                              const std::vector<std::string>& names);

}  // namespace weft
