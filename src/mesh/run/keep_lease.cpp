#include "mesh/run/keep_lease.h"

#include "base/caught.h"

namespace weft {

namespace {

constexpr auto kLook = std::chrono::milliseconds(500);
constexpr auto kMaxHeld = std::chrono::seconds(15);

Result<std::variant<ServerLease, ForeignLease>> take(const LeasePorts& ports, const LeaseHolder& holder) {
  auto tx = TRY(ports.transactor.begin(TxMode::Write));
  auto taken = TRY(ports.leases.take(*tx, holder));
  CHECK(tx->commit());
  return taken;
}

}  // namespace

KeptLease::KeptLease(const LeasePorts& ports, KeepLease input, ServerLease lease)
    : ports_(ports), input_(std::move(input)), lease_(std::move(lease)) {
  if (ports_.leases.duration() == ServerLeaseStore::Duration::Until) thread_ = std::thread([this] { keep(); });
}

void KeptLease::keep() {
  std::unique_lock lock(mutex_);
  while (!changed_.wait_for(lock, std::chrono::seconds(kRenewSeconds), [this] { return stopping_; })) {
    lock.unlock();
    const auto renewed = caught([this]() -> Result<bool> {
      auto tx = TRY(ports_.transactor.begin(TxMode::Write));
      const bool ours = TRY(ports_.leases.renew(*tx, lease_.fence));
      CHECK(tx->commit());
      return ours;
    });
    // A store that can't be reached may come back, and the lease still be ours: nobody's but a successor's word ends it.
    if (!renewed && input_.log_failure) input_.log_failure(renewed.error());
    lock.lock();
    if (renewed && !*renewed) {
      lost_ = true;
      lock.unlock();
      if (input_.lost) input_.lost();
      return;
    }
  }
}

void KeptLease::give_up() {
  {
    const std::scoped_lock lock(mutex_);
    if (std::exchange(stopping_, true)) return;
    changed_.notify_all();
  }
  if (!thread_.joinable()) return;
  thread_.join();
  if (lost_) return;
  if (auto tx = ports_.transactor.begin(TxMode::Write)) {
    if (ports_.leases.give_up(**tx, lease_.fence)) (void)(*tx)->commit();  // else it runs out by itself
  }
}

Result<std::unique_ptr<KeptLease>> keep_lease(const LeasePorts& ports, KeepLease input) {
  std::optional<ForeignLease> seen;
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(kLeaseSeconds + kRenewSeconds);
  while (true) {
    auto tried = take(ports, input.holder);
    // One that hangs may hold the row until the store ends its transaction.
    if (!tried && tried.error().id == "store.busy" && std::chrono::steady_clock::now() < until + kMaxHeld) {
      std::this_thread::sleep_for(kLook);
      continue;
    }
    const auto taken = TRY(std::move(tried));
    if (const auto* lease = std::get_if<ServerLease>(&taken)) return std::make_unique<KeptLease>(ports, std::move(input), *lease);
    const auto& foreign = std::get<ForeignLease>(taken);
    if ((seen && seen->expires_at != foreign.expires_at) || std::chrono::steady_clock::now() > until) {
      return fail(ErrorKind::Conflict, "server.elsewhere",
                  fmt::format("This database is served already, by {}. Two servers can't share one yet.", foreign.holder.text),
                  "Stop that server first, or name another database with --database.");
    }
    seen = foreign;
    std::this_thread::sleep_for(kLook);
  }
}

}  // namespace weft
