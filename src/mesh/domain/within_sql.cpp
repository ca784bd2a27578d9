#include "mesh/domain/within_sql.h"

namespace weft {

void append_within(std::string& text, SqlParams& params, const std::vector<std::string>& paths, std::string_view column) {
  text += "(1 = 0";
  for (const auto& path : paths) {
    text += fmt::format(" or {0} = ? or substr({0}, 1, ?) = ?", column);
    params.insert(params.end(), {SqlValue(path), SqlValue(static_cast<std::int64_t>(path.size() + 1)), SqlValue(path + ".")});
  }
  text += ")";
}

}  // namespace weft
