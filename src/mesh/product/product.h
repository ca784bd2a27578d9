// A data product: a bill of materials, an owner domain, versions, output ports. Pure: the rules of publishing.
#pragma once

#include "mesh/element/element.h"
#include "mesh/product/product_id.h"
#include "mesh/subscription/source_right.h"

namespace weft {

using SnapshotId = Id<struct SnapshotTag>;

enum class ProductState { Draft, Published, Deprecated, Retired };
[[nodiscard]] std::string_view to_text(ProductState state);
[[nodiscard]] Result<ProductState> parse_product_state(std::string_view text);

// What everybody with a role may look at before he is approved.
enum class PublicSample { None, Masked, Real };
[[nodiscard]] std::string_view to_text(PublicSample sample);
[[nodiscard]] std::optional<PublicSample> parse_public_sample(std::string_view text);

// A column of a port as its readers see it.
struct PortColumn {
  std::string name;
  std::string source;  // the column of the port's relation (element or SQL) that it is
  std::string type;    // DuckDB's words; filled when published
  std::string description;
  Personal personal = Personal::No;
  // The ingredients' columns that it may be made of, as `alias.column`, and those of them whose values it does not hand on;
  // filled when published.
  std::vector<std::string> origins, computed_from;
};

struct Port {
  std::string name, title, description;
  std::optional<std::string> ingredient;  // alias: that ingredient as it is
  std::optional<std::string> sql;         // or SELECT over ingredients by their aliases
  std::vector<PortColumn> columns;        // empty in a draft: all columns of the relation
  PublicSample sample = PublicSample::Masked;
};

// What an owner edits and a version fixes.
struct ProductDefinition {
  std::string title, description;
  std::vector<std::string> tags;
  std::vector<Ingredient> ingredients;
  std::vector<Port> ports;
  Rate rate;
};

struct Product {
  ProductId id;
  DomainId domain;
  std::string domain_path;
  std::string name;
  ProductState state = ProductState::Draft;
  ProductDefinition draft;                     // the working copy
  std::optional<ProductDefinition> published;  // the newest version
  int published_version = 0;                   // 1, 2, 3, …; 0: never
  std::optional<Timestamp> published_at;
  Timestamp created_at, updated_at;
  std::int64_t version = 1;  // of the object, for If-Match

  [[nodiscard]] bool visible_to_all() const { return state == ProductState::Published || state == ProductState::Deprecated; }
};

// One consistent set of the ports' data.
struct SnapshotFile {
  std::string port;
  std::string file;  // relative to the data folder
  std::int64_t rows = 0, bytes = 0;
  std::vector<SourceRight> rights;  // that its rows rest on
};
struct Snapshot {
  SnapshotId id;
  ProductId product;
  int product_version = 0;
  std::int64_t number = 0;  // 1, 2, 3, … of the product
  Timestamp created_at;
  std::vector<SnapshotFile> files;
};

[[nodiscard]] json::object to_json(const ProductDefinition& definition);
[[nodiscard]] ProductDefinition read_product_definition(Form& form);
// Errors: `form.invalid` with all complaints.
[[nodiscard]] Result<ProductDefinition> parse_product_definition(const json::value& value);

// Names that are there twice; DuckDB and most tools compare them without case. `at`: the port's place, such as `ports[0]`.
void complain_of_twins(const Port& port, std::string_view at, std::vector<FieldError>& violations);

// What stands in the way of publishing, as far as the definition alone tells; what the ingredients add (rights, types,
// personal columns) is found by publish_product.
[[nodiscard]] std::vector<FieldError> publishing_violations(const ProductDefinition& definition);
[[nodiscard]] json::object to_audit(const Product& product);

}  // namespace weft
