#include "mesh/element/element.h"

#include "mesh/element/port_reference.h"

namespace weft {

namespace {

constexpr std::size_t kMaxIngredients = 64;

// `domain.path/product/port`
bool is_port_reference(std::string_view text) {
  const auto first = text.find('/');
  if (first == std::string_view::npos || first == text.rfind('/')) return false;
  const auto [domain, product, port] = split_port_reference(text);
  return is_domain_path(domain) && is_name(product) && is_name(port);
}

}  // namespace

std::string_view to_text(Category category) {
  switch (category) {
    case Category::Foundational: return "foundational";
    case Category::ValueAdded: return "value-added";
    case Category::Aggregated: return "aggregated";
  }
  return "";
}

Result<Category> parse_category(std::string_view text) {
  for (auto category : {Category::Foundational, Category::ValueAdded, Category::Aggregated}) {
    if (to_text(category) == text) return category;
  }
  return fail(ErrorKind::Invalid, "element.unknown_category", fmt::format("There is no category '{}'.", text),
              "Categories are foundational, value-added and aggregated.");
}

std::string_view to_text(Personal personal) {
  switch (personal) {
    case Personal::No: return "no";
    case Personal::Suspected: return "suspected";
    case Personal::Confirmed: return "confirmed";
    case Personal::Cleared: return "cleared";
  }
  return "";
}

std::optional<Personal> parse_personal(std::string_view text) {
  for (auto personal : {Personal::No, Personal::Suspected, Personal::Confirmed, Personal::Cleared}) {
    if (to_text(personal) == text) return personal;
  }
  return std::nullopt;
}

json::array to_json(const std::vector<ElementColumn>& columns) {
  json::array list;
  for (const auto& column : columns) {
    json::object object{{"name", column.name},
                        {"type", column.type},
                        {"native_type", column.native_type},
                        {"description", column.description},
                        {"nullable", column.null == ElementColumn::Null::Allowed},
                        {"personal", to_text(column.personal)}};
    if (column.key_position) object["key_position"] = *column.key_position;
    if (const auto& to = column.references)
      object["references"] = json::object{{"schema", to->schema}, {"table", to->table}, {"column", to->column}};
    if (column.personal == Personal::Suspected) {
      object["confidence"] = column.confidence;
      object["personal_why"] = column.personal_why;
    }
    if (!column.formerly.empty()) object["formerly"] = json::array(column.formerly.begin(), column.formerly.end());
    if (!column.origins.empty()) object["origins"] = json::array(column.origins.begin(), column.origins.end());
    if (!column.computed_from.empty()) object["computed_from"] = json::array(column.computed_from.begin(), column.computed_from.end());
    list.push_back(std::move(object));
  }
  return list;
}

json::array to_json(const std::vector<Ingredient>& ingredients) {
  json::array list;
  for (const auto& ingredient : ingredients) {
    json::object item{{"alias", ingredient.alias}};
    if (ingredient.element) item["element"] = ingredient.element->text();
    if (ingredient.product) item["product"] = *ingredient.product;
    list.push_back(std::move(item));
  }
  return list;
}

std::vector<Ingredient> read_ingredients(Form& form, std::string_view field) {
  std::vector<Ingredient> ingredients;
  const auto* list = form.optional_array(field, kMaxIngredients);
  if (list == nullptr) return ingredients;
  for (std::size_t i = 0; i < list->size(); ++i) {
    Form nested((*list)[i], fmt::format("{}[{}]", field, i));
    Ingredient ingredient;
    ingredient.alias = nested.required_text("alias", {kMaxNameBytes});
    if (!ingredient.alias.empty() && !is_name(ingredient.alias)) nested.complain("alias", std::string(kNameRule));
    if (auto element = nested.optional_text("element", {64})) ingredient.element = ElementId(*element);
    ingredient.product = nested.optional_text("product", {800});
    if (ingredient.product && !is_port_reference(*ingredient.product))
      nested.complain("product", "must be domain/product/port, such as sales.emea/orders/orders");
    if (ingredient.element.has_value() == ingredient.product.has_value())
      nested.complain("element", "give either element (its id) or product (domain/product/port)");
    form.absorb(std::move(nested));
    ingredients.push_back(std::move(ingredient));
  }
  std::set<std::string> aliases;
  for (std::size_t i = 0; i < ingredients.size(); ++i) {
    if (!aliases.insert(ingredients[i].alias).second) form.complain(fmt::format("{}[{}].alias", field, i), "is there twice");
  }
  return ingredients;
}

json::object to_audit(const Element& element) {
  json::object object{{"domain", element.domain_path},
                      {"name", element.name},
                      {"title", element.title},
                      {"description", element.description},
                      {"category", to_text(element.category)},
                      {"columns", to_json(element.columns)}};
  if (element.mapping)
    object["mapping"] =
        json::object{{"store", element.mapping->store_name}, {"schema", element.mapping->schema}, {"table", element.mapping->table}};
  if (element.view)
    object["view"] = json::object{
        {"sql", element.view->sql}, {"ingredients", to_json(element.view->ingredients)}, {"rate", to_json(element.view->rate)}};
  return object;
}

}  // namespace weft
