// DuckDB behind our own words: an instance, a connection, a cursor that streams. The C API stays in platform/duck.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "platform/duck/row_feed.h"

namespace weft::duck {

using Value = std::variant<std::monostate, bool, std::int64_t, double, std::string>;

struct Column {
  std::string name;
  std::string type;  // DuckDB's own words: `INTEGER`, `DECIMAL(10,2)`, `TIMESTAMP WITH TIME ZONE`, `STRUCT(a INTEGER)`
};

struct InstanceOptions {
  std::int64_t memory_bytes = 512LL << 20;
  int threads = 2;
  std::filesystem::path temp_folder;                   // spills; empty: none
  std::int64_t spill_bytes = 0;                        // at most, in temp_folder; 0: what the disk has
  std::vector<std::filesystem::path> allowed_folders;  // what SQL may open
  std::vector<std::filesystem::path> extensions;       // files to LOAD before the configuration is locked
};

// How rows become bytes. Cursor::encode appends to a buffer in one of these.
enum class Format { Json, Ndjson, Csv, ArrowStream };

// A running query. Thread-compatible (one thread at a time, any thread). Holds its connection.
class Cursor {
 public:
  virtual ~Cursor() = default;
  [[nodiscard]] virtual const std::vector<Column>& columns() const = 0;

  // Replaces `out` by the next bytes in `format` (about `target_bytes`, at least one row); false and empty `out` after
  // the last. The first chunk carries the opening (`[`, the CSV header, the Arrow schema), the last one the end. `rows`
  // grows by the rows that were written. One format per cursor.
  [[nodiscard]] virtual Result<bool> encode(Format format, std::size_t target_bytes, std::string& out, std::int64_t& rows) = 0;

  // The next up to 2048 rows as JSON values, in column order; empty when there are no more. For small answers only.
  [[nodiscard]] virtual Result<std::vector<std::vector<json::value>>> rows() = 0;
};

class Connection {
 public:
  virtual ~Connection() = default;
  // Runs statements without a result of interest.
  [[nodiscard]] virtual Result<std::int64_t> execute(std::string_view sql, const std::vector<Value>& params = {}) = 0;
  // Streams. Errors: `query.failed` with DuckDB's message as detail and its error type in the id where it is one of
  // the user's making (`query.conversion`, `query.out_of_range`, `query.binder`, `query.parser`, `query.memory`).
  [[nodiscard]] virtual Result<std::unique_ptr<Cursor>> query(std::string_view sql, const std::vector<Value>& params = {}) = 0;
  // Columns that a SELECT would give, without running it.
  [[nodiscard]] virtual Result<std::vector<Column>> describe(std::string_view sql) = 0;
  // From now on SQL may read `feed` once, as `name()` with the text columns c0, c1, …; it must outlive the instance. An
  // error of the feed ends the query with that error's message as detail.
  [[nodiscard]] virtual Result<void> offer_rows(const std::string& name, RowFeed& feed) = 0;
  virtual void interrupt() = 0;  // from any thread
};

class Instance {
 public:
  virtual ~Instance() = default;
  [[nodiscard]] virtual Result<std::unique_ptr<Connection>> connect() = 0;
  [[nodiscard]] virtual std::int64_t memory_used() const = 0;
};

// Opens an in-memory instance, loads the extensions, then closes it to the outside: external access only to
// `allowed_folders`, configuration locked, no extension installs.
[[nodiscard]] Result<std::shared_ptr<Instance>> open_instance(const InstanceOptions& options);

// The type that `CAST(column AS …)` must give a column before it is written to a snapshot; empty when it is fine as it is.
// Without it Parquet or Arrow would change or refuse values: HUGEINT and UHUGEINT become DECIMAL(38,0) (a cast that fails
// beyond 38 digits, where Parquet would go to DOUBLE in silence), UNION and VARIANT become JSON, a fixed ARRAY a list,
// TIMESTAMP_S and _MS a TIMESTAMP, and TIMETZ, TIME_NS, INTERVAL, BIT, BIGNUM, GEOMETRY, ENUM their text. Types within
// LIST, STRUCT and MAP are treated likewise.
[[nodiscard]] std::string portable_type_cast(const Column& column);

[[nodiscard]] std::string quote_identifier(std::string_view name);  // "na""me"
[[nodiscard]] std::string quote_literal(std::string_view text);     // 'te''xt'

}  // namespace weft::duck
