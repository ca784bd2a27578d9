#include "cli/product_reference.h"

#include "base/name.h"

namespace weft {

Result<ProductReference> parse_product_reference(std::string_view text) {
  ProductReference reference;
  const auto first = text.find('/');
  if (first != std::string_view::npos) {
    const auto second = text.find('/', first + 1);
    reference.domain = text.substr(0, first);
    reference.name = text.substr(first + 1, second == std::string_view::npos ? second : second - first - 1);
    if (second != std::string_view::npos) reference.port = text.substr(second + 1);
    const bool port_is_fine = second == std::string_view::npos || is_name(reference.port);
    if (is_domain_path(reference.domain) && is_name(reference.name) && port_is_fine) return reference;
  }
  return fail(ErrorKind::Invalid, "usage.product", fmt::format("'{}' names no product.", text),
              "Write domain/product or domain/product/port, such as sales.emea/flights; `weft search` lists what there is.");
}

bool is_product_reference(std::string_view text) { return text.find('/') != std::string_view::npos; }

}  // namespace weft
