// What PostgreSQL alone can do to us: connections that die, locks, other servers' migrations.
#include "platform/db/postgres_connection.h"

#include <fmt/format.h>

#include <future>
#include <set>

#include "platform/db/database_fixture_test.h"

namespace weft {
namespace {

constexpr EmbeddedFile kSchema[] = {
    {"migrations/0001_test.sql", "create table numbers (id bigint primary key, value bigint); insert into numbers values (1, 0), (2, 0);"}};
constexpr Statement kUpdate{"number.update", "update numbers set value = value + 1 where id = ?"};
constexpr Statement kRead{"number.read", "select value from numbers where id = ?"};

class PostgresTest : public testing::Test {
 protected:
  // Outside of the pools, each in a transaction of its own.
  Result<SqlAnswer> administer(const std::string& text) {
    auto connection = TRY(open_postgres({.url = options().url}, ConnectionUse::Write));
    return connection->run({"test.administer", text}, {});
  }

  void kill_connections() {
    const auto killed = administer(
        "select count(pg_terminate_backend(pid, 30000)) from pg_stat_activity where pid <> pg_backend_pid() and datname = "
        "current_database()");
    ASSERT_TRUE(killed) << killed.error().detail;
    ASSERT_GT(killed->rows.at(0).integer(0), 0);
  }

  const DatabaseOptions& options() const { return place_.options(); }

  TestDatabase place_{Dialect::Postgres};
  std::unique_ptr<Database> database_ = open_or_throw(options(), kSchema);
};

TEST_F(PostgresTest, LostConnectionsAreOpenedAnew) {
  for (int round = 0; round < 3; ++round) {
    {
      std::vector<std::unique_ptr<Tx>> held;
      for (int index = 0; index < 4; ++index) {
        for (const auto mode : {TxMode::Read, TxMode::Write}) {
          auto tx = database_->begin(mode);
          ASSERT_TRUE(tx) << tx.error().detail;
          ASSERT_TRUE(sql(**tx).query(kRead, {1}));
          held.push_back(std::move(*tx));
        }
      }
    }
    kill_connections();
  }
  EXPECT_TRUE(database_->ping());
}

TEST_F(PostgresTest, ConnectionLostInATransactionIsTold) {
  auto reader = database_->begin(TxMode::Read).value();
  auto writer = database_->begin(TxMode::Write).value();
  auto committer = database_->begin(TxMode::Write).value();
  auto leaver = database_->begin(TxMode::Read).value();
  ASSERT_TRUE(sql(*committer).execute(kUpdate, {1}));
  kill_connections();
  EXPECT_EQ(sql(*writer).execute(kUpdate, {2}).error().id, "store.unreachable");
  EXPECT_EQ(sql(*reader).query(kRead, {1}).error().kind, ErrorKind::Unavailable);
  EXPECT_EQ(leaver->commit().error().id, "store.unreachable") << "a Read has nothing to lose";
  EXPECT_EQ(committer->commit().error().id, "store.outcome_unknown");
  writer.reset();
  writer = database_->begin(TxMode::Write).value();
  EXPECT_EQ(sql(*writer).query_one(kRead, {1}).value()->integer(0), 0);
}

TEST_F(PostgresTest, LocksAreWaitedForInBounds) {
  auto impatient = options();
  impatient.wait_milliseconds = 50;
  const auto other = open_or_throw(impatient, kSchema);
  auto holder = database_->begin(TxMode::Write).value();
  ASSERT_TRUE(sql(*holder).execute(kUpdate, {1}));
  auto waiter = other->begin(TxMode::Write).value();
  EXPECT_EQ(sql(*waiter).execute(kUpdate, {1}).error().id, "store.busy");
}

TEST_F(PostgresTest, OneOfTwoInADeadlockIsBusy) {
  auto first = database_->begin(TxMode::Write).value();
  auto second = database_->begin(TxMode::Write).value();
  ASSERT_TRUE(sql(*first).execute(kUpdate, {1}));
  ASSERT_TRUE(sql(*second).execute(kUpdate, {2}));
  // Whoever loses must let go, or the other would wait for the lock's time-out.
  const auto update = [](std::unique_ptr<Tx>& tx, std::int64_t id) {
    const auto updated = sql(*tx).execute(kUpdate, {id});
    tx.reset();
    return updated ? std::string("done") : updated.error().id;
  };
  auto other = std::async(std::launch::async, [&] { return update(first, 2); });
  const auto ours = update(second, 1);
  const auto theirs = other.get();
  EXPECT_EQ((std::set{ours, theirs}), (std::set<std::string>{"done", "store.busy"}));
}

TEST_F(PostgresTest, EndlessStatementsAreStopped) {
  auto connection = open_postgres({.url = options().url, .statement_time = std::chrono::milliseconds(50)}, ConnectionUse::Read);
  ASSERT_TRUE(connection);
  ASSERT_TRUE((*connection)->begin());
  EXPECT_EQ((*connection)->run({"test.endless", "select 1 from pg_sleep(600)"}, {}).error().id, "store.busy");
  (*connection)->roll_back();
  EXPECT_TRUE((*connection)->is_usable());
}

TEST_F(PostgresTest, PreparedStatementsSurviveOtherServersMigrations) {
  const Statement all{"number.all", "select * from numbers where id = ?"};
  const auto read = [&]() -> std::string {
    auto tx = database_->begin(TxMode::Read);
    if (!tx) return tx.error().id;
    const auto rows = sql(**tx).query(all, {1});
    return rows ? "done" : rows.error().id;
  };
  ASSERT_EQ(read(), "done");
  ASSERT_TRUE(administer("alter table numbers add column more bigint"));
  EXPECT_EQ(read(), "store.busy") << "the caller tries again";
  EXPECT_EQ(read(), "done");
}

TEST_F(PostgresTest, CommitsAreSyncedWhateverTheServersDefault) {
  ASSERT_TRUE(administer("do $$ begin execute format('alter database %I set synchronous_commit = off', current_database()); end $$"));
  const auto database = open_or_throw(options(), kSchema);
  auto tx = database->begin(TxMode::Write).value();
  EXPECT_EQ(sql(*tx).query_one({"test.show", "select current_setting('synchronous_commit')"}, {}).value()->text(0), "on");
}

TEST_F(PostgresTest, DatabasesInOtherEncodingsAreRefused) {
  ASSERT_TRUE(administer("create database other_encoding encoding 'SQL_ASCII' template template0"));
  auto other = options();
  other.url.replace(other.url.find("///") + 3, other.url.find('?') - other.url.find("///") - 3, "other_encoding");
  const SystemClock clock;
  const auto opened = open_database(other, clock);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().id, "store.unreadable");
  ASSERT_TRUE(administer("drop database other_encoding"));
}

struct AddressCase {
  std::string_view url;
  std::string_view id;
};

TEST(PostgresAddress, UnusableOnesAreToldWithoutTheirPassword) {
  const AddressCase cases[] = {
      {"mysql://user:geheim@localhost/weft", "store.url"},
      {"host=localhost password=geheim", "store.url"},
      {"postgres://user:geheim%zz@localhost/weft", "store.url"},
      {"postgres://user:geheim@localhost/weft?no_such_option=geheim", "store.url"},
      {"postgres://user:geheim@[::1/weft", "store.url"},
      {"postgres:///weft?host=/nowhere&password=geheim", "store.unreachable"},
      {"postgres://user:geheim@127.0.0.1:1/weft", "store.unreachable"},
  };
  const SystemClock clock;
  for (const auto& [url, id] : cases) {
    const auto opened = open_database({.url = std::string(url)}, clock);
    ASSERT_FALSE(opened) << url;
    EXPECT_EQ(opened.error().id, id) << url << opened.error().message;
    for (const auto& text : {opened.error().message, opened.error().hint, opened.error().detail}) {
      EXPECT_EQ(text.find("geheim"), std::string::npos) << text;
    }
  }
}

}  // namespace
}  // namespace weft
