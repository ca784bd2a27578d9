#include "mesh/element/origin.h"

namespace weft {

namespace {

// An alias is a name and has no dot; a column may have some.
std::string_view alias_of(std::string_view origin) { return origin.substr(0, origin.find('.')); }
std::string_view column_of(std::string_view origin) { return origin.substr(origin.find('.') + 1); }

bool stands_for(std::string_view origin, std::string_view alias, std::string_view column) {
  return alias_of(origin) == alias && (column_of(origin) == column || column_of(origin) == "*");
}

}  // namespace

std::vector<std::string> fold_origins(std::vector<std::string> origins, std::string_view alias, std::size_t column_count) {
  const auto is_of_it = [&](const std::string& origin) { return alias_of(origin) == alias; };
  std::set<std::string_view> distinct;
  std::ranges::copy_if(origins, std::inserter(distinct, distinct.end()), is_of_it);
  if (column_count < 2 || distinct.size() < column_count) return origins;
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
  return std::ranges::any_of(origins, [&](std::string_view origin) { return stands_for(origin, alias, column); });
}

Lineage kept_lineage(const Lineage& lineage, const std::map<std::string, std::size_t>& column_counts) {
  Lineage kept{lineage.origins, {}};
  for (const auto& [alias, count] : column_counts) kept.origins = fold_origins(std::move(kept.origins), alias, count);
  kept.origins = kept_origins(std::move(kept.origins));
  std::set<std::string_view> handed_on(lineage.origins.begin(), lineage.origins.end());
  for (const auto& origin : lineage.computed_from) handed_on.erase(origin);
  for (const auto& origin : kept.origins) {
    const bool computed =
        std::ranges::none_of(handed_on, [&](std::string_view handed) { return stands_for(origin, alias_of(handed), column_of(handed)); });
    if (computed) kept.computed_from.push_back(origin);
  }
  return kept;
}

bool hands_on(const std::vector<std::string>& origins, const std::vector<std::string>& computed_from, std::string_view alias,
              std::string_view column) {
  return std::ranges::any_of(origins, [&](const std::string& origin) {
    return stands_for(origin, alias, column) && std::ranges::find(computed_from, origin) == computed_from.end();
  });
}

}  // namespace weft
