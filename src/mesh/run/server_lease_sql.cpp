#include "mesh/run/server_lease_sql.h"

#include "platform/db/sql.h"

namespace weft {

namespace {

// µs by the clock of the store, which is the same for all who ask it.
#define WEFT_STORE_NOW "cast(extract(epoch from clock_timestamp()) * 1000000 as bigint)"

constexpr Statement kMakePlace{"server_lease.make",
                               "insert into server_lease (place, fence, server, holder, mesh, expires_at) values (1, 0, '', '', ?, 0) "
                               "on conflict (place) do nothing",
                               Verdicts::Untouched};
// Until the commit nobody else takes it, and whoever writes under the old fence is waited for. SQLite has one writer anyhow.
constexpr Statement kHold{"server_lease.hold", "select fence from server_lease where place = 1 for update"};
// Those don't wait for each other, nor does renewing for them.
constexpr Statement kRequire{"server_lease.require", "select fence from server_lease where place = 1 for key share"};
constexpr Statement kFence{"server_lease.fence", "select fence from server_lease where place = 1"};
constexpr Statement kFind{"server_lease.find", "select fence, server, holder, mesh, expires_at from server_lease where place = 1"};
constexpr Statement kStoreNow{"server_lease.now", "select " WEFT_STORE_NOW};
constexpr Statement kTake{"server_lease.take",
                          "update server_lease set fence = fence + 1, server = ?, holder = ?, expires_at = ? where place = 1",
                          Verdicts::Untouched};
constexpr Statement kRenew{"server_lease.renew",
                           "update server_lease set expires_at = " WEFT_STORE_NOW " + cast(? as bigint) where place = 1 and fence = ?",
                           Verdicts::Untouched};
constexpr Statement kGiveUp{"server_lease.give_up", "update server_lease set expires_at = 0 where place = 1 and fence = ?",
                            Verdicts::Untouched};

constexpr std::int64_t kLeaseMicros = kLeaseSeconds * 1'000'000;

class SqlServerLeaseStore final : public ServerLeaseStore {
 public:
  explicit SqlServerLeaseStore(Dialect dialect) : dialect_(dialect) {}

  Duration duration() const override { return dialect_ == Dialect::Sqlite ? Duration::StoreLock : Duration::Until; }

  Result<std::variant<ServerLease, ForeignLease>> take(Tx& tx, const LeaseHolder& holder) override {
    CHECK(sql(tx).execute(kMakePlace, {new_uuid(SystemClock().now())}));
    if (dialect_ == Dialect::Postgres) CHECK(sql(tx).query_one(kHold, {}));
    const auto row = TRY(sql(tx).query_one(kFind, {}));
    std::int64_t now = 0;
    if (dialect_ == Dialect::Postgres) {
      now = TRY(sql(tx).query_one(kStoreNow, {}))->integer(0);
      if (row->integer(4) > now && row->text(1) != holder.server) return ForeignLease{{row->text(1), row->text(2)}, row->time(4)};
    }
    CHECK(sql(tx).execute(kTake, {holder.server, holder.text, now + kLeaseMicros}));
    return ServerLease{row->integer(0) + 1, row->text(3)};
  }

  Result<void> require(Tx& tx, std::int64_t fence) override {
    const auto row = TRY(sql(tx).query_one(dialect_ == Dialect::Postgres ? kRequire : kFence, {}));
    if (row && row->integer(0) == fence) return {};
    return fail(ErrorKind::Unavailable, "server.replaced", "Another server has taken over this database.", "Ask that one.");
  }

  Result<bool> renew(Tx& tx, std::int64_t fence) override { return TRY(sql(tx).execute(kRenew, {kLeaseMicros, fence})) == 1; }

  Result<void> give_up(Tx& tx, std::int64_t fence) override {
    CHECK(sql(tx).execute(kGiveUp, {fence}));
    return {};
  }

 private:
  Dialect dialect_;
};

}  // namespace

std::unique_ptr<ServerLeaseStore> make_sql_server_lease_store(Dialect dialect) { return std::make_unique<SqlServerLeaseStore>(dialect); }

}  // namespace weft
