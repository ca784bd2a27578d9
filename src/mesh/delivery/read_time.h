// Dates and times in filters: ISO 8601 and what PostgreSQL's clients write. Each yields the text that DuckDB casts.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace weft {

// `2013-01-01`, `infinity`; a time behind it is checked and dropped, as PostgreSQL does.
[[nodiscard]] std::optional<std::string> read_date(std::string_view text);

// `05:00`, `05:00:30.25`
[[nodiscard]] std::optional<std::string> read_time(std::string_view text);

enum class Zone {
  None,  // of a column without zone: `Z` may stand there, another offset would change the meaning and is refused
  Utc,   // an offset is applied, without one it is UTC
};
enum class Digits { Micros = 6, Nanos = 9 };
[[nodiscard]] std::optional<std::string> read_timestamp(std::string_view text, Zone zone, Digits digits);

}  // namespace weft
