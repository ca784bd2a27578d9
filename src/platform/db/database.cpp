#include "platform/db/database.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <utility>

#include "base/embedded.h"
#include "base/time.h"
#include "platform/db/connection_pool.h"
#include "platform/db/connection_tx.h"
#include "platform/db/migration.h"
#include "platform/db/open_database.h"
#include "platform/db/postgres_connection.h"
#include "platform/db/sqlite_connection.h"

namespace weft {
namespace {

using Pool = ConnectionPool<SqlConnection>;

class PooledDatabase final : public Database {
 public:
  PooledDatabase(Dialect dialect, const DatabaseOptions& options, Connector connect)
      : dialect_(dialect),
        wait_(options.wait_milliseconds),
        observer_(options.observer),
        connect_(std::move(connect)),
        // SQLite has one writer, whatever the options say: the others would only wait within SQLite, without order.
        readers_(static_cast<std::size_t>(std::max(options.readers, 1))),
        writers_(dialect == Dialect::Sqlite ? 1 : static_cast<std::size_t>(std::max(options.writers, 1))) {}

  Dialect dialect() const override { return dialect_; }

  Result<std::unique_ptr<Tx>> begin(TxMode mode) override { return begin_within(mode, wait_); }

  std::uint64_t epoch() const override {
    if (dialect_ != Dialect::Sqlite) return 0;
    const auto epoch = epoch_.load(std::memory_order_acquire);
    return epoch % 2 == 0 ? epoch : 0;
  }

  Result<void> ping() override {
    constexpr std::chrono::milliseconds kPatience{1000};  // whoever asks for readiness wants to know soon
    auto tx = TRY(begin_within(TxMode::Read, std::min(wait_, kPatience)));
    CHECK(sql(*tx).query({"store.ping", "SELECT 1"}, {}));
    return {};
  }

 private:
  Result<std::unique_ptr<Tx>> begin_within(TxMode mode, std::chrono::milliseconds wait) {
    const Observation observation(observer_, "transaction.begin");
    auto tx = mode == TxMode::Read ? begin_on(readers_, ConnectionUse::Read, wait) : begin_on(writers_, ConnectionUse::Write, wait);
    observation.end(!tx);
    return tx;
  }

  Result<std::unique_ptr<Tx>> begin_on(Pool& pool, ConnectionUse use, std::chrono::milliseconds wait) {
    auto place = pool.acquire(wait);
    if (!place) return fail(store_busy(fmt::format("no connection was free for {} ms", wait.count())));
    auto connection = std::move(*place);
    auto begun = begin_connection(connection, use);
    if (!begun) {
      give_back(pool, std::move(connection));
      return fail(std::move(begun).error());
    }
    ConnectionTx::Lender lender;
    lender.give_back = [&pool](std::unique_ptr<SqlConnection> used) { give_back(pool, std::move(used)); };
    // A commit is seen before its caller goes on: whoever has seen it must find nothing remembered from before, and nobody may
    // keep the old state under the new epoch.
    if (use == ConnectionUse::Write)
      lender.verdicts_changing = lender.verdicts_changed = [this] { epoch_.fetch_add(1, std::memory_order_acq_rel); };
    return std::make_unique<ConnectionTx>(std::move(connection), std::move(lender), observer_);
  }

  // Opens the connection if there is none, or if the one that was kept has been lost since.
  Result<void> begin_connection(std::unique_ptr<SqlConnection>& connection, ConnectionUse use) {
    if (connection != nullptr) {
      auto begun = connection->begin();
      if (begun || connection->is_usable()) return begun;
    }
    connection = TRY(connect_(use));
    return connection->begin();
  }

  static void give_back(Pool& pool, std::unique_ptr<SqlConnection> connection) {
    if (connection != nullptr && !connection->is_usable()) connection.reset();
    pool.release(std::move(connection));
  }

  Dialect dialect_;
  std::chrono::milliseconds wait_;
  StatementObserver observer_;
  Connector connect_;
  std::atomic<std::uint64_t> epoch_ = 2;  // odd while a commit that changes verdicts is under way; SQLite has one at a time
  Pool readers_;
  Pool writers_;
};

Result<Dialect> dialect_of(const DatabaseOptions& options) {
  if (options.url.empty()) return Dialect::Sqlite;
  if (options.url.starts_with("postgres://") || options.url.starts_with("postgresql://")) return Dialect::Postgres;
  // The address may hold a password: it isn't repeated.
  return fail(ErrorKind::Invalid, "store.url", "The database's address doesn't begin with postgres://.",
              "Write it as postgres://USER:PASSWORD@HOST:PORT/DATABASE, or leave it out for SQLite.");
}

Connector make_connector(Dialect dialect, const DatabaseOptions& options) {
  const std::chrono::milliseconds wait(options.wait_milliseconds);
  if (dialect == Dialect::Sqlite) {
    return [sqlite = SqliteOptions{.path = options.sqlite_path, .wait = wait}](ConnectionUse use) { return open_sqlite(sqlite, use); };
  }
  return [postgres = PostgresOptions{.url = options.url, .wait = wait}](ConnectionUse use) { return open_postgres(postgres, use); };
}

Result<void> bring_forward(Dialect dialect, const Connector& connect, std::span<const EmbeddedFile> files, const DatabaseOptions& options,
                           const Clock& clock) {
  const auto migrations = TRY(read_migrations(files, dialect));
  auto connection = TRY(connect(ConnectionUse::Migrate));
  const auto begin = [&]() -> Result<std::unique_ptr<SqlTx>> {
    CHECK(connection->begin());
    ConnectionTx::Lender lender;
    lender.give_back = [&](std::unique_ptr<SqlConnection> used) { connection = std::move(used); };
    return std::make_unique<ConnectionTx>(std::move(connection), std::move(lender), options.observer);
  };
  return migrate({dialect, begin}, migrations, clock);
}

}  // namespace

Result<std::unique_ptr<Database>> open_database(const DatabaseOptions& options, const Clock& clock, std::span<const EmbeddedFile> files) {
  const auto dialect = TRY(dialect_of(options));
  auto connect = make_connector(dialect, options);
  CHECK(bring_forward(dialect, connect, files, options, clock));
  return std::make_unique<PooledDatabase>(dialect, options, std::move(connect));
}

Result<std::unique_ptr<Database>> open_database(const DatabaseOptions& options, const Clock& clock) {
  return open_database(options, clock, embedded_files());
}

}  // namespace weft
