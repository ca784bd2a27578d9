// ReadQuery + snapshot's schema + grant limits → SQL with bound parameters. Pure: nothing here runs anything, so what a
// reader can reach is tested as text. The SQL has this shape, whatever the query:
//
//   SELECT <chosen> FROM (SELECT <permitted columns> FROM <snapshot> AS s WHERE <row filters>) AS t
//   WHERE <filters> ORDER BY … LIMIT … OFFSET …
//
// All names are quoted and all values bound. Rows without an order come as they lie in the snapshot, rows that are equal
// in the order likewise.
#pragma once

#include "base/json.h"
#include "mesh/delivery/permitted_view.h"

namespace weft {

// Where the rows are, in SQL of the adapter's making.
struct ReadSource {
  std::string relation_sql = "source";  // `read_parquet('…')`, a table
  // A column of the relation that numbers its rows, such as `file_row_number`; empty: it has none, and where the order
  // needs one they are counted, which costs a pass over the whole relation.
  std::string row_number_column;
};

struct PlannedColumn {
  std::string name;
  std::string type;  // DuckDB's words
  bool operator==(const PlannedColumn&) const = default;
};

struct ReadPlan {
  std::vector<PlannedColumn> columns;  // of the answer, in order; names are distinct, even without regard to case
  RowPage page;
  CountMode count = CountMode::None;
  Shape shape = Shape::Rows;  // SingleObject: the SQL yields at most two rows; exactly one is an answer
  std::vector<ReadValue> params, count_params;
  // Equal for equal queries with equal limits on equal schemas, however they were written: for caches and ETags. Says
  // nothing of the snapshot and the format.
  std::string canonical;
  bool all_rows = false;          // no filter at all: a count is the snapshot's own
  bool unchanged = false;         // all rows and columns as they lie in the snapshot
  std::vector<std::string> keys;  // columns that each row of the answer has one given value in

  [[nodiscard]] std::string sql(const ReadSource& source) const;
  // How many rows there would be without limit and offset.
  [[nodiscard]] std::string count_sql(const ReadSource& source) const;

  struct Parts {
    std::string select, inner_columns, count_columns, row_predicate, where, order_by, limit;
    RowOrder row_order = RowOrder::Kept;      // Lost: the SQL has to order by the row's number
    std::vector<std::string> source_columns;  // all of the snapshot, hidden ones too
  };
  Parts parts;
};

// Errors: `data.unknown_column`, `data.invalid_value`, `data.operator_mismatch`, `data.type_mismatch`,
// `data.like_pattern`, `data.unknown_type`, `data.cast`, `data.duplicate_column` (400), `data.port_closed` (403).
[[nodiscard]] Result<ReadPlan> plan_read(const ReadQuery& query, const ReadSchema& schema, std::span<const GrantLimits> limits);

// The permitted view as one SELECT over the relation `source`, for whoever makes a file of it. Parameters as JSON, so
// that they travel to a worker.
struct PermittedViewSql {
  std::string sql;
  std::vector<json::value> params;
  ReadSchema columns;
};
[[nodiscard]] Result<PermittedViewSql> plan_permitted_view(const ReadSchema& schema, const GrantLimits& limits);

// Rows that the answer has when `total` rows match.
[[nodiscard]] std::int64_t rows_in_page(const RowPage& page, std::int64_t total);

}  // namespace weft
