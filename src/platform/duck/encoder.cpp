#include "platform/duck/encoder.h"

#include <fmt/format.h>

namespace weft::duck {
namespace {

// The type within `type` that has no text form here; null when there is none.
const Type* find_unsupported(const Type& type) {
  switch (type.id) {
    case DUCKDB_TYPE_INVALID:
    case DUCKDB_TYPE_ANY:
    case DUCKDB_TYPE_BIGNUM:
    case DUCKDB_TYPE_GEOMETRY:
    case DUCKDB_TYPE_VARIANT:
    case DUCKDB_TYPE_STRING_LITERAL:
    case DUCKDB_TYPE_INTEGER_LITERAL: return &type;
    default: break;
  }
  for (const auto& child : type.children) {
    if (const auto* found = find_unsupported(child)) return found;
  }
  return nullptr;
}

}  // namespace

Result<void> check_text_types(const std::vector<Column>& columns, const std::vector<Type>& types) {
  for (std::size_t i = 0; i < types.size(); ++i) {
    if (const auto* type = find_unsupported(types[i])) {
      return fail(ErrorKind::Unprocessable, "query.type_unsupported",
                  fmt::format("Column {} holds {}, which has no form outside of DuckDB.", columns[i].name, type->name),
                  "Cast it to a type that has one, such as VARCHAR.");
    }
  }
  return {};
}

Result<std::unique_ptr<Encoder>> make_encoder(Format format, const std::vector<Column>& columns, const std::vector<Type>& types) {
  if (format == Format::ArrowStream) return make_arrow_encoder(columns, types);
  CHECK(check_text_types(columns, types));
  switch (format) {
    case Format::Json: return make_json_encoder(columns, types);
    case Format::Ndjson: return make_ndjson_encoder(columns, types);
    default: return make_csv_encoder(columns);
  }
}

}  // namespace weft::duck
