// Which representation of the rows a client takes: from the path's suffix, else from Accept (RFC 9110, with q-values).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "mesh/delivery/read_query.h"

namespace weft {

enum class DataFormat { Json, Ndjson, Csv, Parquet, ArrowStream };

struct Representation {
  DataFormat format = DataFormat::Json;
  Shape shape = Shape::Rows;  // SingleObject with Json only
  bool operator==(const Representation&) const = default;
};

// `flights.csv` → {`flights`, Csv}; without a dot the suffix is nullopt.
// Errors: `data.unknown_format` (NotAcceptable) for any other suffix.
struct PortSegment {
  std::string port;
  std::optional<DataFormat> suffix;
};
[[nodiscard]] Result<PortSegment> split_port_segment(std::string_view segment);

// `accept`: the headers' values joined by commas; empty: JSON. A suffix wins over it.
// Errors: `data.not_acceptable` (NotAcceptable) with the list of what there is.
[[nodiscard]] Result<Representation> choose_representation(std::optional<DataFormat> suffix, std::string_view accept);

[[nodiscard]] std::string_view content_type(Representation representation);
[[nodiscard]] std::string_view suffix_of(DataFormat format);  // `json`, `ndjson`, `csv`, `parquet`, `arrow`

}  // namespace weft
