// SQL for making Parquet that every door can deliver without changing a value.
#pragma once

#include <string>
#include <string_view>

#include "platform/duck/duck.h"

namespace weft::duck {

// The type that a column gets in a snapshot. Parquet or Arrow would lose or refuse some of DuckDB's: HUGEINT becomes
// DECIMAL(38,0), which fails rather than rounds; UHUGEINT, BIGNUM, BIT, TIMETZ, INTERVAL, ENUM, VARIANT and the type of a
// bare NULL travel as text. Works inside STRUCT, LIST and MAP, too.
[[nodiscard]] std::string portable_type(std::string_view type);

// `"a"`, or `CAST("a" AS DECIMAL(38,0)) AS "a"` where the type must change.
[[nodiscard]] std::string portable_select_item(const Column& column);

// `COPY (select) TO 'target' …`; target ends in `.parquet`.
[[nodiscard]] std::string copy_to_parquet(std::string_view select, std::string_view target);

}  // namespace weft::duck
