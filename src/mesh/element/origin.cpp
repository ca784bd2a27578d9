#include "mesh/element/origin.h"

namespace weft {

namespace {

// An alias is a name and has no dot; a column may have some.
std::string_view alias_of(std::string_view origin) { return origin.substr(0, origin.find('.')); }
std::string_view column_of(std::string_view origin) { return origin.substr(origin.find('.') + 1); }

}  // namespace

std::vector<std::string> fold_origins(std::vector<std::string> origins, std::string_view alias, std::size_t column_count) {
  const auto is_of_it = [&](const std::string& origin) { return alias_of(origin) == alias; };
  if (column_count < 2 || std::cmp_less(std::ranges::count_if(origins, is_of_it), column_count)) return origins;
  std::erase_if(origins, is_of_it);
  origins.push_back(fmt::format("{}.*", alias));
  return origins;
}

std::vector<std::string> kept_origins(std::vector<std::string> origins) {
  if (std::set(origins.begin(), origins.end()).size() > kMaxOrigins) {
    for (auto& origin : origins) origin = fmt::format("{}.*", alias_of(origin));
  }
  std::ranges::sort(origins);
  const auto repeated = std::ranges::unique(origins);
  origins.erase(repeated.begin(), repeated.end());
  return origins;
}

bool is_made_of(const std::vector<std::string>& origins, std::string_view alias, std::string_view column) {
  return std::ranges::any_of(origins, [&](std::string_view origin) {
    return alias_of(origin) == alias && (column_of(origin) == column || column_of(origin) == "*");
  });
}

}  // namespace weft
