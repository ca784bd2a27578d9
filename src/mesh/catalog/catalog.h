// The catalog: what can be found, and by whom. Domains and published products are open to everybody with a role; drafts,
// retired products and elements to those who keep their domain. What somebody may not know is in none of his counts.
#pragma once

#include "mesh/domain/domain.h"
#include "mesh/element/element.h"
#include "mesh/product/product.h"

namespace weft {

struct CatalogEntry {
  enum class Type { Domain, Product, Element } type = Type::Product;
  std::string id, domain, name, title, description, state;
  std::vector<std::string> tags;
  std::vector<std::string> columns;  // names and meanings, as one finds them
  enum class Audience { Everybody, Keepers } audience = Audience::Keepers;
};

[[nodiscard]] std::string_view to_text(CatalogEntry::Type type);
// What a search may filter by, as it stands in entries; an element's category stands for its state. Errors: `query.invalid`.
[[nodiscard]] Result<std::string> parse_catalog_type(std::string_view text);
[[nodiscard]] Result<std::string> parse_catalog_state(std::string_view text);
[[nodiscard]] CatalogEntry entry_of(const Domain& domain);
[[nodiscard]] CatalogEntry entry_of(const Product& product);
[[nodiscard]] CatalogEntry entry_of(const Element& element);

struct CatalogSearch {
  std::string text;
  std::optional<std::string> domain, tag, type, state;
  int offset = 0, limit = 50;
};

struct CatalogFacet {
  std::string value;
  int count = 0;
};

struct CatalogPage {
  std::vector<json::object> items;
  std::int64_t total = 0;
  std::map<std::string, std::vector<CatalogFacet>> facets;
  std::string corrected;
};

// Port. Thread-safe.
class CatalogIndex {
 public:
  virtual ~CatalogIndex() = default;
  [[nodiscard]] virtual Result<void> put(const CatalogEntry& entry) = 0;
  [[nodiscard]] virtual Result<void> remove(CatalogEntry::Type type, std::string_view id) = 0;
  [[nodiscard]] virtual Result<void> clear() = 0;
  // What was put so far outlives the process, with `mark`. mark() gives that of the last save; empty: nothing is kept.
  [[nodiscard]] virtual Result<void> save(std::string_view mark) = 0;
  [[nodiscard]] virtual Result<std::string> mark() = 0;
  [[nodiscard]] virtual Result<CatalogPage> search(const CatalogSearch& search, const Principal& who) = 0;
};

}  // namespace weft
