// What is made from the server's own numbers: their reference page.
#pragma once

#include <string>

namespace weft {

// `weft metrics`: docs/reference/metrics.md.
[[nodiscard]] std::string metrics_reference();

}  // namespace weft
