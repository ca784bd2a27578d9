// Routes of what a port shows to everybody with a role, whatever his grant: a sample of at most 20 rows, and the
// statistics of its columns. Of personal columns there are masks in the one and nothing in the other; the owner can switch
// both off.
#pragma once

#include "mesh/delivery/find_readable_port.h"
#include "mesh/delivery/row_reader.h"
#include "mesh/door/route_http.h"
#include "mesh/product/snapshot_readers.h"

namespace weft {

struct SamplePorts {
  Transactor& transactor;
  DeliveryPorts delivery;
  RowReader& reader;
  std::filesystem::path data;
  SnapshotReaders& readers;
};

// `ports` outlive the routes.
[[nodiscard]] std::vector<Route> sample_routes(const SamplePorts& ports);

}  // namespace weft
