#include "mesh/product/breaking_changes.h"

namespace weft {

namespace {

constexpr std::size_t kMaxTold = 20;

template <typename Named>
const Named* find_named(const std::vector<Named>& all, std::string_view name) {
  const auto found = std::ranges::find(all, name, &Named::name);
  return found == all.end() ? nullptr : &*found;
}

}  // namespace

std::vector<std::string> breaking_changes(const ProductDefinition& before, const ProductDefinition& after) {
  std::vector<std::string> changes;
  for (const auto& port : before.ports) {
    const auto* now = find_named(after.ports, port.name);
    if (now == nullptr) {
      changes.push_back(fmt::format("The port '{}' is gone.", port.name));
      continue;
    }
    for (const auto& column : port.columns) {
      const auto* same = find_named(now->columns, column.name);
      if (same == nullptr) {
        changes.push_back(fmt::format("The column '{}' of '{}' is gone.", column.name, port.name));
      } else if (same->type != column.type) {
        changes.push_back(fmt::format("The column '{}' of '{}' is {} instead of {}.", column.name, port.name, same->type, column.type));
      }
    }
  }
  if (changes.size() > kMaxTold) {
    const auto rest = changes.size() - kMaxTold;
    changes.resize(kMaxTold);
    changes.push_back(fmt::format("… and {} more.", rest));
  }
  return changes;
}

}  // namespace weft
