// DuckDB's types as Arrow's.
//
//   BOOLEAN, integers of 8 to 64 bits, FLOAT, DOUBLE, VARCHAR, BLOB, DATE   the type of that name
//   DECIMAL(p,s)        decimal128(p,s)        HUGEINT     decimal128(38,0); a larger value fails
//   TIME, TIME_NS       time64[us], [ns]       TIMESTAMP…  timestamp[s], [ms], [us], [ns] without zone
//   TIMESTAMPTZ         timestamp[us, UTC]     UUID, ENUM, INTERVAL, JSON   utf8, the text that JSON and CSV have
//   LIST, STRUCT, MAP   of the same names      ARRAY       fixed_size_list
//
// `infinity` of a DATE or TIMESTAMP, which Arrow has no word for, is the greatest value, as in DuckDB. TIMETZ, UHUGEINT,
// BIT, BIGNUM, GEOMETRY, VARIANT and UNION have no faithful form: portable_type.h says what to cast them to.
#pragma once

#include <nanoarrow/nanoarrow.h>

#include <string>
#include <vector>

#include "base/result.h"
#include "platform/duck/duck.h"
#include "platform/duck/type.h"

namespace weft::duck {

// Arrow's format string; empty when there is none.
[[nodiscard]] std::string arrow_format(const Type& type);

// Fills `schema`, which the caller releases, with a struct of the columns. Errors: `query.type_unsupported`.
[[nodiscard]] Result<void> make_arrow_schema(const std::vector<Column>& columns, const std::vector<Type>& types, ArrowSchema* schema);

}  // namespace weft::duck
