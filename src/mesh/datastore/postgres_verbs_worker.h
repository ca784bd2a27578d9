// What pull workers do with a PostgreSQL database, through the one socket that the server opened to it. Each verb reads
// in one read-only transaction with one view of the data.
#pragma once

#include "platform/worker/worker.h"

namespace weft {

[[nodiscard]] Result<json::object> check_postgres(const WorkerContext& context, const json::object& arguments);
[[nodiscard]] Result<json::object> list_postgres(const WorkerContext& context, const json::object& arguments);
[[nodiscard]] Result<json::object> describe_postgres(const WorkerContext& context, const json::object& arguments);
[[nodiscard]] Result<json::object> profile_postgres(const WorkerContext& context, const json::object& arguments);
[[nodiscard]] Result<json::object> sample_postgres(const WorkerContext& context, const json::object& arguments);
[[nodiscard]] Result<json::object> pull_postgres(const WorkerContext& context, const json::object& arguments);

}  // namespace weft
