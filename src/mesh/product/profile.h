// What a port's data looks like: statistics of its columns, computed once for each snapshot, the same for everybody. Of
// personal columns there is none.
#pragma once

#include "base/json.h"
#include "base/result.h"

namespace weft {

struct FrequentValue {
  json::value value;
  std::int64_t count = 0;
};

struct ColumnStatistics {
  std::string name, type;
  std::int64_t nulls = 0;
  std::optional<std::int64_t> distinct;  // estimate; nullopt: the type has none (lists, structures)
  json::value minimum, maximum;          // null: no value, or too long to be shown
  std::vector<FrequentValue> top;        // most frequent first; only of columns with few values, each of which stands for many rows
};

struct Profile {
  std::int64_t rows = 0;
  std::vector<ColumnStatistics> columns;
};

[[nodiscard]] json::object to_json(const Profile& profile);
// What to_json() gave. Errors: `form.invalid`.
[[nodiscard]] Result<Profile> parse_profile(const json::value& value);

}  // namespace weft
