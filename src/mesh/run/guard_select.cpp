#include "mesh/run/guard_select.h"

#include "base/ascii.h"
#include "mesh/run/allowed_functions.h"

namespace weft {

namespace {

constexpr int kMaxTreeDepth = 400;

// Everything that a `type` may say, but for expressions (those have a `class`).
const std::set<std::string_view> kAllowedTypes = {"SELECT_NODE",
                                                  "SET_OPERATION_NODE",
                                                  "RECURSIVE_CTE_NODE",
                                                  "CTE_NODE",
                                                  "BASE_TABLE",
                                                  "SUBQUERY",
                                                  "JOIN",
                                                  "TABLE_FUNCTION",
                                                  "EXPRESSION_LIST",
                                                  "EMPTY",
                                                  "PIVOT",
                                                  "ORDER_MODIFIER",
                                                  "LIMIT_MODIFIER",
                                                  "LIMIT_PERCENT_MODIFIER",
                                                  "DISTINCT_MODIFIER",
                                                  "ORDER_DEFAULT",
                                                  "ASCENDING",
                                                  "DESCENDING",
                                                  "DECIMAL_TYPE_INFO",
                                                  "LIST_TYPE_INFO",
                                                  "STRUCT_TYPE_INFO",
                                                  "ARRAY_TYPE_INFO",
                                                  "STRING_TYPE_INFO",
                                                  "GENERIC_TYPE_INFO"};

const std::set<std::string_view> kAllowedClasses = {"COLUMN_REF", "CONSTANT", "FUNCTION",   "COMPARISON", "CONJUNCTION", "OPERATOR",
                                                    "CASE",       "CAST",     "SUBQUERY",   "WINDOW",     "STAR",        "BETWEEN",
                                                    "COLLATE",    "LAMBDA",   "LAMBDA_REF", "TYPE"};

// Functions whose result is one of the values that they get, or holds some; beside those of lists, structs, maps and JSON.
const std::set<std::string_view> kHandingFunctions = {
    "any_value", "approx_quantile", "approx_top_k",  "arbitrary",     "arg_max",     "arg_min", "argmax",     "argmin",
    "coalesce",  "element_at",      "fill",          "first",         "first_value", "flatten", "from_json",  "greatest",
    "histogram", "ifnull",          "group_concat",  "lag",           "last",        "lead",    "last_value", "least",
    "list",      "listagg",         "map",           "max",           "max_by",      "median",  "min",        "min_by",
    "mode",      "nth_value",       "nullif",        "quantile",      "row",         "json",    "string_agg", "to_json",
    "unnest",    "row_to_json",     "quantile_disc", "quantile_cont", "array_agg",   "mad"};
constexpr std::string_view kHandingFamilies[] = {"list_", "array_", "struct_", "map_", "json_", "union_"};
const std::set<std::string_view> kHandingOperators = {"OPERATOR_COALESCE", "ARRAY_EXTRACT", "ARRAY_SLICE", "STRUCT_EXTRACT",
                                                      "ARRAY_CONSTRUCTOR"};

const std::set<std::string_view> kAllowedTableFunctions = {"unnest", "range", "generate_series"};

std::string_view text_at(const json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  if (value == nullptr || !value->is_string()) return {};
  return {value->as_string().data(), value->as_string().size()};
}

Error not_allowed(std::string what) {
  return make_error(ErrorKind::Unprocessable, "sql.not_allowed", std::move(what))
      .with_hint("Views and ports are plain SELECTs over their ingredients' aliases.");
}

class Guard {
 public:
  explicit Guard(const std::vector<std::string>& aliases) {
    for (const auto& alias : aliases) aliases_.insert(lower_case(alias));
  }

  void collect_ctes(const json::value& value, int depth) {
    if (depth > kMaxTreeDepth) return;
    if (const auto* array = value.if_array()) {
      for (const auto& item : *array) collect_ctes(item, depth + 1);
      return;
    }
    const auto* object = value.if_object();
    if (object == nullptr) return;
    if (const auto* map = object->if_contains("cte_map"); map != nullptr && map->is_object()) {
      if (const auto* entries = map->as_object().if_contains("map"); entries != nullptr && entries->is_array()) {
        for (const auto& entry : entries->as_array()) {
          if (entry.is_object()) ctes_.insert(lower_case(text_at(entry.as_object(), "key")));
        }
      }
    }
    if (auto name = text_at(*object, "cte_name"); !name.empty()) ctes_.insert(lower_case(name));
    if (auto name = text_at(*object, "ctename"); !name.empty()) ctes_.insert(lower_case(name));
    for (const auto& [key, item] : *object) collect_ctes(item, depth + 1);
  }

  Result<void> walk(const json::value& value, int depth) {
    if (depth > kMaxTreeDepth) return fail(not_allowed("The query is nested too deeply."));
    if (const auto* array = value.if_array()) {
      for (const auto& item : *array) CHECK(walk(item, depth + 1));
      return {};
    }
    const auto* object = value.if_object();
    if (object == nullptr) return {};
    CHECK(check(*object));
    for (const auto& [key, item] : *object) CHECK(walk(item, depth + 1));
    return {};
  }

  [[nodiscard]] GuardedSelect result() const { return {{used_.begin(), used_.end()}}; }
  [[nodiscard]] bool has_ctes() const { return !ctes_.empty(); }

 private:
  Result<void> check(const json::object& object) {
    const auto expression_class = text_at(object, "class");
    const auto type = text_at(object, "type");
    if (!expression_class.empty()) {
      if (!kAllowedClasses.contains(expression_class))
        return fail(not_allowed(fmt::format("Expressions of the kind {} are not allowed.", expression_class)));
    } else if (!type.empty() && !kAllowedTypes.contains(type)) {
      if (type == "UNBOUND_TYPE_INFO") {
        return fail(
            not_allowed("A cast to JSON, to an ENUM or to a type of somebody's making is not allowed; json(…) and to_json(…) make JSON."));
      }
      return fail(not_allowed(fmt::format("{} is not allowed.", type)));
    }
    if (expression_class.empty() && type == "TABLE_FUNCTION") return check_table_function(object);
    if (expression_class == "FUNCTION" || expression_class == "WINDOW") return check_function(object);
    if (expression_class.empty() && type == "BASE_TABLE") return check_table(object);
    return {};
  }

  static Result<void> check_function(const json::object& object) {
    const auto name = lower_case(text_at(object, "function_name"));
    // The parser itself writes `main` where it makes a function of `[a, b]` or `{'a': b}`; nobody can add to that schema.
    const auto schema = text_at(object, "schema");
    const bool own_schema = (!schema.empty() && schema != "main") || !text_at(object, "catalog").empty();
    if (name.empty() || own_schema || (!is_allowed_function(name) && !kAllowedTableFunctions.contains(name))) {
      return fail(not_allowed(fmt::format("The function {} is not allowed.", name.empty() ? "without a name" : name)));
    }
    return {};
  }

  static Result<void> check_table_function(const json::object& object) {
    const auto* function = object.if_contains("function");
    const auto name =
        function != nullptr && function->is_object() ? lower_case(text_at(function->as_object(), "function_name")) : std::string{};
    if (!kAllowedTableFunctions.contains(name)) return fail(not_allowed(fmt::format("The table function {} is not allowed.", name)));
    return {};
  }

  Result<void> check_table(const json::object& object) {
    const auto name = lower_case(text_at(object, "table_name"));
    const bool qualified = !text_at(object, "schema_name").empty() || !text_at(object, "catalog_name").empty();
    // An ingredient that a CTE of its name may hide counts as read: within that CTE, or beside it, the name means the
    // ingredient, and rights and tags hang on it.
    if (!qualified && aliases_.contains(name)) {
      used_.insert(name);
      return {};
    }
    if (!qualified && ctes_.contains(name)) return {};
    return fail(ErrorKind::Unprocessable, "sql.unknown_table", fmt::format("There is no ingredient '{}'.", name),
                "Tables go by the aliases of the ingredients.");
  }

  std::set<std::string> aliases_, ctes_, used_;
};

const json::object* only_select(const json::value& tree) {
  const auto* statements = tree.is_object() ? tree.as_object().if_contains("statements") : nullptr;
  if (statements == nullptr || !statements->is_array() || statements->as_array().size() != 1) return nullptr;
  const auto& statement = statements->as_array()[0];
  const auto* node = statement.is_object() ? statement.as_object().if_contains("node") : nullptr;
  return node != nullptr ? node->if_object() : nullptr;
}

// Only tables and joins of tables: then each column reference is one of an ingredient.
bool is_plain_from(const json::value& from, std::map<std::string, std::string>& table_by_alias) {
  if (!from.is_object()) return false;
  const auto& object = from.as_object();
  const auto type = text_at(object, "type");
  if (type == "BASE_TABLE") {
    const auto table = lower_case(text_at(object, "table_name"));
    const auto alias = lower_case(text_at(object, "alias"));
    table_by_alias[alias.empty() ? table : alias] = table;
    // `t AS x(a, b)` renames columns: names tell nothing then.
    const auto* renamed = object.if_contains("column_name_alias");
    return renamed == nullptr || !renamed->is_array() || renamed->as_array().empty();
  }
  if (type != "JOIN") return false;
  return is_plain_from(object.at("left"), table_by_alias) && is_plain_from(object.at("right"), table_by_alias);
}

using ColumnRefs = std::vector<std::vector<std::string>>;

enum class Refs { Clear, Unclear };

Refs collect_refs(const json::value& value, ColumnRefs& refs) {
  if (const auto* array = value.if_array()) {
    for (const auto& item : *array) {
      if (collect_refs(item, refs) == Refs::Unclear) return Refs::Unclear;
    }
    return Refs::Clear;
  }
  const auto* object = value.if_object();
  if (object == nullptr) return Refs::Clear;
  const auto expression_class = text_at(*object, "class");
  if (expression_class == "SUBQUERY" || expression_class == "STAR" || expression_class == "LAMBDA") return Refs::Unclear;
  if (expression_class == "COLUMN_REF") {
    std::vector<std::string> names;
    for (const auto& name : object->at("column_names").as_array()) names.push_back(lower_case(std::string_view(name.as_string())));
    refs.push_back(std::move(names));
    return Refs::Clear;
  }
  for (const auto& [key, item] : *object) {
    if (collect_refs(item, refs) == Refs::Unclear) return Refs::Unclear;
  }
  return Refs::Clear;
}

// One item that makes several columns: COLUMNS(…) within an expression, or unnest() of a struct.
bool may_expand(const json::value& value) {
  if (const auto* array = value.if_array()) return std::ranges::any_of(*array, may_expand);
  const auto* object = value.if_object();
  if (object == nullptr) return false;
  if (text_at(*object, "class") == "STAR" || lower_case(text_at(*object, "function_name")) == "unnest") return true;
  return std::ranges::any_of(*object, [](const auto& member) { return may_expand(member.value()); });
}

bool is_handing_function(std::string_view name) {
  return kHandingFunctions.contains(name) ||
         std::ranges::any_of(kHandingFamilies, [&](std::string_view family) { return name.starts_with(family); });
}

// The references whose values come out of the expression as they are. REQUIRES: collect_refs() found it clear.
void collect_handed_on(const json::value& value, ColumnRefs& refs) {
  if (const auto* array = value.if_array()) {
    for (const auto& item : *array) collect_handed_on(item, refs);
    return;
  }
  const auto* object = value.if_object();
  if (object == nullptr) return;
  auto within = [&](std::string_view key) {
    if (const auto* part = object->if_contains(key)) collect_handed_on(*part, refs);
  };
  const auto expression_class = text_at(*object, "class");
  if (expression_class == "COLUMN_REF") {
    (void)collect_refs(value, refs);
  } else if (expression_class == "CAST" || expression_class == "COLLATE") {
    within("child");
  } else if (expression_class == "CASE") {
    if (const auto* checks = object->if_contains("case_checks"); checks != nullptr && checks->is_array()) {
      for (const auto& check : checks->as_array()) {
        if (const auto* then = check.is_object() ? check.as_object().if_contains("then_expr") : nullptr) collect_handed_on(*then, refs);
      }
    }
    within("else_expr");
  } else if ((expression_class == "OPERATOR" && kHandingOperators.contains(text_at(*object, "type"))) ||
             ((expression_class == "FUNCTION" || expression_class == "WINDOW") &&
              is_handing_function(lower_case(text_at(*object, "function_name"))))) {
    within("children");
    within("default_expr");  // of lag() and lead()
  }
}

}  // namespace

Result<GuardedSelect> guard_select(const json::value& tree, const std::vector<std::string>& aliases) {
  if (tree.is_object() && tree.as_object().contains("error") && tree.at("error").is_bool() && tree.at("error").as_bool()) {
    const auto type = text_at(tree.as_object(), "error_type");
    const auto message = text_at(tree.as_object(), "error_message");
    if (type == "not implemented")
      return fail(ErrorKind::Unprocessable, "sql.not_a_select", "Only one SELECT is allowed, and no other statement.",
                  "Write one SELECT over the ingredients' aliases.");
    std::string at;
    if (auto position = text_at(tree.as_object(), "position"); !position.empty()) at = fmt::format(" (at character {})", position);
    return fail(ErrorKind::Unprocessable, "sql.invalid", fmt::format("The SQL can't be read{}: {}", at, message));
  }
  const auto* node = only_select(tree);
  if (node == nullptr)
    return fail(ErrorKind::Unprocessable, "sql.not_a_select", "Exactly one SELECT is allowed; a semicolon may end it, nothing may follow.",
                "Write one SELECT over the ingredients' aliases.");
  Guard guard(aliases);
  guard.collect_ctes(tree, 0);
  CHECK(guard.walk(*node, 0));
  return guard.result();
}

std::vector<Lineage> trace_columns(const json::value& tree, const std::vector<IngredientSchema>& ingredients, const GuardedSelect& guarded,
                                   const std::vector<std::string>& outputs) {
  Lineage everything;
  for (const auto& ingredient : ingredients) {
    if (std::ranges::find(guarded.aliases, lower_case(ingredient.alias)) == guarded.aliases.end()) continue;
    std::vector<std::string> all;
    for (const auto& column : ingredient.columns) all.push_back(ingredient.alias + "." + column.name);
    std::ranges::move(fold_origins(std::move(all), ingredient.alias, ingredient.columns.size()), std::back_inserter(everything.origins));
  }
  std::vector<Lineage> lineage(outputs.size(), everything);

  const auto* node = only_select(tree);
  std::map<std::string, std::string> table_by_alias;
  Guard guard({});
  guard.collect_ctes(tree, 0);
  if (node == nullptr || guard.has_ctes() || text_at(*node, "type") != "SELECT_NODE" ||
      !is_plain_from(node->at("from_table"), table_by_alias))
    return lineage;
  const auto& items = node->at("select_list").as_array();

  std::set<std::string> tables;
  for (const auto& [alias, table] : table_by_alias) tables.insert(table);
  auto columns_named = [&](std::string_view table, std::string_view name) {  // empty table: of any that is read
    std::vector<std::string> found;
    for (const auto& ingredient : ingredients) {
      const auto alias = lower_case(ingredient.alias);
      if (table.empty() ? !tables.contains(alias) : alias != table) continue;
      for (const auto& column : ingredient.columns) {
        if (lower_case(column.name) == name) found.push_back(ingredient.alias + "." + column.name);
      }
    }
    return found;
  };
  // `SELECT a AS b, b + 1`: DuckDB lets later items name earlier ones.
  std::multiset<std::string> made_here;
  for (const auto& item : items) made_here.insert(lower_case(text_at(item.as_object(), "alias")));

  auto is_table = [&](const std::string& name) { return table_by_alias.contains(name); };
  // Where `own_alias` is the item's own and nobody else's, the name means a column: an item does not name itself.
  auto origins_of = [&](const ColumnRefs& refs, const std::string& own_alias) -> std::optional<std::vector<std::string>> {
    std::vector<std::string> origins;
    for (const auto& names : refs) {
      const auto& first = names.front();
      std::vector<std::string> found;
      // `schema.table.column` comes before all else that a long name may mean.
      if (names.size() > 2 && std::any_of(names.begin() + 1, names.end() - 1, is_table)) return std::nullopt;
      if (names.size() > 1 && is_table(first)) {
        found = columns_named(table_by_alias[first], names[1]);
      } else {
        if (made_here.count(first) > (first == own_alias ? 1U : 0U)) return std::nullopt;
        found = columns_named({}, first);
      }
      if (found.empty()) return std::nullopt;
      origins.insert(origins.end(), found.begin(), found.end());
    }
    return origins;
  };
  auto trace = [&](const json::value& item) -> std::optional<Lineage> {
    ColumnRefs refs, handed_refs;
    if (collect_refs(item, refs) == Refs::Unclear) return std::nullopt;
    collect_handed_on(item, handed_refs);
    const auto own_alias = lower_case(text_at(item.as_object(), "alias"));
    auto origins = origins_of(refs, own_alias);
    const auto handed_on = origins_of(handed_refs, own_alias);
    if (!origins || !handed_on) return std::nullopt;
    Lineage traced{std::move(*origins), {}};
    std::ranges::copy_if(traced.origins, std::back_inserter(traced.computed_from),
                         [&](const std::string& origin) { return std::ranges::find(*handed_on, origin) == handed_on->end(); });
    return traced;
  };

  // Which output comes of which item is known only if all items but one make one each.
  const auto is_star = [](const json::value& item) { return text_at(item.as_object(), "class") == "STAR"; };
  const auto stars = static_cast<std::size_t>(std::ranges::count_if(items, is_star));
  if (std::ranges::any_of(items, [&](const json::value& item) { return !is_star(item) && may_expand(item); })) return lineage;
  if (stars > 1 || (stars == 0 ? items.size() != outputs.size() : items.size() > outputs.size() + 1)) return lineage;
  std::size_t output = 0;
  for (const auto& item : items) {
    if (!is_star(item)) {
      if (auto traced = trace(item)) lineage[output] = std::move(*traced);
      ++output;
      continue;
    }
    const auto& star = item.as_object();
    const auto* replaced = star.if_contains("replace_list");
    const auto* renamed = star.if_contains("rename_list");
    auto is_filled = [](const json::value* list) { return list != nullptr && list->is_array() && !list->as_array().empty(); };
    const auto* condition = star.if_contains("expr");  // of COLUMNS(…)
    // `t.*` of a table; of a struct, whose members are called as they like, nothing is known.
    const auto relation = lower_case(text_at(star, "relation_name"));
    const bool unclear = is_filled(replaced) || is_filled(renamed) || (condition != nullptr && !condition->is_null()) ||
                         (!relation.empty() && !is_table(relation));
    const auto table = relation.empty() ? std::string() : table_by_alias[relation];
    const auto count = outputs.size() - (items.size() - 1);
    for (std::size_t i = 0; i < count; ++i, ++output) {
      if (unclear) continue;
      if (auto found = columns_named(table, lower_case(outputs[output])); !found.empty()) lineage[output] = {std::move(found), {}};
    }
  }
  return lineage;
}

}  // namespace weft
