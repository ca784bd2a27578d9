// The statistics that go with a product's snapshot. A courtesy: a port that can't be profiled is served without.
#pragma once

#include "mesh/run/gather_ingredients.h"

namespace weft {

// The columns whose statistics everybody may see: none where the owner shows no sample, none that is personal.
[[nodiscard]] std::vector<std::string> profiled_columns(const Port& port);

// `files`: as many as `definition` has ports. Errors: `worker.cancelled` only; other failures are lines of the report.
[[nodiscard]] Result<std::map<std::string, Profile>> profile_ports(const RunPorts& ports, const ProductDefinition& definition,
                                                                   const std::vector<std::filesystem::path>& files, const Cancel& cancel,
                                                                   const RunReport& report);

}  // namespace weft
