// What the use cases of domains stand on.
#pragma once

#include "mesh/audit/audit.h"
#include "mesh/domain/domain_store.h"
#include "mesh/identity/user_store.h"

namespace weft {

struct DomainPorts {
  DomainStore& domains;
  UserStore& users;
  AuditLog& audit;
};

}  // namespace weft
