// Route of the audit log.
#pragma once

#include "mesh/audit/audit.h"
#include "mesh/domain/domain_store.h"
#include "mesh/door/route_http.h"

namespace weft {

struct AuditPorts {
  AuditLog& audit;
  DomainStore& domains;
};

// What `ports` refers to outlives the routes.
[[nodiscard]] std::vector<Route> audit_routes(const AuditPorts& ports);

}  // namespace weft
