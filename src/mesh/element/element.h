// A data element: a table or view that the catalog knows. Foundational: a table of a store, mapped, no row moved.
// Value-added: SQL over other elements and subscribed products, materialised at its rate. Aggregated: a pipeline's output.
#pragma once

#include "mesh/datastore/datastore.h"
#include "mesh/run/rate.h"

namespace weft {

using ElementId = Id<struct ElementTag>;

enum class Category { Foundational, ValueAdded, Aggregated };
[[nodiscard]] Result<Category> parse_category(std::string_view text);
[[nodiscard]] std::string_view to_text(Category category);  // `foundational`, `value-added`, `aggregated`

// Whether a column holds personal data. Suspected by us on arrival; a person confirms or clears.
enum class Personal { No, Suspected, Confirmed, Cleared };
[[nodiscard]] std::optional<Personal> parse_personal(std::string_view text);
[[nodiscard]] std::string_view to_text(Personal personal);  // `no`, `suspected`, `confirmed`, `cleared`
[[nodiscard]] inline bool is_personal(Personal personal) { return personal == Personal::Suspected || personal == Personal::Confirmed; }

struct ElementColumn {
  std::string name, type, native_type, description;
  std::optional<int> key_position;
  struct Reference {
    std::string schema, table, column;
  };
  std::optional<Reference> references;  // in the store, by a foreign key
  enum class Null { Allowed, Never } null = Null::Allowed;
  Personal personal = Personal::No;
  int confidence = 0;                 // percent, of Suspected
  std::string personal_why;           // `looks like an e-mail address: the name`
  std::vector<std::string> formerly;  // that went from the table when this one came: it may be one of them under another name
  // Of a view: the ingredients' columns that it may be made of, as `alias.column`, and those of them whose values it does not hand on.
  std::vector<std::string> origins, computed_from;
};

// The link from a store's table to the element that stands for it in one domain.
struct Mapping {
  DataStoreId store;
  std::string store_name, schema, table;
};

// What a view or a port reads: an element of the own domain, or a port of a product that the domain is subscribed to.
// In SQL it goes by its alias.
struct Ingredient {
  std::string alias;                   // a name
  std::optional<ElementId> element;    // either
  std::optional<std::string> product;  // or `sales.emea/flights/flights`: product and port
};

[[nodiscard]] json::array to_json(const std::vector<Ingredient>& ingredients);
// Complaints go to `form`.
[[nodiscard]] std::vector<Ingredient> read_ingredients(Form& form, std::string_view field);

struct View {
  std::string sql;
  std::vector<Ingredient> ingredients;
  Rate rate;
  Timestamp defined_at;  // when SQL or ingredients were last changed: older data is that of another view
};

struct Element {
  ElementId id;
  DomainId domain;
  std::string domain_path;
  std::string name, title, description;
  Category category = Category::Foundational;
  std::vector<ElementColumn> columns;
  std::optional<std::int64_t> row_estimate;
  std::optional<Mapping> mapping;  // Foundational
  std::optional<View> view;        // ValueAdded
  Timestamp created_at, updated_at;
  std::int64_t version = 1;
};

[[nodiscard]] json::array to_json(const std::vector<ElementColumn>& columns);
[[nodiscard]] json::object to_audit(const Element& element);

}  // namespace weft
