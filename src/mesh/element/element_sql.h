// Adapter: elements on the metadata store.
#pragma once

#include <memory>

#include "mesh/element/element_store.h"

namespace weft {

[[nodiscard]] std::unique_ptr<ElementStore> make_sql_element_store();

}  // namespace weft
