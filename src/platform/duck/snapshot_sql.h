// SQL for making Parquet that every door can deliver without changing a value.
#pragma once

#include <string>
#include <string_view>

#include "platform/duck/duck.h"

namespace weft::duck {

<<<<<<< HEAD
// `"a"`, or `CAST("a" AS VARCHAR) AS "a"` where portable_type_cast() says that the type must change.
=======
// `"a"`, or `CAST("a" AS DECIMAL(38,0)) AS "a"` where portable_type_cast says so.
>>>>>>> duck
[[nodiscard]] std::string portable_select_item(const Column& column);

// `COPY (select) TO 'target' …`
[[nodiscard]] std::string copy_to_parquet(std::string_view select, std::string_view target);

}  // namespace weft::duck
