// Personal data stays personal in whatever was made of it: a tag that is put on a column travels at once to the views and
// the published ports that may be made of it, in whichever domain. Untagging does not travel: each owner clears his own.
#pragma once

#include "mesh/audit/audit.h"
#include "mesh/product/held_tags.h"

namespace weft {

// Tags the columns of `definition` that may be made of tagged ones; true when one was not tagged before. A person's word
// that a column is none stands, but not where the tag holds.
bool tag_ports(ProductDefinition& definition, const std::vector<TaggedColumn>& tagged);

// `retagged` gets an entry for the audit log, `element.retag` or `product.retag`, of each object that was tagged: the tags of
// all its columns before and after. The caller appends them, last of all (append_all()). REQUIRES: lock_lineage(), before the
// tags were looked at.
[[nodiscard]] Result<void> spread_personal(Tx& tx, const PersonalPorts& ports, const Element& element, Timestamp now,
                                           std::vector<AuditRecord>& retagged);
[[nodiscard]] Result<void> spread_personal(Tx& tx, const PersonalPorts& ports, const Product& product, Timestamp now,
                                           std::vector<AuditRecord>& retagged);

}  // namespace weft
