#include "cli/data_folder.h"

#include <sys/stat.h>
#include <unistd.h>

#include <array>

namespace weft {

namespace fs = std::filesystem;

Result<void> make_data_folder(const fs::path& data) {
  ::umask(S_IRWXG | S_IRWXO);
  std::error_code failure;
  fs::create_directories(data, failure);
  if (failure) {
    return fail(ErrorKind::Invalid, "data.unusable", fmt::format("The data folder {} can't be made: {}.", data.string(), failure.message()),
                "Choose a folder that you may write to.");
  }
  fs::permissions(data, fs::perms::owner_all, failure);
  return {};
}

Result<void> make_folders(const fs::path& data) {
  std::error_code failure;
  // What an earlier process left half done is nobody's.
  fs::remove_all(data / "lake" / "staging", failure);
  fs::remove_all(data / "spool", failure);
  for (const auto* folder : {"lake", "lake/staging", "spool", "usage"}) {
    fs::create_directories(data / folder, failure);
    if (failure)
      return fail(make_error(ErrorKind::Internal, "data.unusable", fmt::format("{} can't be made.", (data / folder).string()))
                      .with_detail(failure.message()));
  }
  return {};
}

std::string machine_name() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "this machine";
}

DatabaseOptions database_options(const fs::path& data, const Settings& settings) {
  DatabaseOptions options;
  options.url = settings.database.connection;
  options.sqlite_path = data / "weft.db";
  options.readers = settings.database.readers;
  options.writers = settings.database.writers;
  options.wait_milliseconds = static_cast<int>(settings.database.wait.count());
  return options;
}

fs::path key_file(const fs::path& data, const Settings& settings) {
  return settings.secrets.key_file.empty() ? data / "keys" / "master.key" : fs::path(settings.secrets.key_file);
}

Result<SecretBox> open_master_key(Tx& tx, UserStore& users, const fs::path& data, const Settings& settings) {
  const bool first_start = TRY(users.list(tx, {}, {1, std::nullopt})).empty();
  return SecretBox::open(key_file(data, settings), first_start ? SecretBox::Missing::Create : SecretBox::Missing::Refuse);
}

}  // namespace weft
