#include "mesh/delivery/plan_read.h"

#include "base/utf8.h"
#include "mesh/delivery/column_type.h"
#include "mesh/delivery/compile_filter.h"

namespace weft {

namespace {

std::string lower_case(std::string_view text) {
  std::string lower(text);
  for (auto& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return lower;
}

std::string column_list(const ReadSchema& columns, const std::set<std::string>& used) {
  std::string list;
  for (const auto& column : columns) {
    if (!used.contains(column.name)) continue;
    list += fmt::format("{}s.{}", list.empty() ? "" : ", ", quoted_name(column.name));
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

std::string limit_sql(const RowPage& page, Shape shape) {
  std::string sql;
  auto limit = page.limit;
  if (shape == Shape::SingleObject) limit = std::min<std::int64_t>(limit.value_or(2), 2);
  if (limit) sql += fmt::format(" LIMIT {}", *limit);
  if (page.offset > 0) sql += fmt::format(" OFFSET {}", page.offset);
  return sql;
}

// A name that no column has, for the row number within the query.
std::string row_number_alias(const std::vector<std::string>& columns) {
  std::string alias = "row_number_";
  auto taken = [&](const std::string& column) { return lower_case(column) == alias; };
  while (std::ranges::any_of(columns, taken)) alias += '_';
  return alias;
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
  std::string inner = parts.inner_columns, order;
  if (!parts.order_by.empty()) {
    order = " ORDER BY " + parts.order_by;
    // Where the snapshot has a column of that name, the name means that one, which might be hidden: no number then.
    const bool shadowed = std::ranges::any_of(
        parts.source_columns, [&](const std::string& column) { return lower_case(column) == lower_case(source.row_number_column); });
    if (!source.row_number_column.empty() && !shadowed) {
      const auto alias = quoted_name(row_number_alias(parts.source_columns));
      inner += fmt::format(", s.{} AS {}", quoted_name(source.row_number_column), alias);
      order += fmt::format(", t.{} ASC", alias);
    }
  }
  return fmt::format("SELECT {} FROM (SELECT {} FROM {} AS s{}) AS t{}{}{}", parts.select, inner, source.relation_sql,
                     where(parts.row_predicate), where(parts.where), order, parts.limit);
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
  parts.count_columns = column_list(view.columns, used);
  for (const auto& key : query.order) used.insert(key.column);
  for (const auto& item : query.select) {
    if (!item.column.empty()) used.insert(item.column);
    if (item.column.empty()) {
      for (const auto& column : view.columns) used.insert(column.name);
      break;
    }
  }
  parts.inner_columns = column_list(view.columns, used);
  parts.row_predicate = std::move(view.row_predicate.text);
  parts.where = std::move(filter.text);
  plan.params = std::move(view.row_predicate.params);
  std::ranges::move(filter.params, std::back_inserter(plan.params));
  plan.count_params = plan.params;
  plan.canonical = fmt::format("select {}\nrows {}\nwhere {}\norder {}\npage{}\nshape {}\ncount {}{}", parts.select, parts.row_predicate,
                               parts.where, parts.order_by, parts.limit, static_cast<int>(plan.shape),
                               plan.count == CountMode::None ? "no" : "yes", canonical_params(plan.params));
  return plan;
}

Result<PermittedViewSql> plan_permitted_view(const ReadSchema& schema, const GrantLimits& limits) {
  auto view = TRY(permit(schema, std::span(&limits, 1)));
  std::set<std::string> all;
  for (const auto& column : view.columns) all.insert(column.name);
  PermittedViewSql planned;
  planned.sql = fmt::format("SELECT {} FROM source AS s{}", column_list(view.columns, all), where(view.row_predicate.text));
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
