#include "platform/db/migration.h"

#include <fmt/format.h>

#include <fstream>
#include <thread>

#include "platform/crypto/crypto.h"
#include "platform/db/database_fixture_test.h"
#include "platform/db/open_database.h"

namespace weft {
namespace {

class FixedClock final : public Clock {
 public:
  Timestamp now() const override { return {1'700'000'000'000'000}; }
};
const FixedClock kClock;

constexpr EmbeddedFile kFirst{"migrations/0001_first.sql", "create table a (id bigint primary key); insert into a (id) values (1);"};
constexpr EmbeddedFile kSecond{"migrations/0002_second.sql", R"sql(
create table b (id bigint primary key, a_id bigint not null references a (id));
-- sqlite:
create trigger b_stays before delete on b begin
  select raise(abort, 'b stays');
end;
-- postgres:
create function b_stays() returns trigger as $$ begin raise exception 'b stays'; end; $$ language plpgsql;
create trigger b_stays before delete on b for each row execute function b_stays();
-- both:
insert into b (id, a_id) values (1, 1);
)sql"};

class MigrationTest : public testing::TestWithParam<Dialect> {
 protected:
  Result<std::unique_ptr<Database>> open(std::vector<EmbeddedFile> files) { return open_database(place_.options(), kClock, files); }

  static std::vector<SqlRow> query(Database& database, std::string_view text) {
    auto tx = database.begin(TxMode::Read).value();
    return sql(*tx).query({"test.query", text}, {}).value();
  }

  TestDatabase place_{GetParam()};
};

INSTANTIATE_TEST_SUITE_P(Stores, MigrationTest, kBothDialects, dialect_name);

TEST_P(MigrationTest, RunsWhatIsNewAndRecordsIt) {
  ASSERT_TRUE(open({kFirst}));
  const auto database = open({kSecond, kFirst, {"api/weft.openapi.yaml", "not: sql"}});
  ASSERT_TRUE(database) << database.error().detail;
  const auto records = query(**database, "select version, name, sha256, applied_at from schema_migrations order by version");
  ASSERT_EQ(records.size(), 2U);
  EXPECT_EQ(records[1].integer(0), 2);
  EXPECT_EQ(records[1].text(1), "0002_second");
  EXPECT_EQ(records[1].text(2), sha256_hex(kSecond.bytes));
  EXPECT_EQ(records[1].time(3), kClock.now());
  EXPECT_EQ(query(**database, "select id from a").size(), 1U) << "the first ran once";

  auto tx = (*database)->begin(TxMode::Write).value();
  EXPECT_FALSE(sql(*tx).execute({"test.delete", "delete from b"}, {})) << "the trigger is there";
  tx.reset();
  tx = (*database)->begin(TxMode::Write).value();
  EXPECT_EQ(sql(*tx).execute({"test.insert", "insert into b (id, a_id) values (2, 9)"}, {}).error().id, "store.reference")
      << "foreign keys hold again after migrating";
}

TEST_P(MigrationTest, OneThatWasLeftOutRunsLater) {
  ASSERT_TRUE(open({kFirst, {"migrations/0003_third.sql", "create table c (id bigint);"}}));
  EXPECT_TRUE(open({kFirst, kSecond, {"migrations/0003_third.sql", "create table c (id bigint);"}}));
}

TEST_P(MigrationTest, FailureLeavesNothing) {
  ASSERT_TRUE(open({kFirst}));
  const EmbeddedFile bad{"migrations/0002_bad.sql",
                         "create table b (id bigint); insert into a (id) values (2); insert into a (id) values (1);"};
  const auto failed = open({kFirst, bad});
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().id, "store.migration_failed");
  EXPECT_NE(failed.error().message.find("0002_bad failed at its statement 3"), std::string::npos) << failed.error().message;
  EXPECT_NE(failed.error().detail.find("store.duplicate"), std::string::npos) << failed.error().detail;

  const auto mended = open({kFirst, kSecond});
  ASSERT_TRUE(mended) << mended.error().detail;
  EXPECT_EQ(query(**mended, "select id from a").size(), 1U);
}

TEST_P(MigrationTest, BrokenReferencesAreRefused) {
  const EmbeddedFile bad{"migrations/0003_bad.sql", "insert into b (id, a_id) values (7, 99);"};
  ASSERT_TRUE(open({kFirst, kSecond}));
  const auto failed = open({kFirst, kSecond, bad});
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().id, "store.migration_failed");
  EXPECT_NE(failed.error().detail.find("store.reference"), std::string::npos) << failed.error().detail;
  EXPECT_EQ(query(**open({kFirst, kSecond}), "select id from b").size(), 1U);
}

TEST_P(MigrationTest, RefusesStoresOfOtherPrograms) {
  ASSERT_TRUE(open({kFirst, kSecond}));
  const auto older = open({kFirst});
  ASSERT_FALSE(older);
  EXPECT_EQ(older.error().id, "store.newer");
  EXPECT_NE(older.error().message.find("0002_second"), std::string::npos);

  const auto changed = open({{kFirst.path, "create table a (id bigint primary key, x text);"}, kSecond});
  ASSERT_FALSE(changed);
  EXPECT_EQ(changed.error().id, "store.migration_changed");

  const auto without = open({kSecond});
  ASSERT_FALSE(without);
  EXPECT_EQ(without.error().id, "store.migration_changed");
}

TEST_P(MigrationTest, ManyMayStartAtOnce) {
  std::vector<std::jthread> threads;
  std::atomic<int> opened = 0;
  for (int index = 0; index < 6; ++index) {
    threads.emplace_back([&] {
      const auto database = open({kFirst, kSecond});
      if (database) {
        ++opened;
      } else {
        ADD_FAILURE() << database.error().id << ": " << database.error().detail;
      }
    });
  }
  threads.clear();
  EXPECT_EQ(opened, 6);
  EXPECT_EQ(query(**open({kFirst, kSecond}), "select id from a").size(), 1U);
}

TEST(Migrations, AreReadByVersionForADialect) {
  const EmbeddedFile files[] = {kSecond, {"api/x.yaml", ""}, kFirst};
  const auto migrations = read_migrations(files, Dialect::Sqlite);
  ASSERT_TRUE(migrations);
  ASSERT_EQ(migrations->size(), 2U);
  EXPECT_EQ(migrations->at(0).name, "0001_first");
  EXPECT_EQ(migrations->at(1).version, 2);
  EXPECT_EQ(migrations->at(1).statements.size(), 3U);
  EXPECT_EQ(read_migrations(files, Dialect::Postgres)->at(1).statements.size(), 4U);
}

TEST(Migrations, MalformedNamesAreRefused) {
  for (const std::string_view path :
       {"migrations/1_a.sql", "migrations/0001.sql", "migrations/0001-a.sql", "migrations/0000_a.sql", "migrations/00x1_a.sql",
        "migrations/0001_a.txt", "migrations/-001_a.sql", "migrations/00010_a.sql"}) {
    const EmbeddedFile files[] = {{path, "select 1"}};
    const auto migrations = read_migrations(files, Dialect::Sqlite);
    ASSERT_FALSE(migrations) << path;
    EXPECT_EQ(migrations.error().id, "store.migration_malformed") << path;
  }
  const EmbeddedFile twins[] = {{"migrations/0001_a.sql", ""}, {"migrations/0001_b.sql", ""}};
  EXPECT_EQ(read_migrations(twins, Dialect::Sqlite).error().id, "store.migration_malformed");
}

}  // namespace
}  // namespace weft
