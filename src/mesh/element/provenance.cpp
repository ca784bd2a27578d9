#include "mesh/element/provenance.h"

#include "base/ascii.h"

namespace weft {

namespace {

constexpr std::size_t kMaxNamedTogether = 20;  // columns of a table, in what all columns of a relation are made of

// Of a table from which more are named, any may be meant.
BaseColumns folded(BaseColumns sources, std::size_t most) {
  for (auto first = sources.begin(); first != sources.end();) {
    const auto table = first->table;
    const auto next = std::find_if(first, sources.end(), [&](const BaseColumn& source) { return source.table != table; });
    if (std::cmp_greater(std::distance(first, next), most)) {
      sources.erase(first, next);
      sources.insert({table, std::string(kAnyColumn)});
    }
    first = next;
  }
  return sources;
}

void add(BaseColumns& sources, const BaseColumns& more) { sources.insert(more.begin(), more.end()); }

std::string fingerprint_of(const Fingerprint& fingerprint, const json::array& parts) { return fingerprint(json::serialize(parts)); }

ColumnProvenance table_column(const std::string& table, std::string_view name, std::string type) {
  const BaseColumn source{table, lower_case(name)};
  return {std::string(name), std::move(type), json::serialize(json::array{source.table, source.column}), "", {source}, {}, {source}};
}

// A relation and what all its columns together are made of.
class Relation {
 public:
  Relation(const Provenance& provenance, const Fingerprint& fingerprint) : provenance_(provenance) {
    for (const auto& column : provenance.columns) by_name_.emplace(lower_case(column.name), column);
    if (!provenance.table.empty()) {
      sources_.insert({provenance.table, std::string(kAnyColumn)});
      identity_ = provenance.table;
      return;
    }
    json::array ways;
    for (const auto& column : provenance.columns) {
      add(sources_, column.known);
      add(sources_, column.open);
      ways.push_back(json::array{lower_case(column.name), column.way, column.rows});
    }
    sources_ = folded(std::move(sources_), kMaxNamedTogether);
    identity_ = fingerprint_of(fingerprint, ways);
  }

  // nullptr: it has none; a table's data may have columns that the catalog does not know.
  const ColumnProvenance* find(std::string_view name) {
    const auto found = by_name_.find(lower_case(name));
    if (found != by_name_.end()) return &found->second;
    if (provenance_.table.empty()) return nullptr;
    return &by_name_.emplace(lower_case(name), table_column(provenance_.table, name, "")).first->second;
  }
  [[nodiscard]] bool knows(std::string_view name) const { return by_name_.contains(lower_case(name)); }

  [[nodiscard]] const BaseColumns& sources() const { return sources_; }
  // Of a table, or of all that the columns are.
  [[nodiscard]] const std::string& identity() const { return identity_; }

 private:
  const Provenance& provenance_;
  std::map<std::string, ColumnProvenance> by_name_;
  BaseColumns sources_;
  std::string identity_;
};

class Maker {
 public:
  Maker(const std::vector<ReadRelation>& relations, const Fingerprint& fingerprint) : fingerprint_(fingerprint) {
    json::array all;
    for (const auto& read : relations) {
      const auto& relation = relations_.emplace(read.alias, Relation(*read.provenance, fingerprint)).first->second;
      all.push_back(json::array{read.alias, relation.identity()});
    }
    all_ = fingerprint_of(fingerprint, all);
  }

  std::optional<ColumnProvenance> make(const MadeColumn& column) {
    const auto& traced = column.traced;
    ColumnProvenance made{column.name, column.type, "", "", {}, {}, {}};
    json::array ways{traced.shape}, rows{traced.rows};
    const ColumnProvenance* only = nullptr;
    for (const auto& origin : traced.lineage.origins) {
      const auto dot = origin.find('.');
      const auto found = relations_.find(origin.substr(0, dot));
      if (found == relations_.end() || dot == std::string::npos) return std::nullopt;
      auto& relation = found->second;
      const auto name = std::string_view(origin).substr(dot + 1);
      const auto* source = name == kAnyColumn ? nullptr : relation.find(name);
      ways.push_back(json::array{origin, source != nullptr ? source->way : relation.identity()});
      if (source == nullptr) {
        add(made.open, relation.sources());
        if (relation.knows(column.in_sql)) add(made.same, relation.find(column.in_sql)->same);
        rows.emplace_back(relation.identity());
        continue;
      }
      add(made.known, source->known);
      add(made.open, source->open);
      if (traced.bare || equal_ignoring_case(name, column.in_sql) || equal_ignoring_case(name, column.name)) add(made.same, source->same);
      rows.emplace_back(source->rows);
      only = source;
    }
    if (traced.bare && made.same.empty()) made.same = made.open;
    made.known = folded(std::move(made.known), kMaxOrigins);
    made.open = folded(std::move(made.open), kMaxOrigins);
    const bool is_reference = traced.bare && traced.shape.empty() && traced.lineage.origins.size() == 1 && only != nullptr;
    if (traced.lineage.origins.empty() || !traced.rows.empty()) {
      (traced.lineage.origins.empty() ? ways : rows).emplace_back(all_);
    }
    made.way = is_reference ? only->way : fingerprint_of(fingerprint_, ways);
    const bool one_by_one = std::ranges::all_of(rows, [](const json::value& row) { return row.as_string().empty(); });
    made.rows = one_by_one ? "" : is_reference && traced.rows.empty() ? only->rows : fingerprint_of(fingerprint_, rows);
    return made;
  }

 private:
  const Fingerprint& fingerprint_;
  std::map<std::string, Relation> relations_;  // by alias
  std::string all_;                            // stands for all of them
};

std::string text_of(const json::value& value) { return std::string(std::string_view(value.as_string())); }

// Many columns share what they may be made of: each set is written once.
class SetsOnce {
 public:
  std::size_t add(const BaseColumns& sources) {
    const auto [known, is_new] = positions_.emplace(sources, sets_.size());
    if (is_new) sets_.push_back(to_json(sources));
    return known->second;
  }
  [[nodiscard]] json::array take() { return std::move(sets_); }

 private:
  std::map<BaseColumns, std::size_t> positions_;
  json::array sets_;
};

}  // namespace

const ColumnProvenance* Provenance::find(std::string_view name) const {
  const auto found = std::ranges::find_if(columns, [&](const ColumnProvenance& column) { return equal_ignoring_case(column.name, name); });
  return found == columns.end() ? nullptr : &*found;
}

Provenance table_provenance(const Element& element) {
  Provenance provenance;
  const auto& mapping = *element.mapping;
  provenance.table = json::serialize(json::array{mapping.store.text(), mapping.schema, mapping.table});
  for (const auto& column : element.columns) {
    auto made = table_column(provenance.table, column.name, column.type);
    for (const auto& name : column.formerly) made.open.insert({provenance.table, lower_case(name)});
    provenance.columns.push_back(std::move(made));
  }
  return provenance;
}

std::optional<Provenance> made_provenance(const std::vector<MadeColumn>& columns, const std::vector<ReadRelation>& relations,
                                          const Fingerprint& fingerprint) {
  Maker maker(relations, fingerprint);
  Provenance provenance;
  for (const auto& column : columns) {
    auto made = maker.make(column);
    if (!made) return std::nullopt;
    provenance.columns.push_back(std::move(*made));
  }
  return provenance;
}

json::array to_json(const BaseColumns& sources) {
  json::array array;
  for (const auto& source : sources) array.push_back(json::array{source.table, source.column});
  return array;
}

BaseColumns parse_base_columns(const json::value& value) {
  BaseColumns sources;
  for (const auto& source : value.as_array()) sources.insert({text_of(source.at(0)), text_of(source.at(1))});
  return sources;
}

json::object to_json(const Provenance& provenance) {
  SetsOnce sets;
  json::array columns;
  for (const auto& column : provenance.columns) {
    columns.push_back(json::object{{"name", column.name},
                                   {"type", column.type},
                                   {"way", column.way},
                                   {"rows", column.rows},
                                   {"known", sets.add(column.known)},
                                   {"open", sets.add(column.open)},
                                   {"same", sets.add(column.same)}});
  }
  return json::object{{"columns", std::move(columns)}, {"sets", sets.take()}};
}

Provenance parse_provenance(const json::value& value) {
  std::vector<BaseColumns> sets;
  for (const auto& set : value.at("sets").as_array()) sets.push_back(parse_base_columns(set));
  Provenance provenance;
  for (const auto& column : value.at("columns").as_array()) {
    auto text = [&](std::string_view field) { return text_of(column.at(field)); };
    auto set = [&](std::string_view field) { return sets.at(column.at(field).to_number<std::size_t>()); };
    provenance.columns.push_back({text("name"), text("type"), text("way"), text("rows"), set("known"), set("open"), set("same")});
  }
  return provenance;
}

}  // namespace weft
