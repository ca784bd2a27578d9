// Whether somebody may read a port, and what exactly: the snapshot, and the limits that bind him. The one place where
// the data door's right is decided; it looks at the grant itself, in the caller's transaction.
#pragma once

#include "mesh/element/element_store.h"
#include "mesh/product/product_store.h"
#include "mesh/subscription/subscription_store.h"

namespace weft {

struct DeliveryPorts {
  ProductStore& products;
  ElementStore& elements;
  SubscriptionStore& subscriptions;
};

struct ReadablePort {
  Product product;
  Port port;
  Snapshot snapshot;
  SnapshotFile file;
  std::optional<Limits> limits;                // of the reader's own grant
  std::optional<SubscriptionId> subscription;  // by which he reads; none for the owners
  std::optional<Timestamp> until;              // when the first of the grants that all this rests on ends
};

// Errors: `data.not_found` (404: no such product for somebody who may not know it, or no such port), `data.not_granted`
// (403, with who grants and how to ask), `data.retired` (404 for whoever holds a grant in force, 403 for who keeps the domain),
// `data.source_closed` (403: a right that the snapshot rests on holds no more), `data.port_closed` (403), `data.no_snapshot` (503).
[[nodiscard]] Result<ReadablePort> find_readable_port(Tx& tx, const DeliveryPorts& ports, const Principal& who, Timestamp now,
                                                      std::string_view domain_path, std::string_view product, std::string_view port);

}  // namespace weft
