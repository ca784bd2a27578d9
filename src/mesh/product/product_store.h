// Port: products, their versions and snapshots.
#pragma once

#include "base/page.h"
#include "base/transaction.h"
#include "mesh/element/provenance.h"
#include "mesh/product/product.h"
#include "mesh/product/profile.h"

namespace weft {

struct ProductFilter {
  std::optional<std::string> within;  // domain path
  std::optional<ProductState> state;
  std::optional<std::string> tag;
  // Drafts and retired ones only of these domains (and those below); nullopt: of all.
  std::optional<std::vector<std::string>> kept_domains;
};

// What a port of a version reads: an element of the domain, or a port of another product.
struct PortInput {
  std::string port;
  std::optional<ElementId> element;
  std::optional<ProductId> source_product;
  std::string source_port;
};

class ProductStore {
 public:
  virtual ~ProductStore() = default;
  [[nodiscard]] virtual Result<std::optional<Product>> find(Tx& tx, const ProductId& id) = 0;
  // `domain_path` may be one that the domain once had.
  [[nodiscard]] virtual Result<std::optional<Product>> find_by_name(Tx& tx, std::string_view domain_path, std::string_view name) = 0;
  [[nodiscard]] virtual Result<std::vector<Product>> list(Tx& tx, const ProductFilter& filter, const PageRequest& page) = 0;
  // Errors: `product.name_taken`.
  [[nodiscard]] virtual Result<void> insert(Tx& tx, const Product& product) = 0;
  // Name, draft, state, published_version and published_at. Errors: `product.changed`, `product.name_taken`.
  [[nodiscard]] virtual Result<void> update(Tx& tx, const Product& product) = 0;
  // Fixes `definition` as the version `product.published_version`, in the same transaction as its first snapshot.
  // `product.published` is its definition.
  [[nodiscard]] virtual Result<void> insert_version(Tx& tx, const Product& product, const std::optional<UserId>& by,
                                                    const std::vector<PortInput>& inputs) = 0;
  // Writes the columns' personal tags into the newest version; everything else of a version is fixed.
  [[nodiscard]] virtual Result<void> retag_version(Tx& tx, const Product& product) = 0;
  // Of the newest version.
  [[nodiscard]] virtual Result<std::vector<PortInput>> inputs(Tx& tx, const ProductId& id) = 0;
  // Where it still is that draft. Errors: `product.changed`, also when it is no more.
  [[nodiscard]] virtual Result<void> remove_draft(Tx& tx, const Product& product) = 0;

  // Newest snapshot of the newest version.
  [[nodiscard]] virtual Result<std::optional<Snapshot>> current_snapshot(Tx& tx, const ProductId& id) = 0;
  [[nodiscard]] virtual Result<void> insert_snapshot(Tx& tx, const Snapshot& snapshot) = 0;
  // What a port's data in that snapshot looks like; nullopt: nobody computed it.
  [[nodiscard]] virtual Result<std::optional<Profile>> find_profile(Tx& tx, const SnapshotId& snapshot, std::string_view port) = 0;
  [[nodiscard]] virtual Result<void> insert_profile(Tx& tx, const SnapshotId& snapshot, std::string_view port, const Profile& profile) = 0;
  // What a port's columns in that snapshot are made of; nullopt: that is not known.
  [[nodiscard]] virtual Result<std::optional<Provenance>> find_provenance(Tx& tx, const SnapshotId& snapshot, std::string_view port) = 0;
  [[nodiscard]] virtual Result<void> insert_provenance(Tx& tx, const SnapshotId& snapshot, std::string_view port,
                                                       const Provenance& provenance) = 0;
  // Forgets all but the newest `keep` snapshots; returns their files, to be removed once this is committed.
  [[nodiscard]] virtual Result<std::vector<std::string>> prune_snapshots(Tx& tx, const ProductId& id, int keep) = 0;
  // Published products that read that element, or a port of that product.
  [[nodiscard]] virtual Result<std::vector<Product>> readers_of(Tx& tx, const ElementId& element) = 0;
  [[nodiscard]] virtual Result<std::vector<Product>> readers_of(Tx& tx, const ProductId& product) = 0;
  // Those whose newest snapshot rests on that subscription, through however many steps.
  [[nodiscard]] virtual Result<std::vector<Product>> resting_on(Tx& tx, const SubscriptionId& subscription) = 0;
  // Those whose newest snapshot holds rows of that product, through however many steps.
  [[nodiscard]] virtual Result<std::vector<Product>> resting_on(Tx& tx, const ProductId& source) = 0;
};

}  // namespace weft
