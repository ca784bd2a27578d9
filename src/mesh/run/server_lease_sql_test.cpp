// The contract that every ServerLeaseStore keeps, and who may write under a lease.
#include "mesh/run/server_lease_sql.h"

#include <thread>

#include "mesh/door/mesh_fixture_test.h"
#include "mesh/run/fenced_transactor.h"

namespace weft {

namespace {

class ServerLeaseTest : public MeshTest {
 protected:
  ServerLease take(const std::string& server) {
    auto tx = begin(TxMode::Write);
    auto taken = value_of(leases->take(*tx, {server, "process 1 on " + server}));
    value_of(tx->commit());
    return std::get<ServerLease>(std::move(taken));
  }
  FencedTransactor fenced(const ServerLease& lease) { return {database(), *leases, lease.fence}; }

  std::unique_ptr<ServerLeaseStore> leases = make_sql_server_lease_store(GetParam());
};
INSTANTIATE_TEST_SUITE_P(Stores, ServerLeaseTest, kBothDialects, dialect_name);

TEST_P(ServerLeaseTest, FenceGrowsAndTheMeshKeepsItsName) {
  const auto first = take("a:/srv"), second = take("a:/srv");
  EXPECT_EQ(second.fence, first.fence + 1);
  EXPECT_EQ(second.mesh, first.mesh);
  if (leases->duration() == ServerLeaseStore::Duration::StoreLock) return;
  auto tx = begin(TxMode::Write);
  EXPECT_FALSE(value_of(leases->renew(*tx, first.fence)));
  EXPECT_TRUE(value_of(leases->renew(*tx, second.fence)));
}

TEST_P(ServerLeaseTest, WhoLostItWritesNoMore) {
  const auto lost = take("a:/srv");
  auto old_server = fenced(lost);
  value_of(transact(old_server, [](Tx&) -> Result<void> { return {}; }));
  auto new_server = fenced(take("a:/srv"));
  EXPECT_EQ(error_of(old_server.begin(TxMode::Write)), "server.replaced");
  EXPECT_TRUE(old_server.begin(TxMode::Read)) << "reading hurts nobody";
  value_of(transact(new_server, [](Tx&) -> Result<void> { return {}; }));
}

TEST_P(ServerLeaseTest, NobodyTakesItFromWhoIsWriting) {
  auto server = fenced(take("a:/srv"));
  auto writing = value_of(server.begin(TxMode::Write));
  std::atomic<bool> taken{false};
  std::thread successor([&] {
    take("a:/srv");
    taken = true;
  });
  // On SQLite he waits for the writer's place, on PostgreSQL for the row.
  if (GetParam() == Dialect::Postgres) {
    const auto waits = [&] {
      return value_of(query("select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'", {}))
                 .front()
                 .integer(0) > 0;
    };
    for (int i = 0; i < 30'000 && !waits(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    EXPECT_TRUE(waits());
    // Whoever else writes, and he who renews, need not wait.
    auto other = value_of(server.begin(TxMode::Write));
  }
  EXPECT_FALSE(taken);
  value_of(writing->commit());
  successor.join();
  EXPECT_TRUE(taken);
  EXPECT_EQ(error_of(server.begin(TxMode::Write)), "server.replaced");
}

}  // namespace

}  // namespace weft
