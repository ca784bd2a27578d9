// Conditions → SQL over the columns of a schema. The same conditions give the same text in whatever order they stand.
#pragma once

#include <span>

#include "mesh/delivery/permitted_view.h"

namespace weft {

// The column of exactly that name. Errors: `data.unknown_column`, the same words for every column that isn't in `schema`.
[[nodiscard]] Result<const PortSchemaColumn*> find_column(const ReadSchema& schema, std::string_view name);

// All of `filters` must hold; empty text when there are none. `qualifier`: the alias of the relation whose columns are
// meant, so that no output name can be taken for one of them.
// Errors: `data.unknown_column`, `data.invalid_value`, `data.operator_mismatch`, `data.type_mismatch`,
// `data.like_escape`, `data.like_too_complex`.
[[nodiscard]] Result<SqlFragment> compile_filters(std::span<const Logic> filters, const ReadSchema& schema, std::string_view qualifier);

// The columns that every row must have one value in, which `filters` give.
[[nodiscard]] std::vector<std::string> keys_of(std::span<const Logic> filters);

// The columns that `filters` name.
[[nodiscard]] std::set<std::string> columns_of(std::span<const Logic> filters);

}  // namespace weft
