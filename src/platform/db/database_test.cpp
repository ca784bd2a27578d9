// What a transaction promises, on both stores.
#include "platform/db/database.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <limits>
#include <mutex>
#include <thread>

#include "platform/db/database_fixture_test.h"
#include "platform/db/sql.h"

namespace weft {
namespace {

constexpr EmbeddedFile kSchema[] = {{"migrations/0001_test.sql", R"sql(
create table owners (id text primary key, name text not null unique);
create table pets (
  id text primary key,
  owner_id text references owners (id),
  name text,
  age bigint,
  tame smallint not null default 0,
  state text not null default 'new',
  check (age <> -13)
);
create table promises (id text primary key, pet_id text references pets (id) deferrable initially deferred);
)sql"}};

constexpr Statement kInsertOwner{"owner.insert", "insert into owners (id, name) values (?, ?)"};
constexpr Statement kInsertPet{"pet.insert", "insert into pets (id, owner_id, name, age, tame) values (?, ?, ?, ?, ?)"};
constexpr Statement kListOwners{"owner.list", "select name from owners order by name"};
constexpr Statement kCountOwners{"owner.count", "select count(*) from owners"};

class TransactionTest : public DatabaseTest {
 protected:
  TransactionTest() : DatabaseTest(kSchema) {}

  std::int64_t count_owners() { return query(kCountOwners.text, {}).value().at(0).integer(0); }
};

INSTANTIATE_TEST_SUITE_P(Stores, TransactionTest, kBothDialects, dialect_name);

TEST_P(TransactionTest, CommitIsSeenAndNothingElseIs) {
  ASSERT_EQ(execute(kInsertOwner, {"1", "Ada"}), 1);
  {
    auto tx = begin(TxMode::Write);
    ASSERT_TRUE(sql(*tx).execute(kInsertOwner, {"2", "Bob"}));
    EXPECT_EQ(sql(*tx).query(kListOwners, {}).value().size(), 2U) << "sees its own changes";
    EXPECT_EQ(count_owners(), 1) << "others don't";
  }
  EXPECT_EQ(count_owners(), 1) << "without commit() it rolls back";
}

TEST_P(TransactionTest, ReadHasOneViewFromItsBeginning) {
  auto reader = begin(TxMode::Read);
  ASSERT_TRUE(execute(kInsertOwner, {"1", "Ada"}));
  EXPECT_EQ(sql(*reader).query(kListOwners, {}).value().size(), 0U);
  ASSERT_TRUE(execute(kInsertOwner, {"2", "Bob"}));
  EXPECT_EQ(sql(*reader).query(kListOwners, {}).value().size(), 0U);
  EXPECT_TRUE(reader->commit());
  EXPECT_EQ(count_owners(), 2);
}

TEST_P(TransactionTest, ReadRefusesToWrite) {
  for (const std::string_view text :
       {"insert into owners (id, name) values ('1', 'Ada')", "delete from owners", "create table more (id bigint)", "drop table pets"}) {
    auto tx = begin(TxMode::Read);
    const auto done = sql(*tx).execute({"test.write", text}, {});
    ASSERT_FALSE(done) << text;
    EXPECT_EQ(done.error().id, "store.failed") << text;
  }
  EXPECT_EQ(count_owners(), 0);
}

struct Refusal {
  Statement statement;
  SqlParams params;
  std::string_view id;
  ErrorKind kind;
};

TEST_P(TransactionTest, RefusalsHaveIdsAndTellNoValues) {
  ASSERT_TRUE(execute(kInsertOwner, {"secret-1", "secret-name"}));
  const Refusal refusals[] = {
      {kInsertOwner, {"secret-1", "secret-other"}, "store.duplicate", ErrorKind::Conflict},
      {kInsertOwner, {"secret-2", "secret-name"}, "store.duplicate", ErrorKind::Conflict},
      {kInsertPet, {"p", "secret-nobody", "Rex", 1, false}, "store.reference", ErrorKind::Conflict},
      {kInsertPet, {"p", nullptr, "secret-old", -13, false}, "store.failed", ErrorKind::Internal},
      {kInsertOwner, {"secret-3", nullptr}, "store.failed", ErrorKind::Internal},
      {kInsertOwner, {"secret-4", std::string("secret\0", 7)}, "store.nul", ErrorKind::Invalid},
      {kInsertOwner, {"secret-5", "secret-\xff"}, "store.not_utf8", ErrorKind::Invalid},
      {{"test.missing", "select * from nowhere where id = ?"}, {"secret"}, "store.failed", ErrorKind::Internal},
      {{"test.syntax", "selekt ?"}, {"secret"}, "store.failed", ErrorKind::Internal},
      {{"test.two", "delete from pets; delete from owners"}, {}, "store.failed", ErrorKind::Internal},
      {{"test.none", "-- nothing"}, {}, "store.failed", ErrorKind::Internal},
      {{"test.few", "insert into owners (id, name) values (?, ?)"}, {"secret"}, "store.failed", ErrorKind::Internal},
      {{"test.many", "delete from owners where id = ?"}, {"secret", "secret"}, "store.failed", ErrorKind::Internal},
      {{"test.float", "select 1.5"}, {}, "store.failed", ErrorKind::Internal},
      {{"test.name", "select \"secret-nothing\" from owners"}, {}, "store.failed", ErrorKind::Internal},
  };
  for (const auto& [statement, params, id, kind] : refusals) {
    auto tx = begin(TxMode::Write);
    const auto done = sql(*tx).query(statement, params);
    ASSERT_FALSE(done) << statement.text;
    EXPECT_EQ(done.error().id, id) << statement.text << ": " << done.error().detail;
    EXPECT_EQ(done.error().kind, kind) << statement.text;
    EXPECT_NE(done.error().detail.find(statement.name), std::string::npos) << statement.text;
    for (const auto& text : {done.error().message, done.error().hint, done.error().detail}) {
      // What stands in the statement's own text is no secret.
      if (statement.text.find("secret") != std::string_view::npos) continue;
      EXPECT_EQ(text.find("secret"), std::string::npos) << text;
    }
  }
  EXPECT_EQ(count_owners(), 1);
}

TEST_P(TransactionTest, DuplicateNamesItsConstraint) {
  ASSERT_TRUE(execute(kInsertOwner, {"1", "Ada"}));
  const auto done = execute(kInsertOwner, {"2", "Ada"});
  ASSERT_FALSE(done);
  EXPECT_NE(done.error().detail.find("name"), std::string::npos) << done.error().detail;
}

TEST_P(TransactionTest, CommitMayBeRefused) {
  auto tx = begin(TxMode::Write);
  ASSERT_TRUE(sql(*tx).execute(kInsertOwner, {"1", "Ada"}));
  ASSERT_TRUE(sql(*tx).execute({"promise.insert", "insert into promises (id, pet_id) values ('1', 'nobody')"}, {}));
  const auto committed = tx->commit();
  ASSERT_FALSE(committed);
  EXPECT_EQ(committed.error().id, "store.reference") << committed.error().detail;
  tx.reset();
  EXPECT_EQ(count_owners(), 0) << "nothing of it happened";
  EXPECT_EQ(execute(kInsertOwner, {"1", "Ada"}), 1) << "and the connection goes on";
}

TEST_P(TransactionTest, NothingFollowsAnError) {
  ASSERT_TRUE(execute(kInsertOwner, {"1", "Ada"}));
  auto tx = begin(TxMode::Write);
  ASSERT_TRUE(sql(*tx).execute(kInsertOwner, {"2", "Bob"}));
  ASSERT_FALSE(sql(*tx).execute(kInsertOwner, {"1", "Eve"}));
  const auto next = sql(*tx).execute(kInsertOwner, {"3", "Cid"});
  ASSERT_FALSE(next);
  EXPECT_EQ(next.error().id, "store.failed");
  EXPECT_FALSE(tx->commit());
  tx.reset();
  EXPECT_EQ(count_owners(), 1) << "nothing of it happened";
}

TEST_P(TransactionTest, NothingFollowsACommit) {
  auto tx = begin(TxMode::Write);
  ASSERT_TRUE(tx->commit());
  EXPECT_FALSE(sql(*tx).execute(kInsertOwner, {"1", "Ada"}));
  EXPECT_FALSE(tx->commit());
  EXPECT_EQ(count_owners(), 0);
}

TEST_P(TransactionTest, QueryOneRefusesSeveral) {
  ASSERT_TRUE(execute(kInsertOwner, {"1", "Ada"}));
  auto tx = begin(TxMode::Write);
  EXPECT_EQ(sql(*tx).query_one(kListOwners, {}).value()->text(0), "Ada");
  EXPECT_FALSE(sql(*tx).query_one({"owner.none", "select name from owners where id = ?"}, {"9"}).value());
  ASSERT_TRUE(sql(*tx).execute(kInsertOwner, {"2", "Bob"}));
  EXPECT_EQ(sql(*tx).query_one(kListOwners, {}).error().id, "store.failed");
}

TEST_P(TransactionTest, OneOfManyThreadsMakesATransition) {
  ASSERT_TRUE(execute({"pet.new", "insert into pets (id) values ('p')"}, {}));
  std::atomic<int> winners = 0;
  std::atomic<int> failures = 0;
  std::vector<std::jthread> threads;
  for (int index = 0; index < 20; ++index) {
    threads.emplace_back([&] {
      const auto changed = execute({"pet.decide", "update pets set state = ? where id = ? and state = ?"}, {"old", "p", "new"});
      if (!changed) {
        ++failures;
      } else if (*changed == 1) {
        ++winners;
      }
    });
  }
  threads.clear();
  EXPECT_EQ(winners, 1);
  EXPECT_EQ(failures, 0);
}

TEST_P(TransactionTest, NoUpdateIsLostAmongReadersAndWriters) {
  ASSERT_TRUE(execute({"pet.new", "insert into pets (id, age) values ('p', 0)"}, {}));
  constexpr int kThreads = 8;
  constexpr int kUpdates = 25;
  std::atomic<int> failures = 0;
  std::atomic<bool> is_over = false;
  std::vector<std::jthread> readers;
  for (int index = 0; index < 3; ++index) {
    readers.emplace_back([&] {
      std::int64_t last = 0;
      while (!is_over) {
        const auto rows = query("select age from pets where id = 'p'", {});
        if (!rows || rows->at(0).integer(0) < last) {
          ++failures;
          return;
        }
        last = rows->at(0).integer(0);
        std::this_thread::sleep_for(std::chrono::milliseconds(1));  // leave the writers some of the machine
      }
    });
  }
  std::vector<std::jthread> writers;
  for (int index = 0; index < kThreads; ++index) {
    writers.emplace_back([&] {
      for (int update = 0; update < kUpdates; ++update) {
        if (!execute({"pet.grow", "update pets set age = age + 1 where id = 'p'"}, {})) ++failures;
      }
    });
  }
  writers.clear();
  is_over = true;
  readers.clear();
  EXPECT_EQ(failures, 0);
  EXPECT_EQ(query("select age from pets where id = 'p'", {}).value().at(0).integer(0), kThreads * kUpdates);
}

TEST_P(TransactionTest, WhoWaitsTooLongIsTold) {
  auto options = this->options();
  options.readers = 1;
  options.writers = 1;
  options.wait_milliseconds = 50;
  const auto database = open_or_throw(options, kSchema);
  for (const auto mode : {TxMode::Read, TxMode::Write}) {
    auto first = database->begin(mode);
    ASSERT_TRUE(first);
    const auto second = database->begin(mode);
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().id, "store.busy");
    EXPECT_EQ(second.error().kind, ErrorKind::Unavailable);
    EXPECT_EQ(second.error().retry_after_seconds, 1);
    if (mode == TxMode::Read) {
      EXPECT_EQ(database->ping().error().id, "store.busy");
    }
    ASSERT_TRUE((*first)->commit());
    EXPECT_TRUE(database->begin(mode)) << "commit gives the connection back";
  }
  EXPECT_TRUE(database->ping());
}

TEST_P(TransactionTest, ManyTextsDoNotPileUp) {
  auto tx = begin(TxMode::Write);
  for (int round = 0; round < 2; ++round) {
    for (int index = 0; index < 600; ++index) {
      const auto text = fmt::format("select {} + ?", index);
      const auto row = sql(*tx).query_one({"test.text", text}, {1});
      ASSERT_TRUE(row) << row.error().detail;
      ASSERT_EQ((*row)->integer(0), index + 1);
    }
  }
  if (GetParam() == Dialect::Postgres) {
    const auto count = sql(*tx).query_one({"test.count", "select count(*) from pg_prepared_statements"}, {}).value();
    EXPECT_LE(count->integer(0), 257);
    EXPECT_GE(count->integer(0), 200) << "they are kept at all";
  }
}

TEST_P(TransactionTest, ObserverHearsOfEachStatement) {
  std::vector<std::string> heard;
  std::mutex mutex;
  auto options = this->options();
  options.observer = [&](std::string_view name, std::int64_t micros, bool failed) {
    const std::lock_guard lock(mutex);
    EXPECT_GE(micros, 0);
    heard.push_back(fmt::format("{}{}", name, failed ? "!" : ""));
  };
  const auto database = open_or_throw(options, kSchema);
  heard.clear();
  {
    auto tx = database->begin(TxMode::Write).value();
    ASSERT_TRUE(sql(*tx).execute(kInsertOwner, {"1", "Ada"}));
    ASSERT_TRUE(tx->commit());
  }
  {
    auto tx = database->begin(TxMode::Write).value();
    ASSERT_FALSE(sql(*tx).execute(kInsertOwner, {"1", "Ada"}));
  }
  const std::vector<std::string> expected = {"transaction.begin", "owner.insert", "transaction.commit", "transaction.begin",
                                             "owner.insert!"};
  EXPECT_EQ(heard, expected);
}

TEST_P(TransactionTest, EpochGrowsWithCommitsOfThisProcess) {
  const auto before = database().epoch();
  if (GetParam() == Dialect::Postgres) {
    ASSERT_TRUE(execute(kInsertOwner, {"1", "Ada"}));
    EXPECT_EQ(database().epoch(), 0U) << "others write, too";
    return;
  }
  EXPECT_GT(before, 0U);
  ASSERT_TRUE(begin(TxMode::Read)->commit());
  begin(TxMode::Write).reset();
  EXPECT_EQ(database().epoch(), before) << "nothing was changed";
  ASSERT_TRUE(execute(kInsertOwner, {"1", "Ada"}));
  EXPECT_GT(database().epoch(), before);
}

TEST_P(TransactionTest, EpochStandsStillWhereNoVerdictIsTouched) {
  const Statement note{"owner.note", kInsertOwner.text, Verdicts::Untouched};
  const Statement in_vain{"owner.rename", "update owners set name = ? where id = 'nobody'"};
  const auto before = database().epoch();
  ASSERT_TRUE(execute(note, {"1", "Ada"}));
  ASSERT_TRUE(execute(in_vain, {"Ada"}));
  EXPECT_EQ(database().epoch(), before) << "said so, or no row was changed";
  auto tx = begin(TxMode::Write);
  ASSERT_TRUE(sql(*tx).execute(note, {"2", "Bob"}));
  ASSERT_TRUE(sql(*tx).query({"owner.insert", "insert into owners (id, name) values (?, ?) returning id"}, {"3", "Cy"}));
  ASSERT_TRUE(sql(*tx).execute(note, {"4", "Di"}));
  EXPECT_EQ(database().epoch(), before) << "nothing is visible yet";
  ASSERT_TRUE(tx->commit());
  EXPECT_EQ(database().epoch() > before, GetParam() == Dialect::Sqlite) << "one statement that does not say so is enough";
}

TEST_P(TransactionTest, EverythingIsThereAfterReopening) {
  ASSERT_TRUE(execute(kInsertOwner, {"1", "Ada"}));
  const auto again = open_or_throw(options(), kSchema);
  auto tx = again->begin(TxMode::Read).value();
  EXPECT_EQ(sql(*tx).query_one(kListOwners, {}).value()->text(0), "Ada");
}

// Our own migrations, as they are.
class SchemaTest : public DatabaseTest {};
INSTANTIATE_TEST_SUITE_P(Stores, SchemaTest, kBothDialects, dialect_name);

TEST_P(SchemaTest, MigrationsRunAndAreRecorded) {
  auto tx = begin(TxMode::Read);
  const auto rows = sql(*tx).query({"test.records", "select name from schema_migrations order by version"}, {}).value();
  std::size_t migrations = 0;
  for (const auto& file : embedded_files()) migrations += file.path.starts_with("migrations/") ? 1 : 0;
  EXPECT_EQ(rows.size(), migrations);
}

}  // namespace
}  // namespace weft
