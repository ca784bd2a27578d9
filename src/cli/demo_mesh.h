// Makes the demo's mesh, a step after the other. Each step first looks whether its work is done, so that an interrupted
// demo goes on where it stopped.
#pragma once

#include "cli/demo_people.h"

namespace weft {

// Through the public API and nothing else; `csv` is the folder of the nycflights13 files. Returns the products' ids by
// `domain/name`. REQUIRES: everybody is signed in.
[[nodiscard]] Result<std::map<std::string, std::string>> make_demo_mesh(DemoPeople& people, const std::filesystem::path& csv);

// `/data/v1/…` of the one port of that product, `domain/name`.
[[nodiscard]] std::string demo_data_path(std::string_view product);

}  // namespace weft
