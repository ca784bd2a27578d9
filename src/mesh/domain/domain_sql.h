// Adapter: domains on the metadata store.
#pragma once

#include <memory>

#include "mesh/domain/domain_store.h"

namespace weft {

[[nodiscard]] std::unique_ptr<DomainStore> make_sql_domain_store();

}  // namespace weft
