// A table's profile: from PostgreSQL's own statistics where ANALYZE has left some (no row is read), else computed there.
#pragma once

#include "mesh/datastore/postgres_table_worker.h"
#include "platform/worker/worker.h"

namespace weft {

// As `store.profile` answers.
[[nodiscard]] Result<json::object> profile_postgres_table(const WorkerContext& context, PostgresReader& reader, const PostgresTable& table,
                                                          const std::vector<PostgresColumn>& columns);

}  // namespace weft
