// The few pages for browsers: what is at this address, the API to browse, setting a password by a link. Not the web UI.
#pragma once

#include <filesystem>

#include "mesh/door/route_http.h"

namespace weft {

// Files of `folder` (share/weft/web) are read when they are first asked for and kept; they are those of the release, and
// change with it only. They are served to everybody: nothing in them is anybody's.
[[nodiscard]] std::vector<Route> page_routes(std::filesystem::path folder);

}  // namespace weft
