// Values as JSON (RFC 8259), row by row, straight from DuckDB's vectors.
//
// Integers (HUGEINT included) and DECIMAL are numbers with all their digits, DOUBLE and FLOAT the shortest number that
// reads back the same; NaN and infinities, which JSON has no number for, are the strings "NaN", "Infinity",
// "-Infinity". A column of type JSON is embedded (json_text.h). BLOB is "\x…" in hexadecimal digits. LIST and ARRAY are
// arrays, STRUCT an object, UNION its present member, MAP an object where its keys are text and a list of
// {"key":…,"value":…} otherwise. Everything else is a string in the form of scalar_text.h.
#pragma once

#include <string_view>

#include "platform/duck/output.h"
#include "platform/duck/type.h"

namespace weft::duck {

void write_json_value(Output& out, const VectorView& column, std::size_t row);
void write_json_string(Output& out, std::string_view text);  // with its quotes

}  // namespace weft::duck
