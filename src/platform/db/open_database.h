// open_database() with migrations of one's own: for tests. Everybody else takes the one of database.h.
#pragma once

#include <memory>
#include <span>

#include "base/embedded.h"
#include "platform/db/database.h"

namespace weft {

[[nodiscard]] Result<std::unique_ptr<Database>> open_database(const DatabaseOptions& options, const Clock& clock,
                                                              std::span<const EmbeddedFile> files);

}  // namespace weft
