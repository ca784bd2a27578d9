#include "platform/duck/arrow_schema.h"

#include <fmt/format.h>

namespace weft::duck {
namespace {

const Type* find_formless(const Type& type) {
  if (arrow_format(type).empty()) return &type;
  for (const auto& child : type.children) {
    if (const auto* found = find_formless(child)) return found;
  }
  return nullptr;
}

// False when memory ran out, which is all that can go wrong here.
bool describe(const Type& type, const std::string& name, ArrowSchema* schema);

bool describe_map(const Type& type, ArrowSchema* schema) {
  if (ArrowSchemaAllocateChildren(schema, 1) != NANOARROW_OK) return false;
  ArrowSchema* entries = schema->children[0];
  ArrowSchemaInit(entries);
  if (ArrowSchemaSetFormat(entries, "+s") != NANOARROW_OK || ArrowSchemaSetName(entries, "entries") != NANOARROW_OK ||
      ArrowSchemaAllocateChildren(entries, 2) != NANOARROW_OK || !describe(type.children[0], "key", entries->children[0]) ||
      !describe(type.children[1], "value", entries->children[1])) {
    return false;
  }
  entries->flags &= ~ARROW_FLAG_NULLABLE;
  entries->children[0]->flags &= ~ARROW_FLAG_NULLABLE;
  return true;
}

bool describe(const Type& type, const std::string& name, ArrowSchema* schema) {
  ArrowSchemaInit(schema);
  if (ArrowSchemaSetFormat(schema, arrow_format(type).c_str()) != NANOARROW_OK ||
      ArrowSchemaSetName(schema, name.c_str()) != NANOARROW_OK) {
    return false;
  }
  if (type.id == DUCKDB_TYPE_MAP) return describe_map(type, schema);
  if (ArrowSchemaAllocateChildren(schema, static_cast<std::int64_t>(type.children.size())) != NANOARROW_OK) return false;
  for (std::size_t i = 0; i < type.children.size(); ++i) {
    const auto child_name = type.member_names.empty() ? "item" : type.member_names[i];
    if (!describe(type.children[i], child_name, schema->children[i])) return false;
  }
  return true;
}

}  // namespace

std::string arrow_format(const Type& type) {
  switch (type.id) {
    case DUCKDB_TYPE_SQLNULL: return "n";
    case DUCKDB_TYPE_BOOLEAN: return "b";
    case DUCKDB_TYPE_TINYINT: return "c";
    case DUCKDB_TYPE_UTINYINT: return "C";
    case DUCKDB_TYPE_SMALLINT: return "s";
    case DUCKDB_TYPE_USMALLINT: return "S";
    case DUCKDB_TYPE_INTEGER: return "i";
    case DUCKDB_TYPE_UINTEGER: return "I";
    case DUCKDB_TYPE_BIGINT: return "l";
    case DUCKDB_TYPE_UBIGINT: return "L";
    case DUCKDB_TYPE_FLOAT: return "f";
    case DUCKDB_TYPE_DOUBLE: return "g";
    case DUCKDB_TYPE_HUGEINT: return "d:38,0";
    case DUCKDB_TYPE_DECIMAL: return fmt::format("d:{},{}", type.width, type.scale);
    case DUCKDB_TYPE_VARCHAR:
    case DUCKDB_TYPE_ENUM:
    case DUCKDB_TYPE_UUID:
    case DUCKDB_TYPE_INTERVAL: return "u";
    case DUCKDB_TYPE_BLOB: return "z";
    case DUCKDB_TYPE_DATE: return "tdD";
    case DUCKDB_TYPE_TIME: return "ttu";
    case DUCKDB_TYPE_TIME_NS: return "ttn";
    case DUCKDB_TYPE_TIMESTAMP_S: return "tss:";
    case DUCKDB_TYPE_TIMESTAMP_MS: return "tsm:";
    case DUCKDB_TYPE_TIMESTAMP: return "tsu:";
    case DUCKDB_TYPE_TIMESTAMP_NS: return "tsn:";
    case DUCKDB_TYPE_TIMESTAMP_TZ: return "tsu:UTC";
    case DUCKDB_TYPE_LIST: return "+l";
    case DUCKDB_TYPE_ARRAY: return fmt::format("+w:{}", type.array_size);
    case DUCKDB_TYPE_STRUCT: return "+s";
    case DUCKDB_TYPE_MAP: return "+m";
    default: return "";
  }
}

Result<void> make_arrow_schema(const std::vector<Column>& columns, const std::vector<Type>& types, ArrowSchema* schema) {
  for (std::size_t i = 0; i < types.size(); ++i) {
    if (const auto* type = find_formless(types[i])) {
      return fail(ErrorKind::Unprocessable, "query.type_unsupported",
                  fmt::format("Column {} holds {}, which Arrow has no form for.", columns[i].name, type->name),
                  "Cast it to a type that has one, such as VARCHAR, or read JSON or CSV.");
    }
  }
  Type all;
  all.id = DUCKDB_TYPE_STRUCT;
  all.children = types;
  for (const auto& column : columns) all.member_names.push_back(column.name);
  if (describe(all, "", schema)) return {};
  return fail(make_error(ErrorKind::Internal, "query.failed", "The query failed.").with_detail("no memory for a schema"));
}

}  // namespace weft::duck
