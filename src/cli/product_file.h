// A product as a file of YAML: what it is called and made of, in the fields of the API, with elements by name. Reading it
// is pure; publish_products.cpp brings it into a mesh.
#pragma once

#include "base/json.h"
#include "base/result.h"

namespace weft {

struct ProductFile {
  std::string name;  // of the file, for messages
  std::string text;  // as read: complaints are found again in it
  std::string domain, product;
  json::array elements;     // to be made or changed first, as written
  json::object definition;  // the API's, but for elements that are still named
};

// Errors: `yaml.invalid`; `product_file.invalid` with all complaints about its own fields.
[[nodiscard]] Result<ProductFile> parse_product_file(std::string name, std::string text);

// Complaints about fields (`ports[0].sql`) with the place in the file before them: `product.yaml:12: ports[0].sql`.
[[nodiscard]] Error with_places(const ProductFile& file, Error error);

}  // namespace weft
