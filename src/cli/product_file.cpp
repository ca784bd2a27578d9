#include "cli/product_file.h"

#include "base/name.h"
#include "mesh/product/product.h"
#include "platform/yaml/yaml_json.h"

namespace weft {

namespace {

// `- flights` is short for `- {element: flights}`, `- a.b/p/port` for `- {product: …}`; an alias is the element's or the
// port's name where nothing else is said.
json::value expanded_ingredient(json::value ingredient) {
  if (ingredient.is_string()) {
    const std::string text(ingredient.get_string());
    const bool is_port = std::ranges::count(text, '/') == 2;
    ingredient = json::object{{is_port ? "product" : "element", text}};
  }
  auto* object = ingredient.if_object();
  if (object == nullptr || object->contains("alias")) return ingredient;
  for (const auto* field : {"element", "product"}) {
    const auto* source = object->if_contains(field);
    if (source == nullptr || !source->is_string()) continue;
    const std::string text(source->get_string());
    object->emplace("alias", text.substr(text.rfind('/') + 1));
    break;
  }
  return ingredient;
}

// `- carrier` is short for `- {source: carrier}`.
void expand_columns(json::object& definition) {
  auto* ports = definition.if_contains("ports");
  if (ports == nullptr || !ports->is_array()) return;
  for (auto& port : ports->get_array()) {
    auto* columns = port.is_object() ? port.get_object().if_contains("columns") : nullptr;
    if (columns == nullptr || !columns->is_array()) continue;
    for (auto& column : columns->get_array()) {
      if (column.is_string()) column = json::object{{"source", column}};
    }
  }
}

void expand_ingredients(json::object& object) {
  auto* ingredients = object.if_contains("ingredients");
  if (ingredients == nullptr || !ingredients->is_array()) return;
  for (auto& ingredient : ingredients->get_array()) ingredient = expanded_ingredient(std::move(ingredient));
}

}  // namespace

Result<ProductFile> parse_product_file(std::string name, std::string text) {
  ProductFile file{std::move(name), std::move(text), {}, {}, {}, {}};
  auto value = parse_yaml(file.text);
  if (!value) {
    auto error = value.error();
    error.message = fmt::format("{}: {}", file.name, error.message);
    return fail(std::move(error));
  }
  if (!value->is_object()) {
    return fail(ErrorKind::Invalid, "product_file.invalid", fmt::format("{} describes no product.", file.name),
                "It begins with domain: and name:; `weft products publish --help` shows an example.");
  }
  file.definition = std::move(value->get_object());
  std::vector<FieldError> complaints;
  for (auto [field, place] : {std::pair{"domain", &file.domain}, std::pair{"name", &file.product}}) {
    if (const auto* given = file.definition.if_contains(field); given != nullptr && given->is_string()) *place = given->get_string();
    file.definition.erase(field);
  }
  if (!is_domain_path(file.domain)) complaints.push_back({"domain", "must be the path of a domain, such as sales.emea"});
  if (!is_name(file.product)) complaints.push_back({"name", std::string(kNameRule)});
  if (auto* elements = file.definition.if_contains("elements")) {
    if (elements->is_array()) {
      file.elements = std::move(elements->get_array());
    } else if (!elements->is_null()) {
      complaints.push_back({"elements", "must be a list"});
    }
    file.definition.erase("elements");
  }
  for (std::size_t i = 0; i < file.elements.size(); ++i) {
    if (file.elements[i].is_object()) {
      expand_ingredients(file.elements[i].get_object());
    } else {
      complaints.push_back({fmt::format("elements[{}]", i), "must have a name, and either store and table or sql"});
    }
  }
  expand_ingredients(file.definition);
  expand_columns(file.definition);
  if (!complaints.empty()) {
    // With it, all else that can be said without a server.
    const auto parsed = parse_product_definition(file.definition);
    const auto more = parsed ? publishing_violations(*parsed) : parsed.error().fields;
    complaints.insert(complaints.end(), more.begin(), more.end());
    auto error = make_error(ErrorKind::Invalid, "product_file.invalid", fmt::format("{} describes no product.", file.name));
    error.fields = std::move(complaints);
    return fail(with_places(file, std::move(error)));
  }
  return file;
}

Error with_places(const ProductFile& file, Error error) {
  for (auto& field : error.fields) {
    const auto line = find_yaml_line(file.text, field.field);
    field.field = line ? fmt::format("{}:{}: {}", file.name, *line, field.field) : fmt::format("{}: {}", file.name, field.field);
  }
  return error;
}

}  // namespace weft
