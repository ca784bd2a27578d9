// JSON that came as text, embedded in our own. DuckDB takes more than RFC 8259 does (NaN, infinities), and a file may
// claim that a column is JSON, so each value is checked on its way.
#pragma once

#include <string_view>

#include "platform/duck/output.h"

namespace weft::duck {

inline constexpr int kMaxEmbeddedDepth = 200;

enum class Embedded { AsJson, AsString };

// Appends `text` without the white space between its tokens (a row of NDJSON is one line); what is not JSON, or nested
// deeper than kMaxEmbeddedDepth, becomes a string. REQUIRES: `text` is UTF-8.
Embedded append_json_text(Output& out, std::string_view text);

}  // namespace weft::duck
