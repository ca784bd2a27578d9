#include "mesh/run/guard_select.h"

#include "base/ascii.h"
#include "mesh/run/allowed_functions.h"
#include "mesh/run/select_tree.h"

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

const std::set<std::string_view> kAllowedTableFunctions = {"unnest", "range", "generate_series"};

Error not_allowed(std::string what) {
  return make_error(ErrorKind::Unprocessable, "sql.not_allowed", std::move(what))
      .with_hint("Views and ports are plain SELECTs over their ingredients' aliases.");
}

class Guard {
 public:
  explicit Guard(const std::vector<std::string>& aliases) {
    for (const auto& alias : aliases) aliases_.insert(lower_case(alias));
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
    // A CTE is seen by those after it and by the rest of its SELECT, a recursive one by its second part, too. Elsewhere the name
    // would be that of a system table.
    std::vector<std::string> names;
    auto see = [&](std::string_view name) {
      names.push_back(lower_case(name));
      ctes_.insert(names.back());
    };
    if (const auto* ctes = ctes_at(*object)) {
      for (const auto& entry : *ctes) {
        CHECK(walk(entry, depth + 1));
        see(text_at(entry.as_object(), "key"));
      }
    }
    const auto* repeated = text_at(*object, "type") == "RECURSIVE_CTE_NODE" ? object->if_contains("right") : nullptr;
    for (const auto& [key, item] : *object) {
      if (key != "cte_map" && &item != repeated) CHECK(walk(item, depth + 1));
    }
    if (repeated != nullptr) {
      see(text_at(*object, "cte_name"));
      CHECK(walk(*repeated, depth + 1));
    }
    for (const auto& name : names) ctes_.erase(ctes_.find(name));
    return {};
  }

  [[nodiscard]] GuardedSelect result() const { return {{used_.begin(), used_.end()}}; }

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

  std::set<std::string> aliases_, used_;
  std::multiset<std::string> ctes_;  // that are seen where the walk is
};

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
  CHECK(guard.walk(*node, 0));
  return guard.result();
}

}  // namespace weft
