#include "mesh/domain/within_sql.h"

namespace weft {

namespace {

// Of a path, the one that its domain has today.
constexpr std::string_view kToday =
    "coalesce((select n.path from domain_aliases a join domains n on n.id = a.domain_id where a.path = ?), ?)";

}  // namespace

void append_within(std::string& text, SqlParams& params, const std::vector<std::string>& paths, std::string_view column) {
  text += "(1 = 0";
  for (const auto& path : paths) {
    text += fmt::format(" or {0} = {1} or substr({0}, 1, length({1}) + 1) = {1} || '.'", column, kToday);
    params.insert(params.end(), 6, SqlValue(path));
  }
  text += ")";
}

}  // namespace weft
