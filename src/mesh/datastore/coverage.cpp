#include "mesh/datastore/coverage.h"

namespace weft {

namespace {

using TableKey = std::pair<std::string, std::string>;

TableState state_of(const std::vector<TableMapping>& mappings, bool there) {
  if (!there) return TableState::Missing;
  if (mappings.empty()) return TableState::Unmapped;
  return mappings.size() == 1 ? TableState::Mapped : TableState::MappedTwice;
}

json::object store_json(const DataStore& store) {
  return json::object{{"id", store.id.text()}, {"name", store.name}, {"title", store.title}, {"type", to_text(store.type)}};
}

json::object keeper_json(const DataStore& store) { return json::object{{"id", store.keeper.id.text()}, {"name", store.keeper.name}}; }

}  // namespace

std::string_view to_text(TableState state) {
  switch (state) {
    case TableState::Unmapped: return "unmapped";
    case TableState::Mapped: return "mapped";
    case TableState::MappedTwice: return "mapped-twice";
    case TableState::Missing: return "missing";
    case TableState::Unreachable: return "unreachable";
  }
  return "";
}

std::string_view to_text(KeeperState state) {
  switch (state) {
    case KeeperState::Active: return "active";
    case KeeperState::Disabled: return "disabled";
    case KeeperState::WithoutRole: return "without-role";
  }
  return "";
}

bool CoveredTable::without_owner() const {
  return std::ranges::any_of(mappings, [](const TableMapping& mapping) { return mapping.owner == TableMapping::Owner::None; });
}

Result<TableFilter> parse_table_filter(const std::optional<std::string>& state, std::optional<std::string> domain) {
  TableFilter filter;
  filter.domain = std::move(domain);
  if (!state) return filter;
  if (*state == "without-owner") {
    filter.owner = TableFilter::Owner::None;
    return filter;
  }
  for (const auto known :
       {TableState::Unmapped, TableState::Mapped, TableState::MappedTwice, TableState::Missing, TableState::Unreachable}) {
    if (to_text(known) == *state) filter.state = known;
  }
  if (filter.state) return filter;
  return fail(ErrorKind::Invalid, "query.invalid", fmt::format("There is no state '{}' of a table.", *state),
              "States are unmapped, mapped, mapped-twice, missing, unreachable and without-owner.");
}

bool fits(const CoveredTable& table, const TableFilter& filter) {
  if (filter.state && table.state != *filter.state) return false;
  if (filter.owner == TableFilter::Owner::None && !table.without_owner()) return false;
  return !filter.domain ||
         std::ranges::any_of(table.mappings, [&](const TableMapping& mapping) { return is_within(mapping.domain, *filter.domain); });
}

std::vector<CoveredTable> cover_tables(const Result<std::vector<SourceTable>>& seen, const std::vector<TableMapping>& mappings) {
  std::map<TableKey, CoveredTable> tables;
  auto table_at = [&](const std::string& schema, const std::string& name) -> CoveredTable& {
    auto& table = tables[{schema, name}];
    table.schema = schema;
    table.table = name;
    return table;
  };
  std::set<TableKey> there;
  if (seen) {
    for (const auto& table : *seen) {
      table_at(table.schema, table.name).row_estimate = table.row_estimate;
      there.insert({table.schema, table.name});
    }
  }
  for (const auto& mapping : mappings) table_at(mapping.schema, mapping.table).mappings.push_back(mapping);
  std::vector<CoveredTable> covered;
  if (!seen) {
    CoveredTable whole;
    whole.state = TableState::Unreachable;
    whole.diagnosis = in_full(seen.error());
    covered.push_back(std::move(whole));
  }
  for (auto& [key, table] : tables) {
    table.state = state_of(table.mappings, !seen || there.contains(key));
    covered.push_back(std::move(table));
  }
  return covered;
}

StoreCoverage cover_store(DataStore store, KeeperState keeper, const std::vector<TableMapping>& mappings) {
  StoreCoverage coverage;
  coverage.keeper = keeper;
  std::map<TableKey, std::size_t> tables;
  bool without_owner = false;
  for (const auto& mapping : mappings) {
    ++tables[{mapping.schema, mapping.table}];
    ++coverage.domains[mapping.domain];
    without_owner = without_owner || mapping.owner == TableMapping::Owner::None;
  }
  coverage.mapped_tables = tables.size();
  for (const auto& [key, count] : tables) coverage.mapped_twice += count > 1 ? 1 : 0;
  bool unused_right = false;
  for (const auto& right : store.rights) {
    const auto elements = static_cast<std::size_t>(std::ranges::count_if(mappings, [&](const TableMapping& mapping) {
      return is_within(mapping.domain, right.domain_path) && (!right.schema || *right.schema == mapping.schema);
    }));
    coverage.elements_by_right.push_back(elements);
    unused_right = unused_right || elements == 0;
  }
  const bool holds[] = {keeper != KeeperState::Active, without_owner, store.rights.empty(), unused_right, mappings.empty(),
                        coverage.mapped_twice > 0};
  for (std::size_t i = 0; i < std::size(holds); ++i) {
    if (holds[i]) coverage.states.emplace_back(kStoreStates[i]);
  }
  coverage.store = std::move(store);
  return coverage;
}

json::object to_json(const DataStore& store, const CoveredTable& table) {
  json::array elements;
  for (const auto& mapping : table.mappings) {
    elements.push_back(json::object{{"id", mapping.element},
                                    {"name", mapping.element_name},
                                    {"domain", mapping.domain},
                                    {"without_owner", mapping.owner == TableMapping::Owner::None}});
  }
  const bool whole = table.state == TableState::Unreachable;
  return json::object{{"store", store_json(store)},
                      {"keeper", keeper_json(store)},
                      {"schema", whole ? json::value(nullptr) : json::value(table.schema)},
                      {"table", whole ? json::value(nullptr) : json::value(table.table)},
                      {"row_estimate", table.row_estimate ? json::value(*table.row_estimate) : json::value(nullptr)},
                      {"state", to_text(table.state)},
                      {"elements", std::move(elements)},
                      {"diagnosis", whole ? json::value(table.diagnosis) : json::value(nullptr)}};
}

json::object to_json(const StoreCoverage& coverage) {
  json::array domains, rights;
  for (const auto& [domain, tables] : coverage.domains) domains.push_back(json::object{{"domain", domain}, {"tables", tables}});
  for (std::size_t i = 0; i < coverage.store.rights.size(); ++i) {
    const auto& right = coverage.store.rights[i];
    rights.push_back(json::object{{"domain", right.domain_path},
                                  {"schema", right.schema ? json::value(*right.schema) : json::value(nullptr)},
                                  {"elements", coverage.elements_by_right[i]}});
  }
  return json::object{{"store", store_json(coverage.store)},
                      {"keeper", keeper_json(coverage.store)},
                      {"keeper_state", to_text(coverage.keeper)},
                      {"mapped_tables", coverage.mapped_tables},
                      {"mapped_twice", coverage.mapped_twice},
                      {"domains", std::move(domains)},
                      {"rights", std::move(rights)},
                      {"states", json::array(coverage.states.begin(), coverage.states.end())}};
}

}  // namespace weft
