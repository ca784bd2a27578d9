#include "mesh/subscription/settled_limits.h"

#include "base/ascii.h"

namespace weft {

namespace {

using Names = std::set<std::string>;  // in lower case

Names in_lower_case(const std::vector<std::string>& names) {
  Names lower;
  for (const auto& name : names) lower.insert(lower_case(name));
  return lower;
}

bool has_name(const Names& names, const ColumnProvenance& column) { return names.contains(lower_case(column.name)); }

// Also where one is any column of a table of which the other names one.
bool may_meet(const BaseColumns& left, const BaseColumns& right) {
  const auto is_any = [](const BaseColumn& source) { return source.column == kAnyColumn; };
  return std::ranges::any_of(left, [&](const BaseColumn& source) {
    if (right.contains(source) || right.contains({source.table, std::string(kAnyColumn)})) return true;
    if (!is_any(source)) return false;
    const auto first = right.lower_bound({source.table, ""});
    return first != right.end() && first->table == source.table;
  });
}

bool may_be_made_of(const ColumnProvenance& column, const BaseColumns& sources) {
  return may_meet(column.known, sources) || may_meet(column.open, sources);
}

void add(BaseColumns& sources, const BaseColumns& more) { sources.insert(more.begin(), more.end()); }

// What the columns of hidden names are, wherever that stands and whatever it is called there.
BaseColumns same_as_named(const Names& names, const std::map<std::string, Provenance>& ports) {
  BaseColumns same;
  for (const auto& [_, port] : ports) {
    for (const auto& column : port.columns) {
      if (has_name(names, column)) add(same, column.same);
    }
  }
  return same;
}

// Of two columns that are the same, one of which is hidden, both are.
std::unordered_map<std::string_view, bool> hidden_by_way(const SettledLimits& settled) {
  std::unordered_map<std::string_view, bool> hidden;
  for (const auto& column : settled.columns) hidden[column.way] |= column.hidden;
  return hidden;
}

}  // namespace

SettledLimits settle_limits(const std::vector<std::string>& hidden, const std::map<std::string, Provenance>& ports) {
  const auto names = in_lower_case(hidden);
  const auto same = same_as_named(names, ports);
  SettledLimits settled;
  for (const auto& [port, provenance] : ports) {
    for (const auto& column : provenance.columns) {
      const bool is_named = has_name(names, column);
      const bool hide = is_named || may_be_made_of(column, same);
      if (hide) add(settled.hidden, column.known);
      if (is_named) add(settled.hidden, column.same.empty() ? column.open : column.same);
      settled.columns.push_back({port, column.name, column.type, column.way, column.rows, hide});
    }
  }
  return settled;
}

std::vector<std::string> hidden_columns(const SettledLimits& settled, const std::vector<std::string>& hidden, const Provenance& port) {
  const auto names = in_lower_case(hidden);
  const auto hidden_then = hidden_by_way(settled);
  auto all = hidden;
  for (const auto& column : port.columns) {
    if (has_name(names, column)) continue;
    const auto then = hidden_then.find(column.way);
    const bool hide = then != hidden_then.end() ? then->second : may_be_made_of(column, settled.hidden);
    if (hide) all.push_back(column.name);
  }
  return all;
}

const SettledColumn* find_settled(const SettledLimits& settled, std::string_view port, std::string_view name) {
  const SettledColumn* found = nullptr;
  for (const auto& column : settled.columns) {
    if (column.name == name && (found == nullptr || column.port == port)) found = &column;
  }
  return found;
}

bool shows_all_of(const SettledLimits& wider, const SettledLimits& narrower) {
  const auto hidden_then = hidden_by_way(narrower);
  std::map<std::pair<std::string_view, std::string_view>, const SettledColumn*> then_by_name;
  for (const auto& column : narrower.columns) then_by_name[{column.port, column.name}] = &column;
  const auto fits = [&](const SettledColumn& column) {
    const auto same = then_by_name.find({column.port, column.name});
    if (same != then_by_name.end() && !filters_alike(*same->second, column)) return false;
    const auto then = hidden_then.find(column.way);
    return !column.hidden || (then != hidden_then.end() && then->second);
  };
  return std::ranges::all_of(wider.columns, fits) && std::ranges::includes(narrower.hidden, wider.hidden);
}

json::object to_json(const SettledLimits& settled) {
  json::array columns;
  for (const auto& column : settled.columns) {
    columns.push_back(json::object{{"port", column.port},
                                   {"name", column.name},
                                   {"type", column.type},
                                   {"way", column.way},
                                   {"rows", column.rows},
                                   {"hidden", column.hidden}});
  }
  return json::object{{"columns", std::move(columns)}, {"hidden", to_json(settled.hidden)}};
}

SettledLimits parse_settled_limits(const json::value& value) {
  SettledLimits settled;
  for (const auto& column : value.at("columns").as_array()) {
    auto text = [&](std::string_view field) { return std::string(std::string_view(column.at(field).as_string())); };
    settled.columns.push_back({text("port"), text("name"), text("type"), text("way"), text("rows"), column.at("hidden").as_bool()});
  }
  settled.hidden = parse_base_columns(value.at("hidden"));
  return settled;
}

}  // namespace weft
