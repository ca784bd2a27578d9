#include <fmt/format.h>

#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "platform/duck/c_api.h"
#include "platform/duck/duck.h"
#include "platform/duck/failure.h"
#include "platform/duck/statement.h"

namespace weft::duck {
namespace {

std::string text_of(const char* raw) { return raw == nullptr ? "" : raw; }

Result<std::shared_ptr<Session>> open_session(const std::shared_ptr<DatabaseHandle>& database) {
  auto session = std::make_shared<Session>();
  session->database = database;
  if (duckdb_connect(database->get(), session->connection.out()) != DuckDBSuccess) {
    return fail(query_error("duckdb_connect failed"));
  }
  return session;
}

// All statements of `sql`, which has no parameters. Returns the rows that the last one changed.
Result<std::int64_t> run(Session& session, std::string_view sql) {
  ResultHandle result;
  if (duckdb_query(session.connection.get(), std::string(sql).c_str(), result.get()) != DuckDBSuccess) {
    return fail(query_error(duckdb_result_error_type(result.get()), text_of(duckdb_result_error(result.get()))));
  }
  return static_cast<std::int64_t>(duckdb_rows_changed(result.get()));
}

class SessionConnection final : public Connection {
 public:
  explicit SessionConnection(std::shared_ptr<Session> session) : session_(std::move(session)) {}

  [[nodiscard]] Result<std::int64_t> execute(std::string_view sql, const std::vector<Value>& params) override {
    if (params.empty()) return run(*session_, sql);
    const auto statement = TRY(prepare(*session_, sql, params));
    ResultHandle result;
    if (duckdb_execute_prepared(statement.get(), result.get()) != DuckDBSuccess) {
      return fail(query_error(duckdb_result_error_type(result.get()), text_of(duckdb_result_error(result.get()))));
    }
    return static_cast<std::int64_t>(duckdb_rows_changed(result.get()));
  }

  [[nodiscard]] Result<std::unique_ptr<Cursor>> query(std::string_view sql, const std::vector<Value>& params) override {
    return open_cursor(session_, sql, params);
  }

  [[nodiscard]] Result<std::vector<Column>> describe(std::string_view sql) override {
    const auto statement = TRY(prepare(*session_, sql));
    return std::move(shape_of(statement.get()).columns);
  }

  [[nodiscard]] Result<void> offer_rows(const std::string& name, RowFeed& feed) override { return register_feed(*session_, name, feed); }

  void interrupt() override {
    session_->interrupts.fetch_add(1);
    duckdb_interrupt(session_->connection.get());
  }

 private:
  std::shared_ptr<Session> session_;
};

class MemoryInstance final : public Instance {
 public:
  MemoryInstance(std::shared_ptr<DatabaseHandle> database, std::shared_ptr<Session> own)
      : database_(std::move(database)), own_(std::move(own)) {}

  [[nodiscard]] Result<std::unique_ptr<Connection>> connect() override {
    return std::make_unique<SessionConnection>(TRY(open_session(database_)));
  }

  [[nodiscard]] std::int64_t memory_used() const override {
    const std::lock_guard lock(mutex_);
    ResultHandle result;
    if (duckdb_query(own_->connection.get(), "SELECT sum(memory_usage_bytes)::BIGINT FROM duckdb_memory()", result.get()) !=
        DuckDBSuccess) {
      return 0;
    }
    const ChunkHandle chunk(duckdb_fetch_chunk(*result.get()));
    if (!chunk || duckdb_data_chunk_get_size(chunk.get()) == 0) return 0;
    return *static_cast<std::int64_t*>(duckdb_vector_get_data(duckdb_data_chunk_get_vector(chunk.get(), 0)));
  }

 private:
  std::shared_ptr<DatabaseHandle> database_;
  mutable std::mutex mutex_;  // guards the use of own_
  std::shared_ptr<Session> own_;
};

Result<void> configure(duckdb_config config, const char* name, const std::string& value) {
  if (duckdb_set_config(config, name, value.c_str()) == DuckDBSuccess) return {};
  return fail(make_error(ErrorKind::Internal, "duck.configuration", "DuckDB could not be configured.")
                  .with_detail(fmt::format("{} = {}", name, value)));
}

Result<std::shared_ptr<DatabaseHandle>> open_database(const InstanceOptions& options) {
  ConfigHandle config;
  if (duckdb_create_config(config.out()) != DuckDBSuccess) return fail(query_error("duckdb_create_config failed"));
  CHECK(configure(config.get(), "memory_limit", fmt::format("{}B", options.memory_bytes)));
  CHECK(configure(config.get(), "threads", fmt::format("{}", options.threads)));
  CHECK(configure(config.get(), "temp_directory", options.temp_folder.string()));
  if (options.spill_bytes > 0) CHECK(configure(config.get(), "max_temp_directory_size", fmt::format("{}B", options.spill_bytes)));
  CHECK(configure(config.get(), "autoinstall_known_extensions", "false"));
  CHECK(configure(config.get(), "autoload_known_extensions", "false"));
  CHECK(configure(config.get(), "allow_community_extensions", "false"));
  CHECK(configure(config.get(), "allow_persistent_secrets", "false"));
  auto database = std::make_shared<DatabaseHandle>();
  char* error = nullptr;
  if (duckdb_open_ext(nullptr, database->out(), config.get(), &error) != DuckDBSuccess) {
    auto text = text_of(error);
    duckdb_free(error);
    return fail(make_error(ErrorKind::Internal, "duck.open", "DuckDB could not be started.").with_detail(text));
  }
  return database;
}

// From here on SQL reaches the allowed folders and nothing else. The order matters: folders can't be allowed once access
// is off, and nothing can be set once the configuration is locked.
Result<void> close_to_the_outside(Session& session, const InstanceOptions& options) {
  for (const auto& extension : options.extensions) {
    CHECK(run(session, fmt::format("LOAD {}", quote_literal(extension.string()))));
  }
  CHECK(run(session, "SET GLOBAL TimeZone = 'UTC'"));
  // 1.5.5 fails within ("Failed to bind column reference file_index") on some pages of filtered rows when columns are fetched late.
  CHECK(run(session, "SET GLOBAL disabled_optimizers = 'late_materialization'"));
  std::string folders;
  for (const auto& folder : options.allowed_folders) {
    folders += (folders.empty() ? "" : ", ") + quote_literal(folder.string());
  }
  CHECK(run(session, fmt::format("SET GLOBAL allowed_directories = [{}]", folders)));
  CHECK(run(session, "SET GLOBAL enable_external_access = false"));
  CHECK(run(session, "SET GLOBAL lock_configuration = true"));
  return {};
}

std::string in_quotes(std::string_view text, char quote) {
  std::string result(1, quote);
  for (const char byte : text) {
    if (byte == quote) result += quote;
    result += byte;
  }
  result += quote;
  return result;
}

}  // namespace

Result<std::shared_ptr<Instance>> open_instance(const InstanceOptions& options) {
  const auto database = TRY(open_database(options));
  auto session = TRY(open_session(database));
  CHECK(close_to_the_outside(*session, options));
  return std::make_shared<MemoryInstance>(database, std::move(session));
}

std::string quote_identifier(std::string_view name) { return in_quotes(name, '"'); }
std::string quote_literal(std::string_view text) { return in_quotes(text, '\''); }

}  // namespace weft::duck
