#include "cli/data_folder.h"

#include <unistd.h>

#include <array>

namespace weft {

namespace fs = std::filesystem;

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

}  // namespace weft
