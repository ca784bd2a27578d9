// What a view or a product reads, looked up afresh each time: the element, or the port of a product to which the
// reading domain holds a subscription now. Limits of that subscription come along and bind whatever is made of it.
#pragma once

#include "mesh/datastore/datastore_store.h"
#include "mesh/element/element_store.h"
#include "mesh/product/held_tags.h"
#include "mesh/subscription/subscription_store.h"

namespace weft {

struct IngredientPorts {
  ElementStore& elements;
  DataStoreStore& data_stores;
  ProductStore& products;
  SubscriptionStore& subscriptions;
};

// On whose behalf: what other domains grant, they grant to this one or one above it.
struct ReadingDomain {
  DomainId id;
  std::string path;
};

struct ResolvedIngredient {
  std::string alias;
  std::vector<PortColumn> columns;  // those that the reading domain may see
  std::optional<ElementId> element;
  std::optional<ProductId> product;
  std::string product_port;
  std::vector<SourceRight> rights;       // by which its rows may be read now
  HeldTags held_tags;                    // of its columns
  std::optional<Provenance> provenance;  // of its columns; nullopt: not known

  // Where the rows are: a table of a store, or a Parquet file of ours.
  struct Table {
    DataStore store;
    std::string schema, table;
  };
  struct File {
    std::string file;                 // relative to the data folder
    std::vector<PortColumn> columns;  // of the file, hidden ones included
    std::optional<Limits> limits;     // of the domain's grant
  };
  std::variant<Table, File> rows;
};

// Complaints (a missing element, no grant, no right to the store) go to `complaints` under `ingredients[i]`; the result
// then lacks those. An Error is a failure of the store itself.
[[nodiscard]] Result<std::vector<ResolvedIngredient>> resolve_ingredients(Tx& tx, const IngredientPorts& ports, Timestamp now,
                                                                          const ReadingDomain& reader,
                                                                          const std::vector<Ingredient>& ingredients,
                                                                          std::vector<FieldError>& complaints);

}  // namespace weft
