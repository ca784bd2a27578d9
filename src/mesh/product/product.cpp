#include "mesh/product/product.h"

#include "base/ascii.h"
#include "mesh/element/origin.h"

namespace weft {

namespace {

constexpr std::size_t kMaxSqlBytes = 64 * 1024;
constexpr std::size_t kMaxPorts = 32;
constexpr std::size_t kMaxColumns = 1000;
constexpr std::size_t kMaxOriginBytes = 8192;
constexpr std::size_t kMaxColumnNameBytes = 255;

json::value optional_text_value(const std::optional<std::string>& text) { return text ? json::value(*text) : json::value(nullptr); }

PortColumn parse_column(const json::value& value, const std::string& path, Form& parent) {
  Form form(value, path);
  PortColumn column;
  column.source = form.required_text("source", {kMaxColumnNameBytes});
  column.name = form.optional_text("name", {kMaxColumnNameBytes}).value_or(column.source);
  column.type = form.optional_text("type", {kMaxSqlBytes, Form::Blank::OnlyEmpty}).value_or("");
  column.description = form.optional_text("description", {kMaxDescriptionBytes, Form::Blank::OnlyEmpty}).value_or("");
  if (auto personal = form.optional_text("personal", {16})) {
    if (auto parsed = parse_personal(*personal)) {
      column.personal = *parsed;
    } else {
      form.complain("personal", "must be no, suspected, confirmed or cleared");
    }
  }
  column.origins = form.optional_text_list("origins", kMaxOrigins, {kMaxOriginBytes, Form::Blank::Allowed});
  column.computed_from = form.optional_text_list("computed_from", kMaxOrigins, {kMaxOriginBytes, Form::Blank::Allowed});
  parent.absorb(std::move(form));
  return column;
}

Port parse_port(const json::value& value, const std::string& path, Form& parent) {
  Form form(value, path);
  Port port;
  port.name = form.required_text("name", {kMaxNameBytes});
  if (!port.name.empty() && !is_name(port.name)) form.complain("name", std::string(kNameRule));
  port.title = form.optional_text("title", {kMaxTitleBytes, Form::Blank::OnlyEmpty}).value_or("");
  port.description = form.optional_text("description", {kMaxDescriptionBytes, Form::Blank::OnlyEmpty}).value_or("");
  port.ingredient = form.optional_text("ingredient", {kMaxNameBytes, Form::Blank::Refused, Form::Null::None});
  port.sql = form.optional_text("sql", {kMaxSqlBytes, Form::Blank::Refused, Form::Null::None});
  if (port.ingredient.has_value() == port.sql.has_value()) {
    form.complain("ingredient", "give either ingredient (its alias, taken as it is) or sql (a SELECT over the aliases)");
  }
  if (const auto* columns = form.optional_array("columns", kMaxColumns)) {
    for (std::size_t i = 0; i < columns->size(); ++i) {
      port.columns.push_back(parse_column((*columns)[i], fmt::format("{}.columns[{}]", path, i), form));
    }
  }
  const auto sample = form.optional_text("sample", {16}).value_or("masked");
  if (auto parsed = parse_public_sample(sample)) {
    port.sample = *parsed;
  } else {
    form.complain("sample", "must be none, masked or real");
  }
  parent.absorb(std::move(form));
  return port;
}

}  // namespace

std::string_view to_text(ProductState state) {
  switch (state) {
    case ProductState::Draft: return "draft";
    case ProductState::Published: return "published";
    case ProductState::Deprecated: return "deprecated";
    case ProductState::Retired: return "retired";
  }
  return "";
}

Result<ProductState> parse_product_state(std::string_view text) {
  for (auto state : {ProductState::Draft, ProductState::Published, ProductState::Deprecated, ProductState::Retired}) {
    if (to_text(state) == text) return state;
  }
  return fail(ErrorKind::Invalid, "product.unknown_state", fmt::format("There is no state '{}'.", text),
              "States are draft, published, deprecated and retired.");
}

std::string_view to_text(PublicSample sample) {
  switch (sample) {
    case PublicSample::None: return "none";
    case PublicSample::Masked: return "masked";
    case PublicSample::Real: return "real";
  }
  return "";
}

std::optional<PublicSample> parse_public_sample(std::string_view text) {
  for (auto sample : {PublicSample::None, PublicSample::Masked, PublicSample::Real}) {
    if (to_text(sample) == text) return sample;
  }
  return std::nullopt;
}

json::object to_json(const ProductDefinition& definition) {
  json::array ports;
  for (const auto& port : definition.ports) {
    json::array columns;
    for (const auto& column : port.columns) {
      json::object object{{"source", column.source},
                          {"name", column.name},
                          {"type", column.type},
                          {"description", column.description},
                          {"personal", to_text(column.personal)}};
      if (!column.origins.empty()) object["origins"] = json::array(column.origins.begin(), column.origins.end());
      if (!column.computed_from.empty()) object["computed_from"] = json::array(column.computed_from.begin(), column.computed_from.end());
      columns.push_back(std::move(object));
    }
    ports.push_back(json::object{{"name", port.name},
                                 {"title", port.title},
                                 {"description", port.description},
                                 {"ingredient", optional_text_value(port.ingredient)},
                                 {"sql", optional_text_value(port.sql)},
                                 {"columns", std::move(columns)},
                                 {"sample", to_text(port.sample)}});
  }
  return json::object{{"title", definition.title},
                      {"description", definition.description},
                      {"tags", json::array(definition.tags.begin(), definition.tags.end())},
                      {"ingredients", to_json(definition.ingredients)},
                      {"ports", std::move(ports)},
                      {"rate", to_json(definition.rate)}};
}

ProductDefinition read_product_definition(Form& form) {
  ProductDefinition definition;
  definition.title = form.optional_text("title", {kMaxTitleBytes, Form::Blank::OnlyEmpty}).value_or("");
  definition.description = form.optional_text("description", {kMaxDescriptionBytes, Form::Blank::OnlyEmpty}).value_or("");
  definition.tags = form.optional_text_list("tags", kMaxTags, {kMaxNameBytes});
  definition.ingredients = read_ingredients(form, "ingredients");
  if (const auto* ports = form.optional_array("ports", kMaxPorts)) {
    for (std::size_t i = 0; i < ports->size(); ++i) definition.ports.push_back(parse_port((*ports)[i], fmt::format("ports[{}]", i), form));
  }
  std::set<std::string> names;
  for (std::size_t i = 0; i < definition.ports.size(); ++i) {
    if (!names.insert(definition.ports[i].name).second) form.complain(fmt::format("ports[{}].name", i), "is there twice");
  }
  definition.rate = read_rate(form, "rate");
  return definition;
}

Result<ProductDefinition> parse_product_definition(const json::value& value) {
  Form form(value);
  auto definition = read_product_definition(form);
  CHECK(form.finish());
  return definition;
}

void complain_of_twins(const Port& port, std::string_view at, std::vector<FieldError>& violations) {
  std::set<std::string> names;
  for (std::size_t i = 0; i < port.columns.size(); ++i) {
    if (names.insert(lower_case(port.columns[i].name)).second) continue;
    violations.push_back({fmt::format("{}.columns[{}].name", at, i),
                          fmt::format("'{}' is there twice (case does not count); give one of them another name", port.columns[i].name)});
  }
}

json::object to_audit(const Product& product) {
  return json::object{{"domain", product.domain_path},
                      {"name", product.name},
                      {"state", to_text(product.state)},
                      {"published_version", product.published_version},
                      {"draft", to_json(product.draft)}};
}

std::vector<FieldError> publishing_violations(const ProductDefinition& definition) {
  std::vector<FieldError> violations;
  if (definition.title.empty()) violations.push_back({"title", "is missing: readers find the product by it"});
  if (definition.description.empty())
    violations.push_back({"description", "is missing: say what one row is, where it comes from, what it is good for"});
  if (definition.ports.empty()) violations.push_back({"ports", "there is no output port"});
  std::set<std::string> aliases;
  for (const auto& ingredient : definition.ingredients) aliases.insert(ingredient.alias);
  for (std::size_t i = 0; i < definition.ports.size(); ++i) {
    const auto& port = definition.ports[i];
    const auto at = fmt::format("ports[{}]", i);
    if (port.ingredient && !aliases.contains(*port.ingredient))
      violations.push_back({at + ".ingredient", fmt::format("'{}' is not among the ingredients", *port.ingredient)});
    complain_of_twins(port, at, violations);
  }
  return violations;
}

}  // namespace weft
