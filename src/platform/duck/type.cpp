#include "platform/duck/type.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "platform/duck/c_api.h"
#include "platform/duck/duck.h"

namespace weft::duck {
namespace {

std::string take_text(char* raw) {
  std::string text = raw == nullptr ? "" : raw;
  duckdb_free(raw);
  return text;
}

std::string_view scalar_name(duckdb_type id) {
  switch (id) {
    case DUCKDB_TYPE_BOOLEAN: return "BOOLEAN";
    case DUCKDB_TYPE_TINYINT: return "TINYINT";
    case DUCKDB_TYPE_SMALLINT: return "SMALLINT";
    case DUCKDB_TYPE_INTEGER: return "INTEGER";
    case DUCKDB_TYPE_BIGINT: return "BIGINT";
    case DUCKDB_TYPE_HUGEINT: return "HUGEINT";
    case DUCKDB_TYPE_UTINYINT: return "UTINYINT";
    case DUCKDB_TYPE_USMALLINT: return "USMALLINT";
    case DUCKDB_TYPE_UINTEGER: return "UINTEGER";
    case DUCKDB_TYPE_UBIGINT: return "UBIGINT";
    case DUCKDB_TYPE_UHUGEINT: return "UHUGEINT";
    case DUCKDB_TYPE_FLOAT: return "FLOAT";
    case DUCKDB_TYPE_DOUBLE: return "DOUBLE";
    case DUCKDB_TYPE_VARCHAR: return "VARCHAR";
    case DUCKDB_TYPE_BLOB: return "BLOB";
    case DUCKDB_TYPE_BIT: return "BIT";
    case DUCKDB_TYPE_BIGNUM: return "BIGNUM";
    case DUCKDB_TYPE_UUID: return "UUID";
    case DUCKDB_TYPE_DATE: return "DATE";
    case DUCKDB_TYPE_TIME: return "TIME";
    case DUCKDB_TYPE_TIME_NS: return "TIME_NS";
    case DUCKDB_TYPE_TIME_TZ: return "TIME WITH TIME ZONE";
    case DUCKDB_TYPE_TIMESTAMP: return "TIMESTAMP";
    case DUCKDB_TYPE_TIMESTAMP_S: return "TIMESTAMP_S";
    case DUCKDB_TYPE_TIMESTAMP_MS: return "TIMESTAMP_MS";
    case DUCKDB_TYPE_TIMESTAMP_NS: return "TIMESTAMP_NS";
    case DUCKDB_TYPE_TIMESTAMP_TZ: return "TIMESTAMP WITH TIME ZONE";
    case DUCKDB_TYPE_INTERVAL: return "INTERVAL";
    case DUCKDB_TYPE_GEOMETRY: return "GEOMETRY";
    case DUCKDB_TYPE_VARIANT: return "VARIANT";
    case DUCKDB_TYPE_SQLNULL: return "\"NULL\"";
    default: return "UNKNOWN";
  }
}

// Words that a member of a STRUCT can't be called by without quotes. A test asks DuckDB for them.
constexpr auto kQuotedWords = std::to_array<std::string_view>(
    {"all",          "analyse",     "analyze",   "and",           "anti",         "any",        "array",      "as",        "asc",
     "asof",         "asymmetric",  "at",        "authorization", "binary",       "both",       "by",         "case",      "cast",
     "check",        "collate",     "collation", "column",        "concurrently", "constraint", "create",     "cross",     "default",
     "deferrable",   "desc",        "describe",  "distinct",      "do",           "else",       "end",        "except",    "false",
     "fetch",        "for",         "foreign",   "freeze",        "from",         "full",       "glob",       "group",     "having",
     "ilike",        "in",          "initially", "inner",         "intersect",    "into",       "is",         "isnull",    "join",
     "lambda",       "lateral",     "leading",   "left",          "like",         "limit",      "natural",    "not",       "notnull",
     "null",         "offset",      "on",        "only",          "or",           "order",      "outer",      "overlaps",  "pivot",
     "pivot_longer", "pivot_wider", "placing",   "positional",    "primary",      "qualify",    "references", "returning", "right",
     "select",       "semi",        "show",      "similar",       "some",         "summarize",  "symmetric",  "table",     "tablesample",
     "then",         "to",          "trailing",  "true",          "union",        "unique",     "unpack",     "unpivot",   "using",
     "variadic",     "verbose",     "when",      "where",         "window",       "with"});

// As DuckDB does it, but that it quotes all keywords, needed or not.
std::string member_name(const std::string& name) {
  const auto plain = [](char byte) {
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') || byte == '_';
  };
  const bool bare = !name.empty() && !(name[0] >= '0' && name[0] <= '9') && std::ranges::all_of(name, plain);
  std::string lower = name;
  std::ranges::transform(lower, lower.begin(), [](char byte) { return byte >= 'A' && byte <= 'Z' ? static_cast<char>(byte + 32) : byte; });
  return bare && !std::ranges::binary_search(kQuotedWords, lower) ? name : quote_identifier(name);
}

std::string members_text(const Type& type) {
  std::string text;
  for (std::size_t i = 0; i < type.children.size(); ++i) {
    text += fmt::format("{}{} {}", i == 0 ? "" : ", ", member_name(type.member_names[i]), type.children[i].name);
  }
  return text;
}

std::string enum_text(const std::vector<std::string>& labels) {
  std::string text = "ENUM(";
  for (std::size_t i = 0; i < labels.size(); ++i) text += (i == 0 ? "" : ", ") + quote_literal(labels[i]);
  return text + ")";
}

void read_list(duckdb_logical_type raw, Type& type) {
  const bool fixed = type.id == DUCKDB_TYPE_ARRAY;
  const TypeHandle item(fixed ? duckdb_array_type_child_type(raw) : duckdb_list_type_child_type(raw));
  type.children.push_back(read_type(item.get()));
  if (fixed) type.array_size = duckdb_array_type_array_size(raw);
  type.name = fixed ? fmt::format("{}[{}]", type.children[0].name, type.array_size) : type.children[0].name + "[]";
}

void read_map(duckdb_logical_type raw, Type& type) {
  const TypeHandle key(duckdb_map_type_key_type(raw));
  const TypeHandle value(duckdb_map_type_value_type(raw));
  type.children.push_back(read_type(key.get()));
  type.children.push_back(read_type(value.get()));
  type.name = fmt::format("MAP({}, {})", type.children[0].name, type.children[1].name);
}

void read_struct(duckdb_logical_type raw, Type& type) {
  for (idx_t i = 0; i < duckdb_struct_type_child_count(raw); ++i) {
    const TypeHandle member(duckdb_struct_type_child_type(raw, i));
    type.member_names.push_back(take_text(duckdb_struct_type_child_name(raw, i)));
    type.children.push_back(read_type(member.get()));
  }
  type.name = fmt::format("STRUCT({})", members_text(type));
}

void read_union(duckdb_logical_type raw, Type& type) {
  for (idx_t i = 0; i < duckdb_union_type_member_count(raw); ++i) {
    const TypeHandle member(duckdb_union_type_member_type(raw, i));
    type.member_names.push_back(take_text(duckdb_union_type_member_name(raw, i)));
    type.children.push_back(read_type(member.get()));
  }
  type.name = fmt::format("UNION({})", members_text(type));
}

void read_enum(duckdb_logical_type raw, Type& type) {
  type.storage = duckdb_enum_internal_type(raw);
  const auto size = duckdb_enum_dictionary_size(raw);
  type.labels.reserve(size);
  for (idx_t i = 0; i < size; ++i) type.labels.push_back(take_text(duckdb_enum_dictionary_value(raw, i)));
  type.name = enum_text(type.labels);
}

}  // namespace

Type read_type(duckdb_logical_type raw) {
  Type type;
  type.id = duckdb_get_type_id(raw);
  type.storage = type.id;
  type.name = scalar_name(type.id);
  switch (type.id) {
    case DUCKDB_TYPE_DECIMAL:
      type.width = duckdb_decimal_width(raw);
      type.scale = duckdb_decimal_scale(raw);
      type.storage = duckdb_decimal_internal_type(raw);
      type.name = fmt::format("DECIMAL({},{})", type.width, type.scale);
      break;
    case DUCKDB_TYPE_VARCHAR:
      type.is_json = take_text(duckdb_logical_type_get_alias(raw)) == "JSON";
      if (type.is_json) type.name = "JSON";
      break;
    case DUCKDB_TYPE_ENUM: read_enum(raw, type); break;
    case DUCKDB_TYPE_LIST:
    case DUCKDB_TYPE_ARRAY: read_list(raw, type); break;
    case DUCKDB_TYPE_MAP: read_map(raw, type); break;
    case DUCKDB_TYPE_STRUCT: read_struct(raw, type); break;
    case DUCKDB_TYPE_UNION: read_union(raw, type); break;
    default: break;
  }
  return type;
}

VectorView::VectorView(const Type& type) : type_(&type) {
  children_.reserve(type.children.size());
  for (const auto& child : type.children) children_.emplace_back(child);
}

void VectorView::bind(duckdb_vector raw) {
  data_ = duckdb_vector_get_data(raw);
  validity_ = duckdb_vector_get_validity(raw);
  switch (type_->id) {
    case DUCKDB_TYPE_LIST: children_[0].bind(duckdb_list_vector_get_child(raw)); break;
    case DUCKDB_TYPE_ARRAY: children_[0].bind(duckdb_array_vector_get_child(raw)); break;
    case DUCKDB_TYPE_MAP: {
      auto* const entries = duckdb_list_vector_get_child(raw);
      children_[0].bind(duckdb_struct_vector_get_child(entries, 0));
      children_[1].bind(duckdb_struct_vector_get_child(entries, 1));
      break;
    }
    case DUCKDB_TYPE_STRUCT:
      for (std::size_t i = 0; i < children_.size(); ++i) children_[i].bind(duckdb_struct_vector_get_child(raw, i));
      break;
    case DUCKDB_TYPE_UNION: {
      // The first member of the vector is the tag.
      data_ = duckdb_vector_get_data(duckdb_struct_vector_get_child(raw, 0));
      for (std::size_t i = 0; i < children_.size(); ++i) children_[i].bind(duckdb_struct_vector_get_child(raw, i + 1));
      break;
    }
    default: break;
  }
}

}  // namespace weft::duck
