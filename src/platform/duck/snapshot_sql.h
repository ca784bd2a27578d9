// SQL for making Parquet that every door can deliver without changing a value.
#pragma once

#include <string>
#include <string_view>

#include "platform/duck/duck.h"

namespace weft::duck {

// `"a"`, or `CAST("a" AS DECIMAL(38,0)) AS "a"` where portable_type_cast says so.
[[nodiscard]] std::string portable_select_item(const Column& column);

// `COPY (select) TO 'target' …`; target ends in `.parquet`.
[[nodiscard]] std::string copy_to_parquet(std::string_view select, std::string_view target);

}  // namespace weft::duck
