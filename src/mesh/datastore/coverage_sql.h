// Adapter: mappings on the metadata store.
#pragma once

#include <memory>

#include "mesh/datastore/coverage_store.h"

namespace weft {

[[nodiscard]] std::unique_ptr<CoverageStore> make_sql_coverage_store();

}  // namespace weft
