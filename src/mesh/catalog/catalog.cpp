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
    entry.columns.push_back(port.title + " " + port.description);
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
