// Takes the server's lease and keeps it.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

#include "mesh/run/server_lease.h"

namespace weft {

struct LeasePorts {
  Transactor& transactor;
  ServerLeaseStore& leases;
};

struct KeepLease {
  LeaseHolder holder;
  std::function<void()> lost;  // on a thread of its own: another server has taken over
  std::function<void(const Error&)> log_failure;
};

class KeptLease {
 public:
  KeptLease(const LeasePorts& ports, KeepLease input, ServerLease lease);
  KeptLease(const KeptLease&) = delete;
  KeptLease& operator=(const KeptLease&) = delete;
  ~KeptLease() { give_up(); }

  [[nodiscard]] const ServerLease& lease() const { return lease_; }
  // At once, so that a successor need not wait. Idempotent.
  void give_up();

 private:
  void keep();

  const LeasePorts ports_;
  const KeepLease input_;
  const ServerLease lease_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false, lost_ = false;
  std::thread thread_;
};

// Waits for a lease that was left behind to run out; one that is renewed meanwhile is somebody's who lives.
// Errors: `server.elsewhere` (Conflict) names him.
[[nodiscard]] Result<std::unique_ptr<KeptLease>> keep_lease(const LeasePorts& ports, KeepLease input);

}  // namespace weft
