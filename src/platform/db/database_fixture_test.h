// For tests only: fresh databases, SQLite in a temporary folder and PostgreSQL on a real server that is started once per
// test process. Store contracts run on both:
//
//   class DomainStoreTest : public DatabaseTest {};
//   INSTANTIATE_TEST_SUITE_P(Stores, DomainStoreTest, kBothDialects, dialect_name);
//   TEST_P(DomainStoreTest, …) { auto tx = begin(TxMode::Write); … }
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/embedded.h"
#include "base/temporary_folder_test.h"
#include "platform/db/database.h"
#include "platform/db/sql.h"

namespace weft {

// A database of one's own, gone with this object. Throws when there is none to be had: tests never skip PostgreSQL.
class TestDatabase {
 public:
  // Schema: all embedded migrations have run. They run once per test process; the others get copies.
  enum class Contents { Nothing, Schema };

  explicit TestDatabase(Dialect dialect, Contents contents = Contents::Nothing);
  TestDatabase(const TestDatabase&) = delete;
  TestDatabase& operator=(const TestDatabase&) = delete;
  ~TestDatabase();

  // How open_database() finds it; as often as one likes.
  [[nodiscard]] const DatabaseOptions& options() const { return options_; }

 private:
  pid_t owner_ = getpid();
  std::unique_ptr<TemporaryFolder> folder_;
  std::string postgres_name_;
  DatabaseOptions options_;
};

// Opens it, or throws with the error's text.
[[nodiscard]] std::unique_ptr<Database> open_or_throw(const DatabaseOptions& options,
                                                      std::span<const EmbeddedFile> files = embedded_files());

// A test on a fresh database with our schema.
class DatabaseTest : public testing::TestWithParam<Dialect> {
 protected:
  DatabaseTest();
  // With a schema of one's own.
  explicit DatabaseTest(std::span<const EmbeddedFile> files);

  [[nodiscard]] Database& database() { return *database_; }
  [[nodiscard]] const DatabaseOptions& options() const { return place_.options(); }
  // Throws on failure.
  [[nodiscard]] std::unique_ptr<Tx> begin(TxMode mode);
  // Each in a transaction of its own.
  Result<std::int64_t> execute(const Statement& statement, const SqlParams& params);
  [[nodiscard]] Result<std::vector<SqlRow>> query(std::string_view text, const SqlParams& params);

 private:
  TestDatabase place_;
  std::unique_ptr<Database> database_;
};

inline const auto kBothDialects = testing::Values(Dialect::Sqlite, Dialect::Postgres);
[[nodiscard]] std::string dialect_name(const testing::TestParamInfo<Dialect>& info);

}  // namespace weft
