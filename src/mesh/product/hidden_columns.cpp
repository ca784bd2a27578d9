#include "mesh/product/hidden_columns.h"

#include "base/ascii.h"

namespace weft {

namespace {

constexpr int kMaxVersionsBack = 100;

// A column of an ingredient, whatever alias it goes by.
struct Source {
  std::string ingredient, column;  // `*`: any of that ingredient
  bool operator==(const Source&) const = default;
};
using Sources = std::vector<Source>;

bool may_be_same(const Source& a, const Source& b) {
  return a.ingredient == b.ingredient && (a.column == "*" || b.column == "*" || equal_ignoring_case(a.column, b.column));
}

// Those whose values may be in the column as they are.
Sources handed_on(const ProductDefinition& definition, const PortColumn& column) {
  Sources sources;
  for (const auto& origin : column.origins) {
    if (std::ranges::find(column.computed_from, origin) != column.computed_from.end()) continue;
    const auto dot = origin.find('.');
    const auto ingredient = std::ranges::find(definition.ingredients, origin.substr(0, dot), &Ingredient::alias);
    if (dot == std::string::npos || ingredient == definition.ingredients.end()) continue;
    sources.push_back({ingredient->element ? ingredient->element->text() : ingredient->product.value_or(""), origin.substr(dot + 1)});
  }
  return sources;
}

// Of each column of that name; empty: no port has one.
std::vector<Sources> sources_of(const ProductDefinition& definition, std::string_view name) {
  std::vector<Sources> found;
  for (const auto& port : definition.ports) {
    for (const auto& column : port.columns) {
      if (equal_ignoring_case(column.name, name)) found.push_back(handed_on(definition, column));
    }
  }
  return found;
}

// While the name is in use only a column that is the same and nothing else counts: who decided saw the others as they are.
bool is_the_same(const Sources& column, const std::vector<Sources>& hidden) {
  return column.size() == 1 && column[0].column != "*" && std::ranges::find(hidden, column) != hidden.end();
}

// Where the name is gone, in doubt a column is hidden.
bool may_hold(const Sources& column, const std::vector<Sources>& hidden) {
  return std::ranges::any_of(hidden, [&](const Sources& sources) {
    return std::ranges::any_of(sources, [&](const Source& source) {
      return std::ranges::any_of(column, [&](const Source& own) { return may_be_same(own, source); });
    });
  });
}

// The name was a column's when it was hidden. Versions are looked through on reads, so not without end: what is not found
// keeps the port closed.
Result<std::vector<Sources>> sources_once(Tx& tx, ProductStore& products, const Product& product, std::string_view name) {
  const int oldest = std::max(product.published_version - kMaxVersionsBack, 1);
  for (int number = product.published_version - 1; number >= oldest; --number) {
    const auto definition = TRY(products.find_version(tx, product.id, number));
    if (!definition) continue;
    if (auto found = sources_of(*definition, name); !found.empty()) return found;
  }
  if (oldest == 1) return std::vector<Sources>{};
  return fail(ErrorKind::Denied, "data.port_closed",
              fmt::format("The grant hides the column '{}', which no port has had for {} versions.", name, kMaxVersionsBack),
              "Ask for the product anew: what is hidden is decided by the columns that there are now.");
}

}  // namespace

Result<std::vector<std::string>> hidden_columns(Tx& tx, ProductStore& products, const Product& product, const Port& port,
                                                const std::vector<std::string>& names) {
  auto hidden = names;
  for (const auto& name : names) {
    const auto now = sources_of(*product.published, name);
    const auto once = now.empty() ? TRY(sources_once(tx, products, product, name)) : std::vector<Sources>{};
    for (const auto& column : port.columns) {
      const auto sources = handed_on(*product.published, column);
      if (is_the_same(sources, now) || may_hold(sources, once)) hidden.push_back(column.name);
    }
  }
  return hidden;
}

}  // namespace weft
