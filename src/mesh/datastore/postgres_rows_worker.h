// Rows of PostgreSQL as DuckDB's: a COPY on one side, typed columns on the other, streaming in between.
#pragma once

#include <filesystem>

#include "mesh/datastore/postgres_type_worker.h"
#include "platform/db/postgres_reader.h"
#include "platform/duck/duck.h"
#include "platform/worker/worker.h"

namespace weft {

struct PostgresSelect {
  std::string asked;  // PostgreSQL's list
  std::string read;   // DuckDB's list over the columns that come
  std::string rest;   // PostgreSQL's FROM and what follows
  std::size_t columns = 0;

  [[nodiscard]] std::string next_text() const;  // what DuckDB calls the text of the column that is added next
  void add(std::string_view name, const PostgresTravel& travel);
};

// For one select. `table` is for messages; `reader` outlives it.
class PostgresRows {
 public:
  PostgresRows(const WorkerContext& context, PostgresReader& reader, std::string table);
  ~PostgresRows();

  // Errors: what PostgreSQL refuses; `data_store.unreadable`, where DuckDB can't hold a value; `query.memory`.
  [[nodiscard]] Result<std::int64_t> write(const PostgresSelect& select, const std::filesystem::path& parquet);
  [[nodiscard]] Result<std::vector<std::vector<json::value>>> rows(const PostgresSelect& select);

 private:
  class Feed;
  Result<std::string> open(const PostgresSelect& select);  // DuckDB's SQL for the rows
  [[nodiscard]] Error explain(Error error) const;

  const WorkerContext& context_;
  PostgresReader& reader_;
  const std::string table_;
  std::unique_ptr<Feed> feed_;
  std::shared_ptr<duck::Instance> instance_;
  std::unique_ptr<duck::Connection> connection_;
};

}  // namespace weft
