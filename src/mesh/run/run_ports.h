// What executing runs stands on.
#pragma once

#include <filesystem>

#include "mesh/audit/audit.h"
#include "mesh/datastore/source.h"
#include "mesh/domain/domain_store.h"
#include "mesh/identity/user_store.h"
#include "mesh/identity/work_slots.h"
#include "mesh/notification/notification.h"
#include "mesh/product/snapshot_readers.h"
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
  SnapshotReaders& readers;
  WorkSlots& slots;
  Fingerprint fingerprint;
  std::filesystem::path data;  // snapshots lie in data/lake
  std::int64_t fence = 0;      // of this server's lease
  int keep_snapshots = 10;     // of a product or view; older ones go
};

}  // namespace weft
