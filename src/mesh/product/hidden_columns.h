// What the columns that a grant hides are called at a port. Governance hides a column by the name that it has when it
// decides; a later version may call it otherwise, and so may another port.
#pragma once

#include "mesh/element/element_store.h"
#include "mesh/product/product_store.h"

namespace weft {

// Whose columns are looked through.
struct HidingPorts {
  ProductStore& products;
  ElementStore& elements;
};

// `names`, and those of the port's columns that are made, also by way of views, of what a column of such a name hands on at any
// port of the newest version; where that has no column of the name any more, of what it handed on in the last version that had
// one. Where the SQL leaves open what a column is made of, it counts as made of all that the SQL reads, unless it stands beside the
// column of that name in the same SELECT: whoever hid that one saw it there. Errors: `data.port_closed` (Denied) when too many versions
// have passed to tell. REQUIRES: the product is published, `port` is one of its ports.
[[nodiscard]] Result<std::vector<std::string>> hidden_columns(Tx& tx, const HidingPorts& ports, const Product& product, const Port& port,
                                                              const std::vector<std::string>& names);

}  // namespace weft
