// What SQLite alone promises: private files, syncing, and honesty when the disk fails.
#include "platform/db/sqlite_connection.h"

#include <fmt/format.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <fstream>

#include "platform/db/database_fixture_test.h"

// SQLite syncs by these; the test executable's own come first. They count, and fail on demand.
namespace {
std::atomic<int> sync_count = 0;
std::atomic<bool> is_sync_broken = false;

int sync_file(long call, int file) {
  ++sync_count;
  if (is_sync_broken) {
    errno = EIO;
    return -1;
  }
  return static_cast<int>(syscall(call, file));
}
}  // namespace

extern "C" int fdatasync(int file) { return sync_file(SYS_fdatasync, file); }
extern "C" int fsync(int file) { return sync_file(SYS_fsync, file); }

namespace weft {
namespace {

constexpr EmbeddedFile kSchema[] = {{"migrations/0001_test.sql", "create table numbers (id bigint primary key, text text);"}};
constexpr Statement kInsert{"number.insert", "insert into numbers (id, text) values (?, ?)"};

class SqliteTest : public testing::Test {
 protected:
  ~SqliteTest() override {
    is_sync_broken = false;
    mend_writes();
  }

  Result<void> insert(Database& database, std::int64_t id) {
    auto tx = TRY(database.begin(TxMode::Write));
    CHECK(sql(*tx).execute(kInsert, {id, std::string(20'000, 'x')}));
    return tx->commit();
  }

  std::int64_t count(Database& database) {
    auto tx = database.begin(TxMode::Read).value();
    return sql(*tx).query_one({"number.count", "select count(*) from numbers"}, {}).value()->integer(0);
  }

  // From now on the disk has no room.
  static void break_writes() { set_write(reinterpret_cast<sqlite3_syscall_ptr>(&write_nothing)); }
  static void mend_writes() { set_write(nullptr); }

  TemporaryFolder folder_;
  DatabaseOptions options_{.sqlite_path = folder_.path() / "weft.db"};

 private:
  static void set_write(sqlite3_syscall_ptr function) {
    auto* const files = sqlite3_vfs_find(nullptr);
    for (const char* const name : {"pwrite", "pwrite64"}) files->xSetSystemCall(files, name, function);
  }
  static ssize_t write_nothing(int, const void*, size_t, off_t) {
    errno = ENOSPC;
    return -1;
  }
};

TEST_F(SqliteTest, FilesArePrivate) {
  const auto database = open_or_throw(options_, kSchema);
  ASSERT_TRUE(insert(*database, 1));
  for (const char* const suffix : {"", "-wal", "-shm"}) {
    struct stat status{};
    const auto path = options_.sqlite_path.string() + suffix;
    ASSERT_EQ(stat(path.c_str(), &status), 0) << path;
    EXPECT_EQ(status.st_mode & 0777, 0600U) << path;
  }
}

TEST_F(SqliteTest, SettingsHoldOnEachConnection) {
  const auto database = open_or_throw(options_, kSchema);
  for (const auto mode : {TxMode::Read, TxMode::Write}) {
    auto tx = database->begin(mode).value();
    const auto pragma = [&](std::string_view name) {
      const auto text = fmt::format("select * from pragma_{}", name);
      const auto row = sql(*tx).query_one({"test.pragma", text}, {}).value();
      return name == "journal_mode" ? row->text(0) : std::to_string(row->integer(0));
    };
    EXPECT_EQ(pragma("journal_mode"), "wal");
    EXPECT_EQ(pragma("synchronous"), "2");
    EXPECT_EQ(pragma("foreign_keys"), "1");
    EXPECT_EQ(pragma("query_only"), mode == TxMode::Read ? "1" : "0");
  }
}

TEST_F(SqliteTest, CommitSyncs) {
  const auto database = open_or_throw(options_, kSchema);
  for (int id = 1; id <= 3; ++id) {
    const int before = sync_count;
    ASSERT_TRUE(insert(*database, id));
    EXPECT_GT(sync_count, before) << id;
  }
}

TEST_F(SqliteTest, FailedSyncIsNoSuccess) {
  const auto database = open_or_throw(options_, kSchema);
  ASSERT_TRUE(insert(*database, 1));
  is_sync_broken = true;
  const auto epoch = database->epoch();
  const auto failed = insert(*database, 2);
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().id, "store.outcome_unknown");
  EXPECT_GT(database->epoch(), epoch) << "it may have happened: nothing remembered holds";
  is_sync_broken = false;
  ASSERT_TRUE(insert(*database, 3)) << "the store goes on";
  EXPECT_EQ(count(*database), 2);
  EXPECT_EQ(count(*open_or_throw(options_, kSchema)), 2);
}

TEST_F(SqliteTest, FullDiskIsToldAndMended) {
  const auto database = open_or_throw(options_, kSchema);
  ASSERT_TRUE(insert(*database, 1));
  break_writes();
  const auto failed = insert(*database, 2);
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().id, "store.full") << failed.error().detail;
  EXPECT_EQ(failed.error().kind, ErrorKind::Unavailable);
  EXPECT_EQ(count(*database), 1) << "reading goes on";
  mend_writes();
  EXPECT_TRUE(insert(*database, 2));
  EXPECT_EQ(count(*database), 2);
}

struct OpenCase {
  std::string_view what;
  std::string_view id;
};

TEST_F(SqliteTest, UnusableFilesAreNamed) {
  const SystemClock clock;
  const auto damaged = folder_.path() / "damaged.db";
  std::ofstream(damaged) << std::string(8192, 'x');
  const std::pair<std::filesystem::path, std::string_view> cases[] = {
      {damaged, "store.unreadable"},
      {folder_.path() / "missing/weft.db", "store.unreachable"},
      {folder_.path(), "store.unreachable"},
  };
  for (const auto& [path, id] : cases) {
    const auto opened = open_database({.sqlite_path = path}, clock);
    ASSERT_FALSE(opened) << path;
    EXPECT_EQ(opened.error().id, id) << opened.error().detail;
    EXPECT_NE(opened.error().message.find(path.string()), std::string::npos) << opened.error().message;
    EXPECT_FALSE(opened.error().hint.empty());
  }
}

TEST_F(SqliteTest, ForeignProcessesAreWaitedForInBounds) {
  options_.wait_milliseconds = 50;
  const auto database = open_or_throw(options_, kSchema);
  sqlite3* other = nullptr;
  ASSERT_EQ(sqlite3_open(options_.sqlite_path.c_str(), &other), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(other, "begin immediate", nullptr, nullptr, nullptr), SQLITE_OK);
  EXPECT_EQ(insert(*database, 1).error().id, "store.busy");
  EXPECT_EQ(count(*database), 0) << "reading goes on";
  ASSERT_EQ(sqlite3_exec(other, "rollback", nullptr, nullptr, nullptr), SQLITE_OK);
  EXPECT_TRUE(insert(*database, 1));
  sqlite3_close(other);
}

TEST_F(SqliteTest, EndlessStatementsAreStopped) {
  auto connection = open_sqlite({.path = options_.sqlite_path, .statement_time = std::chrono::milliseconds(30)}, ConnectionUse::Read);
  ASSERT_TRUE(connection);
  ASSERT_TRUE((*connection)->begin());
  const Statement endless{"test.endless", "with recursive n (i) as (select 1 union all select i + 1 from n) select count(*) from n"};
  const auto stopped = (*connection)->run(endless, {});
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().id, "store.busy");
  (*connection)->roll_back();
  EXPECT_TRUE((*connection)->is_usable());
  EXPECT_TRUE((*connection)->begin());
}

// Writes rows and acknowledges each on `acknowledgements` until it is killed.
[[noreturn]] void write_until_killed(const DatabaseOptions& options, int acknowledgements) {
  const auto database = open_or_throw(options, kSchema);
  for (std::int64_t id = 1;; ++id) {
    auto tx = database->begin(TxMode::Write).value();
    if (!sql(*tx).execute(kInsert, {id, "x"}) || !tx->commit()) _exit(1);
    if (write(acknowledgements, &id, sizeof(id)) != sizeof(id)) _exit(1);
  }
}

TEST_F(SqliteTest, NothingAcknowledgedIsLostToKill) {
  for (int round = 0; round < 5; ++round) {
    const DatabaseOptions options{.sqlite_path = folder_.path() / fmt::format("killed-{}.db", round)};
    int pipe_ends[2] = {};
    ASSERT_EQ(pipe(pipe_ends), 0);
    const pid_t child = fork();
    if (child == 0) write_until_killed(options, pipe_ends[1]);
    close(pipe_ends[1]);
    std::int64_t acknowledged = 0;
    while (acknowledged < 5 + round * 7 && read(pipe_ends[0], &acknowledged, sizeof(acknowledged)) == sizeof(acknowledged)) {
    }
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    while (read(pipe_ends[0], &acknowledged, sizeof(acknowledged)) == sizeof(acknowledged)) {
    }
    close(pipe_ends[0]);
    ASSERT_GE(acknowledged, 5 + round * 7);

    const auto database = open_or_throw(options, kSchema);
    auto tx = database->begin(TxMode::Read).value();
    const auto row = sql(*tx).query_one({"number.range", "select count(*), max(id) from numbers"}, {}).value();
    EXPECT_EQ(row->integer(0), row->integer(1)) << "without gaps";
    EXPECT_GE(row->integer(1), acknowledged);
    EXPECT_LE(row->integer(1), acknowledged + 1);
  }
}

}  // namespace
}  // namespace weft
