// Brings each ingredient's rows into a Parquet file of the run's own: pulled from its store, all tables of a store as they
// were at one instant, or narrowed to what the reading domain's grant permits. What a user's SQL sees later is these files and nothing else.
#pragma once

#include "mesh/run/run_ports.h"

namespace weft {

// Called with a line for the run's log and the rows so far.
using RunReport = std::function<void(std::string line, std::int64_t rows)>;

[[nodiscard]] Result<std::vector<IngredientFile>> gather_ingredients(const RunPorts& ports,
                                                                     const std::vector<ResolvedIngredient>& ingredients,
                                                                     const std::filesystem::path& staging, const Cancel& cancel,
                                                                     const RunReport& report);

}  // namespace weft
