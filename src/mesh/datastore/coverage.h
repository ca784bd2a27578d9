// Stores × domains, for the administrator: which tables are mapped by whom, which by nobody or by several, and which
// stores and rights nobody looks after. Pure.
#pragma once

#include "mesh/datastore/source.h"

namespace weft {

// An element that stands for a table.
struct TableMapping {
  std::string schema, table;
  std::string element, element_name, domain;                  // element: its id; domain: a path
  enum class Owner { Present, None } owner = Owner::Present;  // an active owner of the domain, or of one above it
};

enum class TableState {
  Unmapped,
  Mapped,       // by one domain
  MappedTwice,  // by several
  Missing,      // mapped, but the store has it no more
  Unreachable,  // stands for the whole store: nobody can say what is in it
};
[[nodiscard]] std::string_view to_text(TableState state);

struct CoveredTable {
  std::string schema, table;
  std::optional<std::int64_t> row_estimate;
  TableState state = TableState::Unmapped;
  std::vector<TableMapping> mappings;
  std::string diagnosis;  // of Unreachable

  [[nodiscard]] bool without_owner() const;
};

// What a filter asks for: one of the states, or `without-owner`.
struct TableFilter {
  std::optional<TableState> state;
  enum class Owner { Any, None } owner = Owner::Any;
  std::optional<std::string> domain;  // mapped by it or one below it
};
// Errors: `query.invalid`.
[[nodiscard]] Result<TableFilter> parse_table_filter(const std::optional<std::string>& state, std::optional<std::string> domain);
[[nodiscard]] bool fits(const CoveredTable& table, const TableFilter& filter);

// The tables of one store, by schema and name. `seen`: what is in the store; its error: why that is not known, then what
// is mapped stands as mapped and a first line tells of the error.
[[nodiscard]] std::vector<CoveredTable> cover_tables(const Result<std::vector<SourceTable>>& seen,
                                                     const std::vector<TableMapping>& mappings);

enum class KeeperState { Active, Disabled, WithoutRole };
[[nodiscard]] std::string_view to_text(KeeperState state);

struct StoreCoverage {
  DataStore store;
  KeeperState keeper = KeeperState::Active;
  std::size_t mapped_tables = 0, mapped_twice = 0;
  std::map<std::string, std::size_t> domains;  // path → tables that it maps
  std::vector<std::size_t> elements_by_right;  // as store.rights
  std::vector<std::string> states;             // what a filter finds it by: `without-keeper`, `unused`, `unused-right`, …
};
inline constexpr std::string_view kStoreStates[] = {"without-keeper", "without-owner", "without-rights",
                                                    "unused-right",   "unused",        "mapped-twice"};

[[nodiscard]] StoreCoverage cover_store(DataStore store, KeeperState keeper, const std::vector<TableMapping>& mappings);

[[nodiscard]] json::object to_json(const DataStore& store, const CoveredTable& table);
[[nodiscard]] json::object to_json(const StoreCoverage& coverage);

}  // namespace weft
