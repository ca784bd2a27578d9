// Tx: one transaction on the metadata store. Ports and use cases pass it on; only `_sql` adapters look inside.
#pragma once

#include <cstdint>
#include <memory>
#include <type_traits>

#include "base/result.h"

namespace weft {

enum class TxMode {
  Read,   // a consistent view; writes fail
  Write,  // one at a time on SQLite; on PostgreSQL, transitions are conditional updates
};

// Thread-compatible: one thread at a time. Destroyed without commit() it rolls back.
class Tx {
 public:
  Tx() = default;
  Tx(const Tx&) = delete;
  Tx& operator=(const Tx&) = delete;
  virtual ~Tx() = default;

  // Durable when it returns success. On error nothing of it happened, except for `store.outcome_unknown` (Unavailable:
  // the connection or the disk failed at the one moment when nobody can tell).
  [[nodiscard]] virtual Result<void> commit() = 0;
};

// Thread-safe.
class Transactor {
 public:
  virtual ~Transactor() = default;
  // Blocks until a connection (and, for Write on SQLite, the writer's place) is free, bounded by the store's time-out:
  // `store.busy` (Unavailable).
  [[nodiscard]] virtual Result<std::unique_ptr<Tx>> begin(TxMode mode) = 0;

  // Grows with each committed Write of this process that changed anything but what no verdict rests on (who somebody is,
  // what he may read, and which snapshot): what was decided of that in a Read at the same epoch still holds, as far as this
  // process alone writes. Every statement counts that does not say otherwise (platform/db/sql.h). 0: such a commit is under
  // way, or other processes write, too: nothing may be remembered.
  [[nodiscard]] virtual std::uint64_t epoch() const = 0;
};

inline constexpr int kMaxWriteAttempts = 3;

// Does all of it again, a few times, while it loses against other transactions (`store.busy`). What `attempt` changes beside
// the store must bear that.
template <typename Attempt>
[[nodiscard]] auto again_while_busy(Attempt attempt) -> std::invoke_result_t<Attempt&> {
  for (int number = 1;; ++number) {
    auto done = attempt();
    if (done || done.error().id != "store.busy" || number == kMaxWriteAttempts) return done;
  }
}

// The way to write: `work(tx)` in a Write transaction that is committed when it succeeds, again while it is busy.
template <typename Work>
[[nodiscard]] auto transact(Transactor& transactor, Work work) -> std::invoke_result_t<Work&, Tx&> {
  return again_while_busy([&]() -> std::invoke_result_t<Work&, Tx&> {
    auto tx = TRY(transactor.begin(TxMode::Write));
    auto done = work(*tx);
    if (done) CHECK(tx->commit());
    return done;
  });
}

}  // namespace weft
