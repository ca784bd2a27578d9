// Adapter: sums of hits on the metadata store.
#pragma once

#include <memory>

#include "mesh/usage/usage_store.h"

namespace weft {

[[nodiscard]] std::unique_ptr<UsageStore> make_sql_usage_store();

}  // namespace weft
