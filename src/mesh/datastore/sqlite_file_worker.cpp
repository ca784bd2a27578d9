#include "mesh/datastore/sqlite_file_worker.h"

#include <fmt/format.h>

#include <array>
#include <fstream>

namespace weft {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t kFormatAt = 18;  // of the header: who may write, who may read; 2 is WAL
constexpr char kWal = 2;
constexpr std::size_t kPartBytes = 1U << 20;

bool is_wal(const fs::path& file) {
  std::array<char, kFormatAt + 2> header{};
  std::ifstream stream(file, std::ios::binary);
  stream.read(header.data(), header.size());
  return stream && header[kFormatAt + 1] == kWal;
}

fs::path beside(const fs::path& file, const char* suffix) { return file.string() + suffix; }

Result<void> copy_bytes(const fs::path& from, const fs::path& to) {
  std::ifstream source(from, std::ios::binary);
  std::ofstream target(to, std::ios::binary);
  std::string part(kPartBytes, '\0');
  while (source.read(part.data(), static_cast<std::streamsize>(part.size())), source.gcount() > 0)
    target.write(part.data(), source.gcount());
  target.close();
  if (source.bad() || !target)
    return fail(ErrorKind::Unprocessable, "worker.disk", fmt::format("{} can't be copied to be read.", from.filename().string()),
                "Switch the database to another journal mode (PRAGMA journal_mode = DELETE), or raise the setting workers.disk.");
  return {};
}

struct State {
  fs::file_time_type changed, logged;
  bool in_use = false;
  bool operator==(const State&) const = default;
};

State state_of(const fs::path& file) {
  std::error_code ignored;
  return {fs::last_write_time(file, ignored), fs::last_write_time(beside(file, "-wal"), ignored),
          fs::exists(beside(file, "-shm"), ignored)};
}

}  // namespace

Result<fs::path> readable_sqlite_file(const fs::path& file, const fs::path& folder) {
  const auto before = state_of(file);
  if (!is_wal(file) || before.in_use) return file;
  const auto target = folder / file.filename();
  CHECK(copy_bytes(file, target));
  std::error_code ignored;
  if (fs::exists(beside(file, "-wal"), ignored)) CHECK(copy_bytes(beside(file, "-wal"), beside(target, "-wal")));
  if (state_of(file) == before) return target;
  return fail(ErrorKind::Unprocessable, "data_store.busy", fmt::format("{} was written to while it was copied.", file.filename().string()),
              "Try again.");
}

}  // namespace weft
