#include "mesh/delivery/plan_read.h"

#include "base/ascii.h"
#include "base/utf8.h"
#include "mesh/delivery/column_type.h"
#include "mesh/delivery/compile_filter.h"

namespace weft {

namespace {

std::string column_list(const PermittedView& view, const std::set<std::string>& used) {
  std::string list;
  for (const auto& column : view.columns) {
    if (!used.contains(column.name)) continue;
    const auto name = quoted_name(column.name);
    list += list.empty() ? "" : ", ";
    list += view.masked.contains(column.name) ? fmt::format("{} AS {}", mask_sql(column), name) : "s." + name;
  }
  return list.empty() ? "1" : list;
}

// ---- select

struct Chosen {
  std::string name, sql;
  std::string type;
};

Result<Chosen> choose(const SelectItem& item, const ReadSchema& schema) {
  const auto* column = TRY(find_column(schema, item.column));
  Chosen chosen{item.alias.empty() ? item.column : item.alias, "t." + quoted_name(column->name), column->type};
  if (item.cast.empty()) return chosen;
  const auto from = parse_column_type(column->type);
  const auto to = TRY(resolve_cast(from, column->name, item.cast));
  if (to == from) return chosen;
  chosen.sql = fmt::format("CAST({} AS {})", chosen.sql, to.name);
  chosen.type = to.name;
  return chosen;
}

// The same item twice is one. Two items of one name could not both be in an object, nor in a Parquet file where they
// differ in case only.
class SelectList {
 public:
  Result<void> add(Chosen chosen) {
    const auto [place, is_new] = places_.emplace(lower_case(chosen.name), list_.size());
    if (is_new) {
      list_.push_back(std::move(chosen));
      return {};
    }
    const auto& earlier = list_[place->second];
    if (earlier.name == chosen.name && earlier.sql == chosen.sql) return {};
    return fail(ErrorKind::Invalid, "data.duplicate_column",
                fmt::format("column \"{}\" is selected twice, as different things", shorten(chosen.name, 80)),
                "Rename one of them: new_name:column.");
  }
  [[nodiscard]] std::vector<Chosen> take() && { return std::move(list_); }

 private:
  std::vector<Chosen> list_;
  std::map<std::string, std::size_t> places_;
};

Result<std::vector<Chosen>> choose_all(const std::vector<SelectItem>& select, const ReadSchema& schema) {
  SelectList list;
  bool all = false;
  for (const auto& item : select) {
    if (!item.column.empty()) {
      CHECK(list.add(TRY(choose(item, schema))));
    } else if (!std::exchange(all, true)) {
      for (const auto& column : schema) CHECK(list.add({column.name, "t." + quoted_name(column.name), column.type}));
    }
  }
  return std::move(list).take();
}

// Whether all columns of the snapshot are chosen, in its order and with its names and types.
bool as_they_lie(const std::vector<PlannedColumn>& chosen, const ReadSchema& schema) {
  return std::ranges::equal(chosen, schema, [](const PlannedColumn& column, const PortSchemaColumn& given) {
    return column.name == given.name && column.type == given.type;
  });
}

// ---- order

Result<std::string> order_by(const std::vector<OrderKey>& order, const ReadSchema& schema) {
  std::string sql;
  std::set<std::string> seen;
  for (const auto& key : order) {
    const auto* column = TRY(find_column(schema, key.column));
    if (!seen.insert(column->name).second) continue;  // a second time it can't change anything
    const bool descending = key.direction == Direction::Descending;
    const bool first = key.nulls == Nulls::First || (key.nulls == Nulls::ByDirection && descending);
    sql += fmt::format("{}t.{} {} NULLS {}", sql.empty() ? "" : ", ", quoted_name(column->name), descending ? "DESC" : "ASC",
                       first ? "FIRST" : "LAST");
  }
  return sql;
}

// Two rows are enough to see that there is not exactly one.
std::optional<std::int64_t> rows_wanted(const RowPage& page, Shape shape) {
  return shape == Shape::SingleObject ? std::min<std::int64_t>(page.limit.value_or(2), 2) : page.limit;
}

std::string limit_sql(const RowPage& page, Shape shape) {
  std::string sql;
  const auto limit = rows_wanted(page, shape);
  if (limit) sql += fmt::format(" LIMIT {}", *limit);
  if (page.offset > 0) sql += fmt::format(" OFFSET {}", page.offset);
  return sql;
}

// The relation, and the column in it that numbers the rows.
struct NumberedSource {
  std::string relation_sql, column;
};

bool has_column(const std::vector<std::string>& columns, const std::string& lower) {
  return std::ranges::any_of(columns, [&](const std::string& column) { return lower_case(column) == lower; });
}

// A name that no column of the snapshot has.
std::string row_number_alias(const std::vector<std::string>& columns) {
  std::string alias = "row_number_";
  while (has_column(columns, alias)) alias += '_';
  return alias;
}

// Where the snapshot itself has a column of the row number's name, the name means that one, which might be hidden.
bool numbers_its_rows(const ReadSource& source, const std::vector<std::string>& columns) {
  return !source.row_number_column.empty() && !has_column(columns, lower_case(source.row_number_column));
}

NumberedSource numbered(const ReadSource& source, const std::vector<std::string>& columns) {
  if (numbers_its_rows(source, columns)) return {source.relation_sql, source.row_number_column};
  auto alias = row_number_alias(columns);
  return {fmt::format("(SELECT *, row_number() OVER () AS {} FROM {})", quoted_name(alias), source.relation_sql), alias};
}

// The rows of a page as those with numbers from 0: what lies before them need not be read.
std::string numbers_of(const RowPage& page, Shape shape, const std::string& number) {
  const auto from = fmt::format("s.{} >= {}", number, page.offset);
  const auto limit = rows_wanted(page, shape);
  return limit ? fmt::format("{} AND s.{} < {}", from, number, page.offset + *limit) : from;
}

std::string where(std::string_view predicate) { return predicate.empty() ? "" : fmt::format(" WHERE {}", predicate); }

// Values with their kind and length, so that no two lists look the same.
std::string canonical_params(const std::vector<ReadValue>& params) {
  std::string text;
  for (const auto& param : params) {
    const auto value = std::visit(
        []<typename T>(const T& v) -> std::string {
          if constexpr (std::is_same_v<T, std::monostate>) {
            return "";
          } else {
            return fmt::format("{}", v);
          }
        },
        param);
    text += fmt::format("\n{}:{}:{}", param.index(), value.size(), value);
  }
  return text;
}

}  // namespace

std::string ReadPlan::sql(const ReadSource& source) const {
  std::string relation = source.relation_sql, inner = parts.inner_columns, order;
  if (page.offset > 0 && all_rows && parts.order_by.empty() && numbers_its_rows(source, parts.source_columns)) {
    return fmt::format("SELECT {} FROM (SELECT {} FROM {} AS s WHERE {}) AS t", parts.select, inner, relation,
                       numbers_of(page, shape, quoted_name(source.row_number_column)));
  }
  if (!parts.order_by.empty() || parts.row_order == RowOrder::Lost) {
    const auto number = numbered(source, parts.source_columns);
    const auto alias = quoted_name(row_number_alias(parts.source_columns));
    relation = number.relation_sql;
    inner += fmt::format(", s.{} AS {}", quoted_name(number.column), alias);
    order = fmt::format(" ORDER BY {}{}t.{} ASC", parts.order_by, parts.order_by.empty() ? "" : ", ", alias);
  }
  return fmt::format("SELECT {} FROM (SELECT {} FROM {} AS s{}) AS t{}{}{}", parts.select, inner, relation, where(parts.row_predicate),
                     where(parts.where), order, parts.limit);
}

std::string ReadPlan::count_sql(const ReadSource& source) const {
  return fmt::format("SELECT count(*) FROM (SELECT {} FROM {} AS s{}) AS t{}", parts.count_columns, source.relation_sql,
                     where(parts.row_predicate), where(parts.where));
}

Result<ReadPlan> plan_read(const ReadQuery& query, const ReadSchema& schema, std::span<const GrantLimits> limits) {
  auto view = TRY(permit(schema, limits));
  const auto chosen = TRY(choose_all(query.select, view.columns));
  auto filter = TRY(compile_filters(query.filters, view.columns, "t"));

  ReadPlan plan;
  plan.page = query.page;
  plan.count = query.count;
  plan.shape = query.shape;
  plan.all_rows = view.row_predicate.text.empty() && filter.text.empty();
  auto& parts = plan.parts;
  for (const auto& column : chosen) {
    plan.columns.push_back({column.name, column.type});
    parts.select += fmt::format("{}{} AS {}", parts.select.empty() ? "" : ", ", column.sql, quoted_name(column.name));
  }
  parts.order_by = TRY(order_by(query.order, view.columns));
  parts.limit = limit_sql(query.page, query.shape);
  for (const auto& column : schema) parts.source_columns.push_back(column.name);

  auto used = columns_of(query.filters);
  parts.count_columns = column_list(view, used);
  for (const auto& key : query.order) used.insert(key.column);
  for (const auto& item : query.select) {
    if (!item.column.empty()) used.insert(item.column);
    if (item.column.empty()) {
      for (const auto& column : view.columns) used.insert(column.name);
      break;
    }
  }
  parts.inner_columns = column_list(view, used);
  if (view.row_predicate.row_order == RowOrder::Lost || filter.row_order == RowOrder::Lost) parts.row_order = RowOrder::Lost;
  parts.row_predicate = std::move(view.row_predicate.text);
  parts.where = std::move(filter.text);
  plan.params = std::move(view.row_predicate.params);
  std::ranges::move(filter.params, std::back_inserter(plan.params));
  plan.unchanged =
      plan.all_rows && view.masked.empty() && parts.order_by.empty() && parts.limit.empty() && as_they_lie(plan.columns, schema);
  plan.count_params = plan.params;
  plan.keys = keys_of(query.filters);
  std::string masked;
  for (const auto& name : view.masked) masked += fmt::format("\nmasked {}", quoted_name(name));
  plan.canonical = fmt::format("select {}\nrows {}\nwhere {}\norder {}\npage{}\nshape {}\ncount {}{}{}", parts.select, parts.row_predicate,
                               parts.where, parts.order_by, parts.limit, static_cast<int>(plan.shape),
                               plan.count == CountMode::None ? "no" : "yes", masked, canonical_params(plan.params));
  return plan;
}

Result<PermittedViewSql> plan_permitted_view(const ReadSchema& schema, const GrantLimits& limits) {
  auto view = TRY(permit(schema, std::span(&limits, 1)));
  std::set<std::string> all;
  for (const auto& column : view.columns) all.insert(column.name);
  PermittedViewSql planned;
  std::string relation = "source", order;
  if (view.row_predicate.row_order == RowOrder::Lost) {
    std::vector<std::string> names;
    for (const auto& column : schema) names.push_back(column.name);
    const auto number = numbered({}, names);
    relation = number.relation_sql;
    order = fmt::format(" ORDER BY s.{}", quoted_name(number.column));
  }
  planned.sql = fmt::format("SELECT {} FROM {} AS s{}{}", column_list(view, all), relation, where(view.row_predicate.text), order);
  for (const auto& param : view.row_predicate.params) {
    planned.params.push_back(std::visit(
        []<typename T>(const T& value) -> json::value {
          if constexpr (std::is_same_v<T, std::monostate>) {
            return nullptr;
          } else {
            return json::value(value);
          }
        },
        param));
  }
  planned.columns = std::move(view.columns);
  return planned;
}

std::int64_t rows_in_page(const RowPage& page, std::int64_t total) {
  const auto left = std::max<std::int64_t>(total - page.offset, 0);
  return page.limit ? std::min(left, *page.limit) : left;
}

}  // namespace weft
