// Route of a port's public sample: at most 20 rows, the same for everybody whatever his grant, personal columns withheld.
#pragma once

#include "mesh/delivery/row_reader.h"
#include "mesh/door/route_http.h"
#include "mesh/product/product_store.h"
#include "mesh/product/snapshot_readers.h"

namespace weft {

struct SamplePorts {
  Transactor& transactor;
  ProductStore& products;
  RowReader& reader;
  std::filesystem::path data;
  SnapshotReaders& readers;
};

// `ports` outlive the routes.
[[nodiscard]] std::vector<Route> sample_routes(const SamplePorts& ports);

}  // namespace weft
