// Adapter: products on the metadata store.
#pragma once

#include <memory>

#include "mesh/product/product_store.h"

namespace weft {

[[nodiscard]] std::unique_ptr<ProductStore> make_sql_product_store();

}  // namespace weft
