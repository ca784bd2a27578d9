// Transactions for what a server does by itself: they write only while it holds its lease. Not about how it is kept.
#pragma once

#include "mesh/run/server_lease.h"

namespace weft {

// Thread-safe. What it is made of outlives it.
class FencedTransactor final : public Transactor {
 public:
  FencedTransactor(Transactor& transactor, ServerLeaseStore& leases, std::int64_t fence)
      : transactor_(transactor), leases_(leases), fence_(fence) {}

  // Errors besides: `server.replaced` (Unavailable), of a Write.
  Result<std::unique_ptr<Tx>> begin(TxMode mode) override {
    auto tx = TRY(transactor_.begin(mode));
    if (mode == TxMode::Write) CHECK(leases_.require(*tx, fence_));
    return tx;
  }
  std::uint64_t epoch() const override { return transactor_.epoch(); }

 private:
  Transactor& transactor_;
  ServerLeaseStore& leases_;
  const std::int64_t fence_;
};

}  // namespace weft
