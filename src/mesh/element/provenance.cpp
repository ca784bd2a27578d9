#include "mesh/element/provenance.h"

#include "base/ascii.h"

namespace weft {

namespace {

// Of a table from which very many are named, any may be meant.
BaseColumns folded(BaseColumns sources) {
  for (auto first = sources.begin(); first != sources.end();) {
    const auto table = first->table;
    const auto next = std::find_if(first, sources.end(), [&](const BaseColumn& source) { return source.table != table; });
    if (std::cmp_greater(std::distance(first, next), kMaxOrigins)) {
      sources.erase(first, next);
      sources.insert({table, std::string(kAnyColumn)});
    }
    first = next;
  }
  return sources;
}

// A relation and what all its columns together are made of.
class Relation {
 public:
  explicit Relation(const ReadRelation& relation) : read_(relation) {
    for (const auto& column : relation.provenance->columns) by_name_.emplace(lower_case(column.name), &column);
  }

  [[nodiscard]] const ColumnProvenance* find(std::string_view name) const {
    const auto found = by_name_.find(lower_case(name));
    return found == by_name_.end() ? nullptr : found->second;
  }

  const BaseColumns& sources() {
    if (!sources_) {
      BaseColumns all;
      for (const auto& column : read_.provenance->columns) {
        all.insert(column.known.begin(), column.known.end());
        all.insert(column.open.begin(), column.open.end());
      }
      sources_ = folded(std::move(all));
    }
    return *sources_;
  }

  const std::string& ways(const Fingerprint& fingerprint) {
    if (!ways_) {
      std::string text;
      for (const auto& column : read_.provenance->columns) text += fmt::format("{}={}\n", lower_case(column.name), column.way);
      ways_ = fingerprint(text);
    }
    return *ways_;
  }

 private:
  const ReadRelation& read_;
  std::map<std::string, const ColumnProvenance*> by_name_;
  std::optional<BaseColumns> sources_;
  std::optional<std::string> ways_;
};

class Maker {
 public:
  Maker(std::string_view sql, const std::vector<ReadRelation>& relations, const Fingerprint& fingerprint) : fingerprint_(fingerprint) {
    std::string text(sql);
    for (const auto& relation : relations) {
      relations_.emplace(relation.alias, relation);
      text += fmt::format("\n{}={}", relation.alias, relation.identity);
    }
    select_ = fingerprint(text);
  }

  ColumnProvenance make(const MadeColumn& column) {
    ColumnProvenance made{column.name, column.type, {}, {}, {}, {}, false};
    const auto& [origins, computed_from] = column.lineage;
    auto way = fmt::format("{}\n{}", select_, lower_case(column.in_sql));
    const ColumnProvenance* only = nullptr;  // the column that it hands on
    for (const auto& origin : origins) {
      const auto dot = origin.find('.');
      const auto found = relations_.find(origin.substr(0, dot));
      if (found == relations_.end() || dot == std::string::npos) continue;
      auto& relation = found->second;
      const auto name = std::string_view(origin).substr(dot + 1);
      const auto* source = name == kAnyColumn ? nullptr : relation.find(name);
      if (source == nullptr) {
        made.open.insert(relation.sources().begin(), relation.sources().end());
        if (const auto* named = relation.find(column.in_sql)) add_likely(*named, made.likely);
        way += fmt::format("\n{}={}", origin, relation.ways(fingerprint_));
        continue;
      }
      made.known.insert(source->known.begin(), source->known.end());
      made.open.insert(source->open.begin(), source->open.end());
      if (!source->open.empty()) add_likely(*source, made.likely);
      way += fmt::format("\n{}={}", origin, source->way);
      if (origins.size() == 1 && computed_from.empty()) only = source;
    }
    made.known = folded(std::move(made.known));
    made.open = folded(std::move(made.open));
    made.way = only != nullptr ? only->way : fingerprint_(way);
    made.hands_on = only != nullptr && only->hands_on;
    return made;
  }

 private:
  static void add_likely(const ColumnProvenance& named, BaseColumns& likely) {
    const auto& sources = named.open.empty() ? named.known : named.likely;
    likely.insert(sources.begin(), sources.end());
  }

  const Fingerprint& fingerprint_;
  std::map<std::string, Relation> relations_;  // by alias
  std::string select_;
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
  const auto table = fmt::format("{}/{}/{}", element.mapping->store.text(), element.mapping->schema, element.mapping->table);
  Provenance provenance;
  for (const auto& column : element.columns) {
    const BaseColumn source{table, lower_case(column.name)};
    provenance.columns.push_back({column.name, column.type, fmt::format("{}/{}", table, source.column), {source}, {}, {}, true});
  }
  return provenance;
}

Provenance made_provenance(std::string_view sql, const std::vector<MadeColumn>& columns, const std::vector<ReadRelation>& relations,
                           const Fingerprint& fingerprint) {
  Maker maker(sql, relations, fingerprint);
  Provenance provenance;
  for (const auto& column : columns) provenance.columns.push_back(maker.make(column));
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
                                   {"known", sets.add(column.known)},
                                   {"open", sets.add(column.open)},
                                   {"likely", sets.add(column.likely)},
                                   {"hands_on", column.hands_on}});
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
    provenance.columns.push_back(
        {text("name"), text("type"), text("way"), set("known"), set("open"), set("likely"), column.at("hands_on").as_bool()});
  }
  return provenance;
}

}  // namespace weft
