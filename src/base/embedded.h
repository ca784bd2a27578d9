// Files that are part of the binary: migrations and the API document. The bytes are generated at build time.
#pragma once

#include <span>
#include <string_view>

namespace weft {

struct EmbeddedFile {
  std::string_view path;  // as in the source tree: `migrations/0001_ground.sql`
  std::string_view bytes;
};

// Sorted by path.
[[nodiscard]] std::span<const EmbeddedFile> embedded_files();

}  // namespace weft
