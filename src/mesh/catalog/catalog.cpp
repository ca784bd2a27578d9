#include "mesh/catalog/catalog.h"

namespace weft {

std::string_view to_text(CatalogEntry::Type type) {
  switch (type) {
    case CatalogEntry::Type::Domain: return "domain";
    case CatalogEntry::Type::Product: return "product";
    case CatalogEntry::Type::Element: return "element";
  }
  return "";
}

namespace {

Result<std::string> choose(std::string_view parameter, std::string_view text, std::span<const std::string_view> known) {
  if (std::ranges::find(known, text) != known.end()) return std::string(text);
  return fail(ErrorKind::Invalid, "query.invalid", fmt::format("There is no {} '{}'.", parameter, text),
              fmt::format("It is one of {}.", fmt::join(known, ", ")));
}

}  // namespace

Result<std::string> parse_catalog_type(std::string_view text) {
  using Type = CatalogEntry::Type;
  return choose("type", text, std::array{to_text(Type::Domain), to_text(Type::Product), to_text(Type::Element)});
}

Result<std::string> parse_catalog_state(std::string_view text) {
  return choose("state", text,
                std::array{to_text(DomainState::Active), to_text(DomainState::Archived), to_text(ProductState::Draft),
                           to_text(ProductState::Published), to_text(ProductState::Deprecated), to_text(ProductState::Retired),
                           to_text(Category::Foundational), to_text(Category::ValueAdded), to_text(Category::Aggregated)});
}

CatalogEntry entry_of(const Domain& domain) {
  CatalogEntry entry;
  entry.type = CatalogEntry::Type::Domain;
  entry.id = domain.id.text();
  entry.domain = domain.path;
  entry.name = domain.name;
  entry.title = domain.title;
  entry.description = domain.description;
  entry.state = to_text(domain.state);
  entry.tags = domain.tags;
  entry.audience = CatalogEntry::Audience::Everybody;
  return entry;
}

CatalogEntry entry_of(const Product& product) {
  const auto& shown = product.published ? *product.published : product.draft;
  CatalogEntry entry;
  entry.type = CatalogEntry::Type::Product;
  entry.id = product.id.text();
  entry.domain = product.domain_path;
  entry.name = product.name;
  entry.title = shown.title;
  entry.description = shown.description;
  entry.state = to_text(product.state);
  entry.tags = shown.tags;
  for (const auto& port : shown.ports) {
    entry.columns.push_back(port.name + " " + port.title + " " + port.description);
    for (const auto& column : port.columns) entry.columns.push_back(column.name + " " + column.description);
  }
  entry.audience = product.visible_to_all() ? CatalogEntry::Audience::Everybody : CatalogEntry::Audience::Keepers;
  return entry;
}

CatalogEntry entry_of(const Element& element) {
  CatalogEntry entry;
  entry.type = CatalogEntry::Type::Element;
  entry.id = element.id.text();
  entry.domain = element.domain_path;
  entry.name = element.name;
  entry.title = element.title;
  entry.description = element.description;
  entry.state = to_text(element.category);
  for (const auto& column : element.columns) entry.columns.push_back(column.name + " " + column.description);
  return entry;
}

}  // namespace weft
