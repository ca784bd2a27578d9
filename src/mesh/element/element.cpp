#include "mesh/element/element.h"

namespace weft {

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
    json::object object{{"name", column.name}, {"type", column.type}, {"native_type", column.native_type}, {"description", column.description},
                        {"nullable", column.null == ElementColumn::Null::Allowed}, {"personal", to_text(column.personal)}};
    if (column.key_position) object["key_position"] = *column.key_position;
    if (column.personal == Personal::Suspected) {
      object["confidence"] = column.confidence;
      object["personal_why"] = column.personal_why;
    }
    list.push_back(std::move(object));
  }
  return list;
}

json::object to_audit(const Element& element) {
  json::object object{{"domain", element.domain_path}, {"name", element.name}, {"title", element.title}, {"description", element.description},
                      {"category", to_text(element.category)}, {"columns", to_json(element.columns)}};
  if (element.mapping) object["mapping"] = json::object{{"store", element.mapping->store_name}, {"schema", element.mapping->schema}, {"table", element.mapping->table}};
  if (element.view) object["view"] = json::object{{"sql", element.view->sql}, {"rate", to_json(element.view->rate)}};
  return object;
}

}  // namespace weft
