// The first rows of a snapshot's file, as JSON: what is shown of it to look at.
#pragma once

#include "mesh/delivery/row_reader.h"

namespace weft {

inline constexpr int kSampleRows = 20;

// A JSON list of objects; empty where `limits` leave no column.
[[nodiscard]] Result<std::string> read_sample(RowReader& reader, const std::filesystem::path& file, const ReadSchema& schema,
                                              const GrantLimits& limits);

}  // namespace weft
