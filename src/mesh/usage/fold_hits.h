// Folds the journal into the sums: in batches, each exactly once, position and sums in one transaction.
#pragma once

#include "mesh/domain/domain_store.h"
#include "mesh/usage/usage_store.h"

namespace weft {

struct UsagePorts {
  Transactor& transactor;
  UsageStore& usage;
  HitJournal& journal;
  DomainStore& domains;
};

// Until the journal is read to its end. Thread-safe: one folds at a time, others wait and find it done.
[[nodiscard]] Result<void> fold_hits(const UsagePorts& ports);

}  // namespace weft
