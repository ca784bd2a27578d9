#include "platform/db/database_fixture_test.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>

#include "base/time.h"
#include "platform/db/open_database.h"
#include "platform/db/postgres_connection.h"

namespace weft {
namespace {

namespace fs = std::filesystem;

// A test that takes long on a busy machine has not failed.
constexpr int kPatienceMilliseconds = 120'000;
constexpr auto kMaxStart = std::chrono::seconds(120);

std::string text_of(const fs::path& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

[[noreturn]] void throw_error(const Error& error) {
  throw std::runtime_error(fmt::format("{}: {} ({})", error.id, error.message, error.detail));
}

// Where `initdb` and `postgres` are: Debian keeps them out of the PATH, a folder for each version.
fs::path find_postgres() {
  fs::path newest;
  int newest_version = 0;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator("/usr/lib/postgresql", ignored)) {
    const int version = std::atoi(entry.path().filename().c_str());
    if (version > newest_version && fs::exists(entry.path() / "bin/initdb") && fs::exists(entry.path() / "bin/postgres")) {
      newest_version = version;
      newest = entry.path() / "bin";
    }
  }
  if (!newest.empty()) return newest;
  std::istringstream folders(std::getenv("PATH") == nullptr ? "" : std::getenv("PATH"));
  for (std::string folder; std::getline(folders, folder, ':');) {
    if (fs::exists(fs::path(folder) / "initdb") && fs::exists(fs::path(folder) / "postgres")) return folder;
  }
  throw std::runtime_error("PostgreSQL's server is not installed, and these tests need it: apt-get install postgresql");
}

// PostgreSQL refuses to run as root.
struct Account {
  uid_t user = geteuid();
  gid_t group = getegid();
};

Account unprivileged_account() {
  if (geteuid() != 0) return {};
  for (const char* const name : {"postgres", "nobody"}) {
    if (const passwd* const entry = getpwnam(name)) return {entry->pw_uid, entry->pw_gid};
  }
  throw std::runtime_error("there is neither a user postgres nor nobody to run PostgreSQL's server as");
}

pid_t start(const Account& account, const std::vector<std::string>& command, const fs::path& log) {
  std::vector<char*> arguments;
  for (const auto& argument : command) arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  const pid_t pid = fork();
  if (pid != 0) return pid;
  // Only what is safe between fork and exec of a process with threads.
  const int output = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
  dup2(open("/dev/null", O_RDONLY), STDIN_FILENO);
  dup2(output, STDOUT_FILENO);
  dup2(output, STDERR_FILENO);
  if (geteuid() == 0 && (setgroups(0, nullptr) != 0 || setgid(account.group) != 0 || setuid(account.user) != 0)) _exit(126);
  if (chdir("/") != 0) _exit(126);
  prctl(PR_SET_PDEATHSIG, SIGQUIT);  // goes with us however we end; after setuid(), which clears it
  execv(arguments.front(), arguments.data());
  _exit(127);
}

// A real server, without TCP and without syncing: nothing in it is meant to last.
class PostgresServer {
 public:
  PostgresServer() : owner_(getpid()), account_(unprivileged_account()) {
    const auto programs = find_postgres();
    if (geteuid() == 0 && chown(folder_.path().c_str(), account_.user, account_.group) != 0) {
      throw std::runtime_error("the folder for PostgreSQL can't be handed over");
    }
    const auto data = (folder_.path() / "data").string();
    const auto log = folder_.path() / "log";
    const pid_t made = start(account_,
                             {(programs / "initdb").string(), "-D", data, "-U", "weft", "--auth=trust", "--no-sync", "--encoding=UTF8",
                              "--locale=C.UTF-8", "--no-instructions"},
                             log);
    int status = 0;
    if (waitpid(made, &status, 0) != made || status != 0) throw std::runtime_error("initdb failed:\n" + text_of(log));
    pid_ = start(account_,
                 {(programs / "postgres").string(),
                  "-D",
                  data,
                  "-k",
                  folder_.path().string(),
                  "-c",
                  "listen_addresses=",
                  "-c",
                  "fsync=off",
                  "-c",
                  "full_page_writes=off",
                  "-c",
                  "shared_buffers=32MB",
                  "-c",
                  "max_connections=200",
                  "-c",
                  "shared_memory_type=mmap",
                  "-c",
                  "dynamic_shared_memory_type=mmap",
                  "-c",
                  "autovacuum=off"},
                 log);
    await_ready(log);
  }
  PostgresServer(const PostgresServer&) = delete;
  PostgresServer& operator=(const PostgresServer&) = delete;
  ~PostgresServer() {
    if (getpid() != owner_) return;  // a forked child that exits
    kill(pid_, SIGQUIT);
    waitpid(pid_, nullptr, 0);
  }

  [[nodiscard]] std::string url(std::string_view database) const {
    return fmt::format("postgres:///{}?host={}&user=weft&connect_timeout=60", database, folder_.path().string());
  }

  void run(const std::string& text) const {
    auto connection = open_postgres({.url = url("postgres")}, ConnectionUse::Write);
    if (!connection) throw_error(connection.error());
    if (auto done = (*connection)->run({"test.administer", text}, {}); !done) throw_error(done.error());
  }

 private:
  void await_ready(const fs::path& log) const {
    const auto deadline = std::chrono::steady_clock::now() + kMaxStart;
    while (!open_postgres({.url = url("postgres")}, ConnectionUse::Write)) {
      if (waitpid(pid_, nullptr, WNOHANG) == pid_ || std::chrono::steady_clock::now() > deadline) {
        throw std::runtime_error("PostgreSQL doesn't start:\n" + text_of(log));
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
  }

  pid_t owner_;
  Account account_;
  TemporaryFolder folder_;
  pid_t pid_ = -1;
};

const PostgresServer& postgres_server() {
  static const PostgresServer server;
  return server;
}

// The database that others are copied from. It is closed: PostgreSQL copies no database that somebody uses.
const TestDatabase& migrated_database(Dialect dialect) {
  const auto make = [](Dialect kind) {
    auto database = std::make_unique<TestDatabase>(kind);
    open_or_throw(database->options()).reset();
    return database;
  };
  if (dialect == Dialect::Sqlite) {
    static const auto sqlite = make(Dialect::Sqlite);
    return *sqlite;
  }
  static const auto postgres = make(Dialect::Postgres);
  return *postgres;
}

}  // namespace

TestDatabase::TestDatabase(Dialect dialect, Contents contents) {
  options_.wait_milliseconds = kPatienceMilliseconds;
  if (dialect == Dialect::Sqlite) {
    folder_ = std::make_unique<TemporaryFolder>();
    options_.sqlite_path = folder_->path() / "weft.db";
    if (contents == Contents::Schema) {
      fs::copy_file(migrated_database(dialect).options().sqlite_path, options_.sqlite_path);
    }
    return;
  }
  static std::atomic<int> count = 0;
  const auto& server = postgres_server();
  const auto source = contents == Contents::Schema ? migrated_database(dialect).postgres_name_ : std::string("template0");
  postgres_name_ = fmt::format("test_{}", ++count);
  server.run(fmt::format("CREATE DATABASE {} TEMPLATE {}", postgres_name_, source));
  options_.url = server.url(postgres_name_);
}

TestDatabase::~TestDatabase() {
  if (postgres_name_.empty() || getpid() != owner_) return;
  try {
    postgres_server().run(fmt::format("DROP DATABASE {} WITH (FORCE)", postgres_name_));
  } catch (const std::exception& error) {
    ADD_FAILURE() << error.what();
  }
}

std::unique_ptr<Database> open_or_throw(const DatabaseOptions& options, std::span<const EmbeddedFile> files) {
  const SystemClock clock;
  auto database = open_database(options, clock, files);
  if (!database) throw_error(database.error());
  return std::move(*database);
}

DatabaseTest::DatabaseTest() : place_(GetParam(), TestDatabase::Contents::Schema), database_(open_or_throw(place_.options())) {}

DatabaseTest::DatabaseTest(std::span<const EmbeddedFile> files) : place_(GetParam()), database_(open_or_throw(place_.options(), files)) {}

std::unique_ptr<Tx> DatabaseTest::begin(TxMode mode) {
  auto tx = database_->begin(mode);
  if (!tx) throw_error(tx.error());
  return std::move(*tx);
}

Result<std::int64_t> DatabaseTest::execute(const Statement& statement, const SqlParams& params) {
  auto tx = begin(TxMode::Write);
  auto changed = TRY(sql(*tx).execute(statement, params));
  CHECK(tx->commit());
  return changed;
}

Result<std::vector<SqlRow>> DatabaseTest::query(std::string_view text, const SqlParams& params) {
  auto tx = begin(TxMode::Read);
  return sql(*tx).query({"test.query", text}, params);
}

std::string dialect_name(const testing::TestParamInfo<Dialect>& info) { return info.param == Dialect::Sqlite ? "Sqlite" : "Postgres"; }

}  // namespace weft
