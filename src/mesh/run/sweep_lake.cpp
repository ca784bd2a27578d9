#include "mesh/run/sweep_lake.h"

#include <charconv>
#include <fstream>

namespace weft {

namespace {

namespace fs = std::filesystem;

// A lake bears its mesh's name, lest another store's emptiness be taken for ours.
Result<void> check_name(const fs::path& lake, const std::string& mesh) {
  std::string name;
  std::ifstream(lake / "mesh") >> name;
  if (name == mesh) return {};
  if (!name.empty()) {
    return fail(ErrorKind::Conflict, "lake.foreign",
                fmt::format("{} holds data of another mesh than the metadata store; nothing is removed from it.", lake.string()),
                "Give each mesh a data folder of its own.");
  }
  std::ofstream(lake / "mesh") << mesh << '\n';
  return {};
}

std::vector<fs::path> folders_in(const fs::path& folder) {
  std::vector<fs::path> folders;
  std::error_code ignored;  // what can't be listed is listed the next time
  for (fs::directory_iterator at(folder, ignored), end; !ignored && at != end; at.increment(ignored)) {
    if (at->is_directory(ignored)) folders.push_back(at->path());
  }
  return folders;
}

// When a snapshot's folder was named, to the millisecond: its name is a UUID of version 7. Unlike the file system's, this
// clock is the one that the server itself goes by.
std::optional<std::int64_t> milliseconds_of(const fs::path& folder) {
  const auto name = folder.filename().string();
  if (!is_uuid(name)) return std::nullopt;
  std::int64_t value = 0;
  const auto digits = name.substr(0, 8) + name.substr(9, 4);
  const auto [end, code] = std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
  return code == std::errc() ? std::optional(value) : std::nullopt;
}

}  // namespace

Result<int> sweep_lake(const RunPorts& ports, const SweepLake& input) {
  const auto lake = ports.data / "lake";
  CHECK(check_name(lake, input.mesh));
  int swept = 0;
  for (const auto& object : folders_in(lake)) {
    const auto name = object.filename().string();
    if (!is_uuid(name)) continue;
    // First what lies there, then what belongs there: what is new in between is in the second list at worst.
    const auto folders = folders_in(object);
    auto tx = TRY(ports.transactor.begin(TxMode::Read));
    if (input.open_runs == SweepLake::OpenRuns::Skip && TRY(ports.runs.find_open(*tx, name))) continue;
    std::set<std::string> known;
    for (const auto& file : TRY(ports.runs.snapshot_files(*tx, name))) known.insert(fs::path(file).parent_path().filename().string());
    tx.reset();
    for (const auto& folder : folders) {
      const auto made = milliseconds_of(folder);
      if (known.contains(folder.filename().string()) || !made || *made >= input.made_before.micros / 1000) continue;
      ports.readers.when_left([folder] {
        std::error_code ignored;  // tried again the next time
        fs::remove_all(folder, ignored);
      });
      ++swept;
    }
    std::error_code ignored;
    if (known.empty()) fs::remove(object, ignored);  // only when it is empty
  }
  return swept;
}

}  // namespace weft
