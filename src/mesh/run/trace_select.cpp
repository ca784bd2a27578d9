#include "mesh/run/trace_select.h"

#include "base/ascii.h"
#include "mesh/run/select_tree.h"

namespace weft {

namespace {

constexpr int kMaxNesting = 100;  // of what is followed

struct NamedColumn {
  std::string name;  // in lower case; empty: DuckDB makes it up
  TracedColumn traced;
};

struct Relation {
  std::string alias;  // in lower case
  std::vector<NamedColumn> columns;
};

using Columns = std::optional<std::vector<NamedColumn>>;  // nullopt: not followed
using Found = std::vector<const TracedColumn*>;

class Tracer {
 public:
  Tracer(const std::vector<IngredientSchema>& ingredients, const GuardedSelect& guarded, const Fingerprint& fingerprint)
      : fingerprint_(fingerprint) {
    for (const auto& ingredient : ingredients) {
      auto alias = lower_case(ingredient.alias);
      if (std::ranges::find(guarded.aliases, alias) == guarded.aliases.end()) continue;
      all_.push_back(fmt::format("{}.*", ingredient.alias));
      ingredients_.emplace(std::move(alias), &ingredient);
    }
  }

  std::vector<TracedColumn> trace(const json::value& tree, const std::vector<std::string>& outputs) {
    select_ = fingerprint_(tree_text(tree));
    const auto* node = only_select(tree);
    const auto columns = node != nullptr && learn_ctes(tree) ? trace_node(*node, &outputs, 0) : std::nullopt;
    std::vector<TracedColumn> traced;
    if (columns && columns->size() == outputs.size()) {
      for (const auto& column : *columns) traced.push_back(column.traced);
    } else {
      for (const auto& output : outputs) traced.push_back(open(output, May::BeReference));
    }
    return traced;
  }

 private:
  std::string fingerprint_of(const json::array& parts) const { return fingerprint_(json::serialize(parts)); }

  // Made of nobody knows which of all that is read. `which`: what tells it from others of the SELECT.
  enum class May { BeReference, BeComputed };
  TracedColumn open(std::string_view which, May may) const {
    return {{all_, {}}, may == May::BeReference, fingerprint_of({"open", select_, which}), fingerprint_of({"rows", select_})};
  }

  // false: what a name means depends on where it stands.
  bool learn_ctes(const json::value& value) {
    if (const auto* array = value.if_array()) return std::ranges::all_of(*array, [&](const auto& item) { return learn_ctes(item); });
    const auto* object = value.if_object();
    if (object == nullptr) return true;
    if (const auto* ctes = ctes_at(*object); ctes != nullptr && !ctes->empty()) {
      for (const auto& entry : *ctes) {
        auto name = lower_case(text_at(entry.as_object(), "key"));
        if (ingredients_.contains(name) || !ctes_.emplace(std::move(name), &entry.at("value").as_object()).second) return false;
      }
      ctes_text_ = fingerprint_(ctes_text_ + tree_text(*ctes));
    }
    return std::ranges::all_of(*object, [&](const auto& member) { return learn_ctes(member.value()); });
  }

  // `outputs`: of the outermost one, as DuckDB names them.
  Columns trace_node(const json::object& node, const std::vector<std::string>* outputs, int depth) {
    if (depth > kMaxNesting) return std::nullopt;
    const auto type = text_at(node, "type");
    if (type == "SELECT_NODE") return trace_select_node(node, outputs, depth);
    if (type == "SET_OPERATION_NODE" && !text_at(node, "setop_type").ends_with("BY_NAME")) return trace_set_operation(node, depth);
    return std::nullopt;
  }

  Columns trace_set_operation(const json::object& node, int depth) {
    auto left = trace_node(node.at("left").as_object(), nullptr, depth + 1);
    const auto right = trace_node(node.at("right").as_object(), nullptr, depth + 1);
    if (!left || !right || left->size() != right->size()) return std::nullopt;
    for (std::size_t i = 0; i < left->size(); ++i) {
      const auto first = (*left)[i].traced;
      auto& both = (*left)[i].traced;
      both = merged({&first, &(*right)[i].traced});
      both.rows = fingerprint_of({text_at(node, "setop_type"), first.rows, (*right)[i].traced.rows});
    }
    return left;
  }

  // `t AS x(a, b)`: the first ones. false: they are more than there are.
  static bool rename(std::vector<NamedColumn>& columns, const json::object& renamed, std::string_view key) {
    if (!has_items(renamed, key)) return true;
    const auto& names = renamed.at(key).as_array();
    if (names.size() > columns.size()) return false;
    for (std::size_t i = 0; i < names.size(); ++i) columns[i].name = lower_case(std::string_view(names[i].as_string()));
    return !has_twins(columns);
  }

  // What stands after FROM, into `scope`; false: it is not followed.
  bool trace_from(const json::object& from, std::vector<Relation>& scope, int depth) {
    const auto type = text_at(from, "type");
    if (type == "EMPTY") return true;
    if (type == "JOIN") {
      if (!trace_from(from.at("left").as_object(), scope, depth)) return false;
      const auto join = text_at(from, "join_type");
      return join == "SEMI" || join == "ANTI" || trace_from(from.at("right").as_object(), scope, depth);  // those only choose rows
    }
    auto alias = lower_case(text_at(from, "alias"));
    Columns columns;
    if (type == "SUBQUERY") {
      columns = trace_node(from.at("subquery").at("node").as_object(), nullptr, depth + 1);
    } else if (type == "BASE_TABLE") {
      const auto table = lower_case(text_at(from, "table_name"));
      if (alias.empty()) alias = table;
      columns = columns_of(table, depth);
    } else if (type == "EXPRESSION_LIST" || type == "TABLE_FUNCTION") {
      columns = columns_of_nothing(from);
    }
    if (!columns || !rename(*columns, from, "column_name_alias")) return false;
    scope.push_back({std::move(alias), std::move(*columns)});
    return true;
  }

  // `VALUES (1, 'a')`, `range(9) AS r(x)`: made of no column, where it names none.
  Columns columns_of_nothing(const json::object& from) const {
    ColumnRefs refs;
    const auto* values = from.if_contains("values");
    const auto& content = values != nullptr ? *values : from.at("function");
    if (collect_refs(content, refs) == Refs::Unclear || !refs.empty()) return std::nullopt;
    if (values == nullptr && !has_items(from, "column_name_alias")) return std::nullopt;  // it goes by another name
    const auto count = values != nullptr ? values->at(0).as_array().size() : std::size_t{1};
    std::vector<NamedColumn> columns;
    for (std::size_t i = 0; i < count; ++i)
      columns.push_back({fmt::format("col{}", i), {{}, false, fingerprint_of({"values", tree_text(content), i}), ""}});
    return columns;
  }

  Columns columns_of(const std::string& table, int depth) {
    if (const auto ingredient = ingredients_.find(table); ingredient != ingredients_.end()) {
      std::vector<NamedColumn> columns;
      for (const auto& column : ingredient->second->columns) {
        auto origin = fmt::format("{}.{}", ingredient->second->alias, column.name);
        columns.push_back({lower_case(column.name), {{{std::move(origin)}, {}}, true, "", ""}});
      }
      return columns;
    }
    const auto cte = ctes_.find(table);
    if (cte == ctes_.end()) return std::nullopt;
    const auto [traced, is_new] = traced_ctes_.try_emplace(table);
    if (is_new) {
      auto columns = trace_node(cte->second->at("query").at("node").as_object(), nullptr, depth + 1);
      if (columns && rename(*columns, *cte->second, "aliases")) traced_ctes_[table] = std::move(columns);
    }
    return traced_ctes_[table];
  }

  struct Scope {
    std::vector<Relation> relations;
    std::string rest;  // stands for that of the SELECT, for what is computed
    std::string from;  // stands for how rows are put together; empty: they are those of one relation

    [[nodiscard]] bool has(const std::string& alias) const {
      return std::ranges::find(relations, alias, &Relation::alias) != relations.end();
    }
    // Empty alias: of any relation.
    [[nodiscard]] Found named(std::string_view alias, std::string_view name) const {
      Found found;
      for (const auto& relation : relations) {
        if (!alias.empty() && relation.alias != alias) continue;
        for (const auto& column : relation.columns) {
          if (column.name == name) found.push_back(&column.traced);
        }
      }
      return found;
    }
  };

  // Empty: it is not clear what it names, such as an earlier item (`SELECT a AS b, b + 1`); a column comes before those.
  static Found resolve(const Scope& scope, const std::vector<std::string>& names) {
    const auto& first = names.front();
    // `schema.table.column` comes before all else that a long name may mean.
    if (names.size() > 2 && std::any_of(names.begin() + 1, names.end() - 1, [&](const auto& name) { return scope.has(name); })) return {};
    if (names.size() > 1 && scope.has(first)) return scope.named(first, names[1]);
    // A column comes before a row of that table, but not where two relations go by one name: `w ANTI JOIN w … JOIN r` has no w.r.
    if (scope.relations.size() > 1 && scope.has(first)) return {};
    return scope.named({}, first);
  }

  // One that is several at once: of USING, or of both sides of a UNION.
  TracedColumn merged(const Found& found) const {
    if (found.size() == 1) return *found.front();
    std::set<std::string> origins, handed_on;
    TracedColumn traced{{}, true, "", ""};
    json::array shapes, rows;
    for (const auto* column : found) {
      add(column->lineage, origins, &handed_on);
      traced.bare = traced.bare && column->bare;
      shapes.emplace_back(column->shape);
      rows.emplace_back(column->rows);
    }
    traced.lineage = lineage_of(origins, handed_on);
    traced.shape = fingerprint_of({"merged", std::move(shapes)});
    traced.rows = fingerprint_of({"merged", std::move(rows)});
    return traced;
  }

  static void add(const Lineage& lineage, std::set<std::string>& origins, std::set<std::string>* handed_on) {
    const std::set<std::string_view> computed(lineage.computed_from.begin(), lineage.computed_from.end());
    for (const auto& origin : lineage.origins) {
      origins.insert(origin);
      if (handed_on != nullptr && !computed.contains(origin)) handed_on->insert(origin);
    }
  }

  static Lineage lineage_of(const std::set<std::string>& origins, const std::set<std::string>& handed_on) {
    Lineage lineage{{origins.begin(), origins.end()}, {}};
    std::ranges::set_difference(origins, handed_on, std::back_inserter(lineage.computed_from));
    return lineage;
  }

  TracedColumn trace_item(const json::object& item, const Scope& scope) const {
    const auto expression = tree_text_without(item, {"alias", "query_location"});
    ColumnRefs refs, handed_refs;
    if (collect_refs(item, refs) == Refs::Unclear) return open(expression, May::BeComputed);
    collect_handed_on(item, handed_refs);
    const auto is_handed = [&](const auto& names) { return std::ranges::find(handed_refs, names) != handed_refs.end(); };
    std::set<std::string> origins, handed_on;
    json::array shapes{"computed", expression, scope.rest}, rows{scope.from};
    for (const auto& names : refs) {
      const auto found = resolve(scope, names);
      const bool is_reference = text_at(item, "class") == "COLUMN_REF";
      if (found.empty()) return open(expression, is_reference ? May::BeReference : May::BeComputed);
      if (is_reference && names.size() <= (scope.has(names.front()) ? 2U : 1U)) return at(scope, merged(found));
      for (const auto* column : found) {
        add(column->lineage, origins, is_handed(names) ? &handed_on : nullptr);
        shapes.emplace_back(column->shape);
        rows.emplace_back(column->rows);
      }
    }
    const bool one_by_one = std::ranges::all_of(rows, [](const auto& row) { return row.as_string().empty(); });
    return {lineage_of(origins, handed_on), false, fingerprint_of(shapes), one_by_one ? "" : fingerprint_of(rows)};
  }

  TracedColumn at(const Scope& scope, TracedColumn traced) const {
    if (!scope.from.empty()) traced.rows = fingerprint_of({scope.from, traced.rows});
    return traced;
  }

  // The names of the columns that a star makes; nullopt: nobody knows.
  static std::optional<std::vector<std::string>> names_of(const json::object& star, const Scope& scope) {
    if (has_items(star, "rename_list") || !text_at(star, "alias").empty()) return std::nullopt;  // `* AS n` calls all of them n
    if (const auto* condition = star.if_contains("expr"); condition != nullptr && !condition->is_null()) return std::nullopt;
    const auto relation = lower_case(text_at(star, "relation_name"));
    if (!relation.empty() && !scope.has(relation)) return std::nullopt;  // of a struct
    std::set<std::string> excluded;
    if (has_items(star, "exclude_list")) {
      for (const auto& name : star.at("exclude_list").as_array()) {
        if (!name.is_string()) return std::nullopt;
        excluded.insert(lower_case(std::string_view(name.as_string())));
      }
    }
    if (has_items(star, "qualified_exclude_list")) {
      for (const auto& name : star.at("qualified_exclude_list").as_array())
        excluded.insert(lower_case(text_at(name.as_object(), "column")));
    }
    // One that DuckDB made up may be meant.
    auto changed = excluded;
    if (has_items(star, "replace_list")) {
      for (const auto& item : star.at("replace_list").as_array()) changed.insert(lower_case(text_at(item.as_object(), "key")));
    }
    if (std::ranges::any_of(changed, [&](const auto& name) { return scope.named({}, name).empty(); })) return std::nullopt;
    std::vector<std::string> names;
    for (const auto& each : scope.relations) {
      if (!relation.empty() && each.alias != relation) continue;
      for (const auto& column : each.columns) {
        if (!excluded.contains(column.name)) names.push_back(column.name);
      }
    }
    return names;
  }

  // `names`: of the columns that it makes. `is_known`: they are columns of what it stands for.
  void trace_star(const json::object& star, const std::vector<std::string>& names, bool is_known, const Scope& scope,
                  std::vector<NamedColumn>& columns) const {
    const auto relation = lower_case(text_at(star, "relation_name"));
    std::map<std::string, const json::object*> replaced;
    if (has_items(star, "replace_list")) {
      for (const auto& item : star.at("replace_list").as_array())
        replaced.emplace(lower_case(text_at(item.as_object(), "key")), &item.at("value").as_object());
    }
    for (const auto& output : names) {
      auto name = lower_case(output);
      if (const auto item = replaced.find(name); is_known && item != replaced.end()) {
        columns.push_back({std::move(name), trace_item(*item->second, scope)});
        continue;
      }
      const auto found = is_known ? scope.named(relation, name) : Found{};
      auto traced = found.empty() ? open(fmt::format("{}\n{}", tree_text(star), name), May::BeReference) : at(scope, merged(found));
      columns.push_back({std::move(name), std::move(traced)});
    }
  }

  static bool merges_columns(const json::object& from) {
    if (text_at(from, "type") != "JOIN") return false;
    return has_items(from, "using_columns") || text_at(from, "ref_type") == "NATURAL" || merges_columns(from.at("left").as_object()) ||
           merges_columns(from.at("right").as_object());
  }

  Columns trace_select_node(const json::object& node, const std::vector<std::string>* outputs, int depth) {
    Scope scope;
    const auto& from = node.at("from_table").as_object();
    if (!trace_from(from, scope.relations, depth)) return std::nullopt;
    const auto& items = node.at("select_list").as_array();
    scope.rest = fingerprint_(tree_text_without(node, {"select_list", "modifiers", "cte_map"}) + ctes_text_);
    if (scope.relations.size() > 1) scope.from = fingerprint_(tree_text(from) + ctes_text_);
    // GROUPING SETS, CUBE and ROLLUP give rows again, without some of their values.
    const auto* group_sets = node.if_contains("group_sets");
    if (group_sets != nullptr && group_sets->is_array() && group_sets->as_array().size() > 1) scope.from = scope.rest;

    // Which output comes of which item is known only if all items but one make one each.
    const auto is_star = [](const json::value& item) { return text_at(item.as_object(), "class") == "STAR"; };
    const auto stars = static_cast<std::size_t>(std::ranges::count_if(items, is_star));
    if (std::ranges::any_of(items, [&](const json::value& item) { return !is_star(item) && may_expand(item); })) return std::nullopt;
    if (outputs != nullptr && stars < 2 && (stars == 0 ? items.size() != outputs->size() : items.size() > outputs->size() + 1))
      return std::nullopt;

    std::vector<NamedColumn> columns;
    for (const auto& value : items) {
      const auto& item = value.as_object();
      if (!is_star(value)) {
        auto name = lower_case(text_at(item, "alias"));
        if (name.empty() && text_at(item, "class") == "COLUMN_REF")
          name = lower_case(std::string_view(item.at("column_names").as_array().back().as_string()));
        columns.push_back({std::move(name), trace_item(item, scope)});
        continue;
      }
      const auto names = names_of(item, scope);
      // Of what relations are joined by, `*` makes one column.
      const bool is_one_relation = scope.relations.size() == 1 || (!text_at(item, "relation_name").empty() && !merges_columns(from));
      if (names && is_one_relation) {
        trace_star(item, *names, true, scope, columns);
      } else if (outputs != nullptr && stars == 1) {
        const auto first = outputs->begin() + static_cast<std::ptrdiff_t>(columns.size());
        const auto count = static_cast<std::ptrdiff_t>(outputs->size() - (items.size() - 1));
        trace_star(item, {first, first + count}, names.has_value(), scope, columns);
      } else {
        return std::nullopt;
      }
    }
    if (outputs == nullptr && has_twins(columns)) return std::nullopt;
    return columns;
  }

  // DuckDB gives one of them another name; it may do so where one is called as it calls what has no name, by its expression.
  static bool has_twins(const std::vector<NamedColumn>& columns) {
    const bool has_nameless = std::ranges::any_of(columns, [](const auto& column) { return column.name.empty(); });
    std::set<std::string_view> names;
    return std::ranges::any_of(columns, [&](const auto& column) {
      if (column.name.empty()) return false;
      return !names.insert(column.name).second || (has_nameless && may_be_expression(column.name));
    });
  }
  static bool may_be_expression(std::string_view name) {
    const auto is_plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; };
    return !std::ranges::all_of(name, is_plain) || (name.front() >= '0' && name.front() <= '9') || name.starts_with("null");
  }

  const Fingerprint& fingerprint_;
  std::map<std::string, const IngredientSchema*> ingredients_;  // by alias in lower case
  std::vector<std::string> all_;
  std::string select_, ctes_text_;
  std::map<std::string, const json::object*> ctes_;
  std::map<std::string, Columns> traced_ctes_;  // nullopt also while it is looked at
};

}  // namespace

std::vector<TracedColumn> trace_select(const json::value& tree, const std::vector<IngredientSchema>& ingredients,
                                       const GuardedSelect& guarded, const std::vector<std::string>& outputs,
                                       const Fingerprint& fingerprint) {
  return Tracer(ingredients, guarded, fingerprint).trace(tree, outputs);
}

}  // namespace weft
