#include "mesh/datastore/postgres_profile_worker.h"

#include <cmath>
#include <cstdlib>
#include <map>

#include "mesh/datastore/postgres_rows_worker.h"

namespace weft {

namespace {

constexpr int kMaxShown = 200;  // characters of a least or greatest text

constexpr auto kStatistics =
    "SELECT s.attname, s.n_distinct, s.null_frac FROM pg_catalog.pg_stats s WHERE s.schemaname::pg_catalog.text = $1 AND "
    "s.tablename::pg_catalog.text = $2 AND s.inherited = $3::pg_catalog.bool";

std::string literal(std::string_view text) { return duck::quote_literal(text); }  // standard_conforming_strings is on

PostgresTravel count_travel(std::string asked, const std::string& text) {
  return {"BIGINT", std::move(asked), fmt::format("CAST({} AS BIGINT)", text), ""};
}

// `aggregate` of values of type compared_as, read as the column's own.
PostgresTravel extreme_travel(const PostgresColumn& column, std::string_view aggregate, std::string_view value, const std::string& text) {
  auto travel = travel_of(column, text);
  travel.asked = fmt::format("{}({})", aggregate, value);
  if (travel.compared_as == "text") travel.asked = fmt::format("left({}, {})", travel.asked, kMaxShown);
  return travel;
}

bool has_extremes(const PostgresColumn& column) { return !travel_of(column, "x").compared_as.empty(); }

bool is_countable(const PostgresColumn& column) {
  const auto travel = travel_of(column, "x");
  return !travel.compared_as.empty() || travel.type == "BOOLEAN" || travel.type == "UUID";
}

struct Profile {
  std::vector<json::object> columns;

  json::object& add(const PostgresColumn& column) {
    return columns.emplace_back(
        json::object{{"name", column.name}, {"distinct", nullptr}, {"null_share", nullptr}, {"minimum", nullptr}, {"maximum", nullptr}});
  }
  json::object answer(std::int64_t rows) const { return {{"rows", rows}, {"columns", json::array(columns.begin(), columns.end())}}; }
};

struct Statistics {
  std::string inherited;                                     // `true`: over a table and those below it
  std::map<std::string, std::pair<double, double>> columns;  // n_distinct, null_frac
};

Result<Statistics> read_statistics(PostgresReader& reader, const PostgresTable& table) {
  Statistics statistics;
  for (const auto* inherited : {"true", "false"}) {
    statistics.inherited = inherited;
    const auto rows = TRY(reader.query(kStatistics, {table.schema, table.name, inherited}));
    for (const auto& row : rows)
      statistics.columns[row[0].value_or("")] = {std::strtod(row[1].value_or("0").c_str(), nullptr),
                                                 std::strtod(row[2].value_or("0").c_str(), nullptr)};
    if (!statistics.columns.empty()) break;
  }
  return statistics;
}

// Bounds and frequent values that ANALYZE kept of a column.
std::string known_values(const PostgresTable& table, const PostgresColumn& column, const Statistics& statistics, const std::string& type) {
  const auto values = [&](std::string_view kept) {
    return fmt::format(
        "SELECT pg_catalog.unnest(s.{}::pg_catalog.text::pg_catalog.{}[]) AS v FROM pg_catalog.pg_stats s WHERE s.schemaname = {} AND "
        "s.tablename = {} AND s.attname = {} AND s.inherited = {}",
        kept, type, literal(table.schema), literal(table.name), literal(column.name), statistics.inherited);
  };
  return fmt::format("({} UNION ALL {}) k", values("histogram_bounds"), values("most_common_vals"));
}

Result<json::object> from_statistics(const WorkerContext& context, PostgresReader& reader, const PostgresTable& table,
                                     const std::vector<PostgresColumn>& columns, const Statistics& statistics) {
  const auto rows = static_cast<double>(*table.row_estimate);
  PostgresSelect select;
  for (const auto& column : columns) {
    if (!has_extremes(column)) continue;
    const auto type = travel_of(column, "x").compared_as;
    for (const auto* aggregate : {"min", "max"}) {
      auto travel = extreme_travel(column, aggregate, "k.v", select.next_text());
      travel.asked = fmt::format("(SELECT {} FROM {})", travel.asked, known_values(table, column, statistics, type));
      select.add(select.next_text(), travel);
    }
  }
  std::vector<std::vector<json::value>> extremes;
  if (select.columns > 0) {
    PostgresRows source(context, reader, table.schema + "." + table.name);
    extremes = TRY(source.rows(select));
  }
  Profile profile;
  std::size_t at = 0;
  for (const auto& column : columns) {
    auto& shown = profile.add(column);
    if (const auto known = statistics.columns.find(column.name); known != statistics.columns.end()) {
      const auto [distinct, null_share] = known->second;
      shown["distinct"] = static_cast<std::int64_t>(std::llround(distinct >= 0 ? distinct : -distinct * rows));
      shown["null_share"] = null_share;
    }
    if (!has_extremes(column) || extremes.empty()) continue;
    shown["minimum"] = extremes[0][at++];
    shown["maximum"] = extremes[0][at++];
  }
  return profile.answer(*table.row_estimate);
}

Result<json::object> computed(const WorkerContext& context, PostgresReader& reader, const PostgresTable& table,
                              const std::vector<PostgresColumn>& columns) {
  PostgresSelect select;
  select.rest = "FROM " + table.sql();
  const auto add = [&select](const PostgresTravel& travel) { select.add(select.next_text(), travel); };
  add(count_travel("count(*)", select.next_text()));
  for (const auto& column : columns) {
    const auto name = quote_postgres(column.name);
    add(count_travel(fmt::format("count({})", name), select.next_text()));
    if (is_countable(column)) add(count_travel(fmt::format("count(DISTINCT {})", name), select.next_text()));
    if (!has_extremes(column)) continue;
    const auto value = name + "::pg_catalog." + travel_of(column, "x").compared_as;
    for (const auto* aggregate : {"min", "max"}) add(extreme_travel(column, aggregate, value, select.next_text()));
  }
  PostgresRows source(context, reader, table.schema + "." + table.name);
  const auto found = TRY(source.rows(select));
  const auto total = found.at(0)[0].to_number<std::int64_t>();
  Profile profile;
  std::size_t at = 1;
  for (const auto& column : columns) {
    auto& shown = profile.add(column);
    const auto filled = found[0][at++].to_number<double>();
    if (total > 0) shown["null_share"] = 1.0 - filled / static_cast<double>(total);
    if (is_countable(column)) shown["distinct"] = found[0][at++];
    if (!has_extremes(column)) continue;
    shown["minimum"] = found[0][at++];
    shown["maximum"] = found[0][at++];
  }
  return profile.answer(total);
}

}  // namespace

Result<json::object> profile_postgres_table(const WorkerContext& context, PostgresReader& reader, const PostgresTable& table,
                                            const std::vector<PostgresColumn>& columns) {
  const auto statistics = TRY(read_statistics(reader, table));
  if (!statistics.columns.empty() && table.row_estimate) return from_statistics(context, reader, table, columns, statistics);
  return computed(context, reader, table, columns);
}

}  // namespace weft
