// What executing runs stands on.
#pragma once

#include <filesystem>

#include "mesh/audit/audit.h"
#include "mesh/datastore/source.h"
#include "mesh/domain/domain_store.h"
#include "mesh/identity/user_store.h"
#include "mesh/notification/notification.h"
#include "mesh/run/profiler.h"
#include "mesh/run/resolve_ingredients.h"
#include "mesh/run/run_store.h"
#include "mesh/run/transformer.h"

namespace weft {

struct RunPorts {
  Transactor& transactor;
  RunStore& runs;
  DomainStore& domains;
  UserStore& users;
  AuditLog& audit;
  Outbox& outbox;
  IngredientPorts ingredients;
  Source& source;
  Transformer& transformer;
  Profiler& profiler;
  const Clock& clock;
  std::filesystem::path data;  // snapshots lie in data/lake
  int keep_snapshots = 10;     // of a product; older ones go
};

}  // namespace weft
