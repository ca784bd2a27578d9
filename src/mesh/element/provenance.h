// What the columns of some data are made of, down to the tables of stores. It is written with each snapshot, so that it tells of
// the rows that are there, whatever its makers define meanwhile.
#pragma once

#include <functional>
#include <set>

#include "mesh/element/element.h"
#include "mesh/element/origin.h"

namespace weft {

// A column of a store's table. `kAnyColumn`: it is open which, or they are too many to be named.
struct BaseColumn {
  std::string table;   // store, schema and table: the same for all elements that stand for it
  std::string column;  // in lower case
  auto operator<=>(const BaseColumn&) const = default;
};
using BaseColumns = std::set<BaseColumn>;
inline constexpr std::string_view kAnyColumn = "*";

struct ColumnProvenance {
  std::string name, type;
  std::string way;    // the same for two columns that are made in the same way of the same; another one as soon as that could be otherwise
  std::string rows;   // the same for two whose rows are put together in the same way; empty: they are those of one table
  BaseColumns known;  // that it is made of
  BaseColumns open;   // those besides that it may be made of; its SQL does not tell which
  BaseColumns same;   // those of them that it is, or may be: that it refers to, or that go by its name where it is computed

  bool operator==(const ColumnProvenance&) const = default;
};

struct Provenance {
  std::vector<ColumnProvenance> columns;
  std::string table;  // as in BaseColumn; empty: it is none. Its data may have columns that are not among these.

  [[nodiscard]] const ColumnProvenance* find(std::string_view name) const;
  bool operator==(const Provenance&) const = default;
};

// A short text that stands for a long one.
using Fingerprint = std::function<std::string(std::string_view)>;

// A relation that SQL reads by its alias.
struct ReadRelation {
  std::string alias;
  const Provenance* provenance;
};

// A column that SQL makes of them.
struct MadeColumn {
  std::string name, type;
  std::string in_sql;  // what the SQL calls it
  TracedColumn traced;
};

// REQUIRES: it has a mapping.
[[nodiscard]] Provenance table_provenance(const Element& element);
// Columns that SQL makes of the relations that it reads. nullopt: it names another relation.
[[nodiscard]] std::optional<Provenance> made_provenance(const std::vector<MadeColumn>& columns, const std::vector<ReadRelation>& relations,
                                                        const Fingerprint& fingerprint);

[[nodiscard]] json::array to_json(const BaseColumns& sources);
[[nodiscard]] BaseColumns parse_base_columns(const json::value& value);
[[nodiscard]] json::object to_json(const Provenance& provenance);
// What to_json() gave. THROWS: std::exception for anything else.
[[nodiscard]] Provenance parse_provenance(const json::value& value);

}  // namespace weft
