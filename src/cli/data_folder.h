// The server's data folder: what lies in it, and the machine that it lies on.
#pragma once

#include <filesystem>
#include <string>

#include "base/setting.h"
#include "mesh/identity/user_store.h"
#include "platform/crypto/crypto.h"
#include "platform/db/database.h"

namespace weft {

// For the operator alone, as is all that this process makes from then on. Errors: `data.unusable`.
[[nodiscard]] Result<void> make_data_folder(const std::filesystem::path& data);

// Makes what is missing in it, and clears away what an earlier process left half done. REQUIRES: it is locked.
// Errors: `data.unusable`.
[[nodiscard]] Result<void> make_folders(const std::filesystem::path& data);

[[nodiscard]] std::string machine_name();

// Where a data folder's metadata store is, for commands that open it without a server.
[[nodiscard]] DatabaseOptions database_options(const std::filesystem::path& data, const Settings& settings);
// The master key's file.
[[nodiscard]] std::filesystem::path key_file(const std::filesystem::path& data, const Settings& settings);
// Opens the master key. It is made for a mesh without anybody in it; later a missing one is not replaced in silence.
// Errors: `secret.*`.
[[nodiscard]] Result<SecretBox> open_master_key(Tx& tx, UserStore& users, const std::filesystem::path& data, const Settings& settings);

}  // namespace weft
