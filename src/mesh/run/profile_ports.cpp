#include "mesh/run/profile_ports.h"

namespace weft {

std::vector<std::string> profiled_columns(const Port& port) {
  std::vector<std::string> names;
  if (port.sample == PublicSample::None) return names;
  for (const auto& column : port.columns) {
    if (!is_personal(column.personal)) names.push_back(column.name);
  }
  return names;
}

Result<std::map<std::string, Profile>> profile_ports(const RunPorts& ports, const ProductDefinition& definition,
                                                     const std::vector<std::filesystem::path>& files, const Cancel& cancel,
                                                     const RunReport& report) {
  std::map<std::string, Profile> profiles;
  for (std::size_t i = 0; i < files.size(); ++i) {
    const auto& port = definition.ports.at(i);
    if (port.sample == PublicSample::None) continue;
    auto profile = ports.profiler.profile(files[i], profiled_columns(port), cancel);
    if (cancel.cancelled()) return fail(ErrorKind::Conflict, "worker.cancelled", "The run was cancelled.");
    if (profile) {
      profiles.emplace(port.name, std::move(*profile));
    } else {
      report(fmt::format("{}: no profile: {}", port.name, profile.error().message), -1);
    }
  }
  return profiles;
}

}  // namespace weft
