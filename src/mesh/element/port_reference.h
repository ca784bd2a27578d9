// How an ingredient names a port of another product: `domain.path/product/port`.
#pragma once

#include <string_view>

namespace weft {

struct PortReference {
  std::string_view domain, product, port;
};

// REQUIRES: two slashes, as was checked when the ingredient was read. The parts are those of `text`.
[[nodiscard]] inline PortReference split_port_reference(std::string_view text) {
  const auto first = text.find('/'), last = text.rfind('/');
  return {text.substr(0, first), text.substr(first + 1, last - first - 1), text.substr(last + 1)};
}

}  // namespace weft
