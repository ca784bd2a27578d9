// The elements that a product file names: found, and those that it describes made or changed.
#pragma once

#include "cli/mesh_client.h"
#include "cli/product_file.h"

namespace weft {

struct KeptElements {
  std::set<std::string> missing;  // the names of those that can't be made, and of those that need one of them
  std::optional<Error> fault;     // all that is wrong with them, each at its place in the file
};

// Makes or changes the elements under `elements:`, as many as can be, and waits for the first data of views. Errors: what is
// wrong with none of them, such as a server that does not answer.
[[nodiscard]] Result<KeptElements> keep_elements(MeshClient& client, const ProductFile& file);

// Puts ids in the place of the names of elements (`name` in the file's domain, `domain/name`). Those that are not found
// are complaints under `field`, but for `missing` ones of the domain, of which another complaint tells.
[[nodiscard]] Result<void> resolve_elements(MeshClient& client, const std::string& domain, json::object& object, const std::string& field,
                                            std::vector<FieldError>& complaints, const std::set<std::string>& missing);

}  // namespace weft
