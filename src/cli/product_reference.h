// Products as people name them on the command line: `sales.emea/flights`, `sales.emea/flights/flights`. Pure.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace weft {

struct ProductReference {
  std::string domain, name;
  std::string port;  // empty: not said
  [[nodiscard]] std::string text() const { return domain + "/" + name; }
};

// Errors: `usage.product`.
[[nodiscard]] Result<ProductReference> parse_product_reference(std::string_view text);

// Whether it is meant as a product rather than as the id of a request.
[[nodiscard]] bool is_product_reference(std::string_view text);

}  // namespace weft
