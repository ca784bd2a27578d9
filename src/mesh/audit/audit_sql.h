// Adapter: the audit log on the metadata store.
#pragma once

#include <memory>

#include "mesh/audit/audit.h"

namespace weft {

[[nodiscard]] std::unique_ptr<AuditLog> make_sql_audit_log();

}  // namespace weft
