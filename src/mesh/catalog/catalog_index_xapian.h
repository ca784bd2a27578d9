// Adapter: the catalog on a full-text index.
#pragma once

#include <memory>

#include "mesh/catalog/catalog.h"
#include "platform/search/text_index.h"

namespace weft {

[[nodiscard]] Result<std::unique_ptr<CatalogIndex>> make_catalog_index(const std::filesystem::path& folder);

}  // namespace weft
