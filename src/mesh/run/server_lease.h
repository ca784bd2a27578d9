// Which server runs this mesh's runs: one at a time. Its lease has a fence that grows with each taking; a run is ended
// only under the fence by which it was claimed, so that a server that was given up for dead has no effect any more.
#pragma once

#include "base/id.h"
#include "base/time.h"
#include "base/transaction.h"

namespace weft {

inline constexpr std::int64_t kLeaseSeconds = 15;
inline constexpr std::int64_t kRenewSeconds = 3;

struct ServerLease {
  std::int64_t fence = 0;
  std::string mesh;  // the store's own name, made with the first lease
};

struct LeaseHolder {
  std::string server;  // machine and data folder: who holds that folder's lock is the successor of whoever held it before
  std::string text;    // for people: `process 4711 on db1, data folder /srv/weft`
};

// Somebody else's lease that is in force.
struct ForeignLease {
  LeaseHolder holder;
  Timestamp expires_at;  // by the store's clock: only to see whether it moves
};

// Port.
class ServerLeaseStore {
 public:
  virtual ~ServerLeaseStore() = default;
  // Until: it must be renewed, or somebody else may take it. StoreLock: it is safe by other means.
  enum class Duration { Until, StoreLock };
  [[nodiscard]] virtual Duration duration() const = 0;
  // Takes it when it is free, run out, or of the same server; otherwise tells whose it is. REQUIRES: a Write transaction.
  [[nodiscard]] virtual Result<std::variant<ServerLease, ForeignLease>> take(Tx& tx, const LeaseHolder& holder) = 0;
  // Until the transaction is over nobody else takes it. Errors: `server.replaced` (Unavailable): somebody has.
  [[nodiscard]] virtual Result<void> require(Tx& tx, std::int64_t fence) = 0;
  // False when another server has taken it.
  [[nodiscard]] virtual Result<bool> renew(Tx& tx, std::int64_t fence) = 0;
  virtual Result<void> give_up(Tx& tx, std::int64_t fence) = 0;
};

}  // namespace weft
