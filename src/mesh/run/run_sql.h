// Adapter: runs on the metadata store.
#pragma once

#include <memory>

#include "mesh/run/run_store.h"

namespace weft {

[[nodiscard]] std::unique_ptr<RunStore> make_sql_run_store();

}  // namespace weft
