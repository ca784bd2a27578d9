// Route of a port's public sample: at most 20 rows, the same for everybody whatever his grant, personal columns withheld.
#pragma once

#include "mesh/delivery/find_readable_port.h"
#include "mesh/delivery/row_reader.h"
#include "mesh/door/route_http.h"

namespace weft {

struct SamplePorts {
  Transactor& transactor;
  DeliveryPorts delivery;
  RowReader& reader;
  std::filesystem::path data;
};

// `ports` outlive the routes.
[[nodiscard]] std::vector<Route> sample_routes(const SamplePorts& ports);

}  // namespace weft
