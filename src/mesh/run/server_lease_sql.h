// Adapter: the server's lease on the metadata store.
#pragma once

#include <memory>

#include "mesh/run/server_lease.h"
#include "platform/db/database.h"

namespace weft {

// On SQLite the data folder's lock is the lease: whoever asks may have it.
[[nodiscard]] std::unique_ptr<ServerLeaseStore> make_sql_server_lease_store(Dialect dialect);

}  // namespace weft
