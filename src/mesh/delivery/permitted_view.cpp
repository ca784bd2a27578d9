#include "mesh/delivery/permitted_view.h"

#include "base/ascii.h"
#include "mesh/delivery/column_type.h"
#include "mesh/delivery/compile_filter.h"

namespace weft {

namespace {

constexpr std::string_view kSource = "s";

}  // namespace

std::unexpected<Error> port_closed(std::string detail) {
  return fail(make_error(ErrorKind::Denied, "data.port_closed", "The limits of your grant do not fit this port, so it is closed to you.")
                  .with_hint("The governance team that granted it can say why; another request may be decided with other limits.")
                  .with_detail(std::move(detail)));
}

ReadSchema schema_of(const std::vector<PortColumn>& columns) {
  ReadSchema schema;
  schema.reserve(columns.size());
  for (const auto& column : columns) schema.push_back({column.name, column.type});
  return schema;
}

std::string mask_sql(const PortSchemaColumn& column) {
  const auto type = parse_column_type(column.type);
  if (type.kind == ColumnType::Kind::Text) return "'***'";
  return type.name.empty() ? "NULL" : fmt::format("CAST(NULL AS {})", type.name);
}

bool is_hidden(std::string_view column, const std::vector<std::string>& hidden_columns) {
  return std::ranges::any_of(hidden_columns, [&](const std::string& hidden) { return equal_ignoring_case(hidden, column); });
}

Result<ParsedLimits> parse_limits(const GrantLimits& limits, const ReadSchema& schema) {
  ParsedLimits parsed{TRY(parse_row_filter(limits.row_filter)), limits.hidden_columns};
  CHECK(compile_filters(parsed.row_filter, schema, kSource));
  return parsed;
}

Result<PermittedView> permit(const ReadSchema& schema, std::span<const GrantLimits> limits) {
  PermittedView view;
  std::vector<Logic> filters;
  for (const auto& limit : limits) {
    auto parsed = parse_row_filter(limit.row_filter);
    if (!parsed) return port_closed(parsed.error().message);
    std::ranges::move(*parsed, std::back_inserter(filters));
  }
  auto predicate = compile_filters(filters, schema, kSource);
  if (!predicate) return port_closed(predicate.error().message);
  view.row_predicate = *std::move(predicate);
  std::ranges::copy_if(schema, std::back_inserter(view.columns), [&](const PortSchemaColumn& column) {
    return std::ranges::none_of(limits, [&](const GrantLimits& limit) { return is_hidden(column.name, limit.hidden_columns); });
  });
  if (view.columns.empty()) return port_closed("no column is left");
  for (const auto& column : view.columns) {
    if (std::ranges::any_of(limits, [&](const GrantLimits& limit) { return is_hidden(column.name, limit.masked_columns); }))
      view.masked.insert(column.name);
  }
  return view;
}

}  // namespace weft
