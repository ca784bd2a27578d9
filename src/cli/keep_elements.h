// The elements that a product file names: found, and those that it describes made or changed.
#pragma once

#include "cli/mesh_client.h"
#include "cli/product_file.h"

namespace weft {

// Makes or changes the elements under `elements:`, and waits for the first data of views. Errors: with the field of the file.
[[nodiscard]] Result<void> keep_elements(MeshClient& client, const ProductFile& file);

// Puts ids in the place of the names of elements (`name` in the file's domain, `domain/name`). Those that are not found
// are complaints under `field`.
[[nodiscard]] Result<void> resolve_elements(MeshClient& client, const std::string& domain, json::object& object, const std::string& field,
                                            std::vector<FieldError>& complaints);

}  // namespace weft
