#include "mesh/delivery/read_sample.h"

namespace weft {

Result<std::string> read_sample(RowReader& reader, const std::filesystem::path& file, const ReadSchema& schema, const GrantLimits& limits) {
  const bool nothing_left =
      std::ranges::all_of(schema, [&](const PortSchemaColumn& column) { return is_hidden(column.name, limits.hidden_columns); });
  if (nothing_left) return "[]";
  const auto query = TRY(parse_read_query({{{"limit", std::to_string(kSampleRows)}}, {}, {}, {}, {}, Shape::Rows}));
  const auto plan = TRY(plan_read(query, schema, std::span(&limits, 1)));
  auto stream = TRY(reader.read(file, plan, DataFormat::Json, {}));
  std::string rows, chunk;
  std::int64_t count = 0;
  while (TRY(stream->next(chunk, count))) rows += chunk;
  return rows += chunk;
}

}  // namespace weft
