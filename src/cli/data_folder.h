// The server's data folder, and the machine that it lies on.
#pragma once

#include <filesystem>
#include <string>

#include "base/result.h"

namespace weft {

// For the operator alone, as is all that this process makes from then on. Errors: `data.unusable`.
[[nodiscard]] Result<void> make_data_folder(const std::filesystem::path& data);

// Makes what is missing in it, and clears away what an earlier process left half done. REQUIRES: it is locked.
// Errors: `data.unusable`.
[[nodiscard]] Result<void> make_folders(const std::filesystem::path& data);

[[nodiscard]] std::string machine_name();

}  // namespace weft
