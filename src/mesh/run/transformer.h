// Port: running a user's SQL over Parquet, in transform workers. Every SELECT is checked against an allow list of
// nodes and functions before it runs: it sees its ingredients by their aliases and nothing else.
#pragma once

#include <filesystem>

#include "base/cancel.h"
#include "base/json.h"
#include "mesh/element/element.h"
#include "mesh/element/origin.h"
#include "mesh/product/product.h"

namespace weft {

struct NamedType {
  std::string name, type;  // DuckDB's words
};

struct IngredientSchema {
  std::string alias;
  std::vector<NamedType> columns;
};

struct IngredientFile {
  std::string alias;
  std::filesystem::path file;  // Parquet
};

struct CheckedSelect {
  std::vector<NamedType> columns;    // what it yields, in portable types
  std::vector<std::string> aliases;  // which ingredients it really reads
  // For each output column the ingredient columns it may be made of, as `alias.column`; all of them where unknown.
  std::vector<Lineage> lineage;
};

// One output of an assembly.
struct AssembledPort {
  std::string name;
  std::string sql;                  // a SELECT over the aliases
  std::vector<PortColumn> columns;  // chosen and renamed; empty: all
  std::filesystem::path target;     // durable when assemble() returns
};

struct AssembledFile {
  std::int64_t rows = 0, bytes = 0;
  std::vector<NamedType> columns;
  // Of each of the columns, by the ingredients as they were read, without `computed_from`. None of narrow().
  std::vector<TracedColumn> traced;
};

// A permitted view, made into a file of its own before a user's SQL may see it.
struct Narrowing {
  std::filesystem::path file, target;
  std::string sql;  // from plan_read(), over the relation `source`
  std::vector<json::value> params;
};

class Transformer {
 public:
  virtual ~Transformer() = default;
  // Binds the SELECT to empty tables of those schemas. Errors: `sql.invalid` (with position), `sql.not_allowed` (names
  // the function or statement), `sql.unknown_table`, `sql.not_a_select`.
  [[nodiscard]] virtual Result<CheckedSelect> check(const std::vector<IngredientSchema>& ingredients, std::string_view select) = 0;
  [[nodiscard]] virtual Result<std::vector<AssembledFile>> assemble(const std::vector<IngredientFile>& ingredients,
                                                                    const std::vector<AssembledPort>& ports, const Cancel& cancel,
                                                                    const std::function<void(std::int64_t rows)>& progress) = 0;
  [[nodiscard]] virtual Result<AssembledFile> narrow(const Narrowing& narrowing, const Cancel& cancel) = 0;
};

}  // namespace weft
