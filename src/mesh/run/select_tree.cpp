#include "mesh/run/select_tree.h"

#include "base/ascii.h"

namespace weft {

namespace {

// Functions whose result is one of the values that they get, or holds some; beside those of lists, structs, maps and JSON.
const std::set<std::string_view> kHandingFunctions = {"any_value",     "approx_quantile",
                                                      "approx_top_k",  "arbitrary",
                                                      "arg_max",       "arg_min",
                                                      "argmax",        "argmin",
                                                      "coalesce",      "element_at",
                                                      "fill",          "first",
                                                      "first_value",   "flatten",
                                                      "from_json",     "greatest",
                                                      "histogram",     "ifnull",
                                                      "group_concat",  "lag",
                                                      "last",          "lead",
                                                      "last_value",    "least",
                                                      "list",          "listagg",
                                                      "map",           "max",
                                                      "max_by",        "median",
                                                      "min",           "min_by",
                                                      "mode",          "nth_value",
                                                      "nullif",        "quantile",
                                                      "row",           "json",
                                                      "string_agg",    "to_json",
                                                      "unnest",        "->",
                                                      "->>",           "row_to_json",
                                                      "quantile_disc", "quantile_cont",
                                                      "array_agg",     "mad"};
constexpr std::string_view kHandingFamilies[] = {"list_", "array_", "struct_", "map_", "json_", "union_"};
const std::set<std::string_view> kHandingOperators = {"OPERATOR_COALESCE", "OPERATOR_TRY",   "ARRAY_EXTRACT",
                                                      "ARRAY_SLICE",       "STRUCT_EXTRACT", "ARRAY_CONSTRUCTOR"};

bool is_handing_function(std::string_view name) {
  return kHandingFunctions.contains(name) ||
         std::ranges::any_of(kHandingFamilies, [&](std::string_view family) { return name.starts_with(family); });
}

// The tree without where in the text it stood.
void append_tree(const json::value& value, std::string& text) {
  if (const auto* array = value.if_array()) {
    text += '[';
    for (const auto& item : *array) append_tree(item, text);
    text += ']';
  } else if (const auto* object = value.if_object()) {
    text += '{';
    for (const auto& [key, item] : *object) {
      if (key == "query_location") continue;
      text += json::serialize(json::string(key));
      append_tree(item, text);
    }
    text += '}';
  } else {
    text += json::serialize(value);
    text += ',';
  }
}

}  // namespace

bool has_items(const json::object& object, std::string_view key) {
  const auto* list = object.if_contains(key);
  return list != nullptr && list->is_array() && !list->as_array().empty();
}

std::string tree_text(const json::value& value) {
  std::string text;
  append_tree(value, text);
  return text;
}

std::string tree_text_without(const json::object& object, const std::set<std::string_view>& left_out) {
  std::string text;
  for (const auto& [key, item] : object) {
    if (left_out.contains(key)) continue;
    text += json::serialize(json::string(key));
    append_tree(item, text);
  }
  return text;
}

std::string_view text_at(const json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  if (value == nullptr || !value->is_string()) return {};
  return {value->as_string().data(), value->as_string().size()};
}

const json::object* only_select(const json::value& tree) {
  const auto* statements = tree.is_object() ? tree.as_object().if_contains("statements") : nullptr;
  if (statements == nullptr || !statements->is_array() || statements->as_array().size() != 1) return nullptr;
  const auto& statement = statements->as_array()[0];
  const auto* node = statement.is_object() ? statement.as_object().if_contains("node") : nullptr;
  return node != nullptr ? node->if_object() : nullptr;
}

const json::array* ctes_at(const json::object& node) {
  const auto* map = node.if_contains("cte_map");
  const auto* entries = map != nullptr && map->is_object() ? map->as_object().if_contains("map") : nullptr;
  return entries != nullptr ? entries->if_array() : nullptr;
}

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

bool may_expand(const json::value& value) {
  if (const auto* array = value.if_array()) return std::ranges::any_of(*array, may_expand);
  const auto* object = value.if_object();
  if (object == nullptr) return false;
  if (text_at(*object, "class") == "STAR" || lower_case(text_at(*object, "function_name")) == "unnest") return true;
  return std::ranges::any_of(*object, [](const auto& member) { return may_expand(member.value()); });
}

}  // namespace weft
