// Personal data stays personal in whatever was made of it: a tag that is put on a column travels at once to the views and
// the published ports that may be made of it, in whichever domain. Untagging does not travel: each owner clears his own.
#pragma once

#include "mesh/product/held_tags.h"

namespace weft {

// Tags the columns of `definition` that may be made of tagged ones; true when one was not tagged before. A person's word
// that a column is none stands, but not where the tag holds.
bool tag_ports(ProductDefinition& definition, const std::vector<TaggedColumn>& tagged);

[[nodiscard]] Result<void> spread_personal(Tx& tx, const PersonalPorts& ports, const Element& element, Timestamp now);
[[nodiscard]] Result<void> spread_personal(Tx& tx, const PersonalPorts& ports, const Product& product, Timestamp now);

}  // namespace weft
