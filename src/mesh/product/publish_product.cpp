#include "mesh/product/publish_product.h"

#include "base/utf8.h"
#include "mesh/element/origin.h"
#include "mesh/lineage/rests_on.h"
#include "mesh/product/edit_product.h"

namespace weft {

namespace {

// What a port is made of before columns are chosen.
struct RelationColumn {
  std::string name, type, description;
  Personal personal = Personal::No;
  std::vector<std::string> origins;  // `alias.column`
  enum class Clearing { Allowed, Refused } clearing = Clearing::Allowed;
};

const ResolvedIngredient* find_ingredient(const std::vector<ResolvedIngredient>& ingredients, std::string_view alias) {
  auto found = std::ranges::find(ingredients, alias, &ResolvedIngredient::alias);
  return found == ingredients.end() ? nullptr : &*found;
}

Personal stronger(Personal left, Personal right) {
  auto rank = [](Personal personal) {
    switch (personal) {
      case Personal::Confirmed: return 3;
      case Personal::Suspected: return 2;
      case Personal::Cleared: return 1;
      case Personal::No: break;
    }
    return 0;
  };
  return rank(left) >= rank(right) ? left : right;
}

bool is_foreign(const ResolvedIngredient& ingredient) { return ingredient.product && ingredient.rights.front().subscription; }

// A column is as personal as the most personal one that it may be made of. What another domain tagged, only that one clears; what was
// confirmed of a column is not unsaid where it goes out as it is.
void inherit_personal(RelationColumn& column, const Port& port, const std::vector<ResolvedIngredient>& ingredients) {
  for (const auto& origin : column.origins) {
    const auto dot = origin.find('.');
    const auto* ingredient = find_ingredient(ingredients, origin.substr(0, dot));
    if (ingredient == nullptr) continue;
    auto source = std::ranges::find(ingredient->columns, origin.substr(dot + 1), &PortColumn::name);
    if (source == ingredient->columns.end()) continue;
    column.personal = stronger(column.personal, source->personal);
    const bool fixed = is_foreign(*ingredient) || ingredient->tagged_by_others.contains(source->name) ||
                       (port.ingredient && source->personal == Personal::Confirmed);
    if (fixed && is_personal(source->personal)) column.clearing = RelationColumn::Clearing::Refused;
  }
}

Result<std::vector<RelationColumn>> relation_of(const Port& port, const std::string& at, const std::vector<ResolvedIngredient>& ingredients,
                                                Transformer& transformer, std::vector<std::string>& reads,
                                                std::vector<FieldError>& violations) {
  std::vector<RelationColumn> relation;
  if (port.ingredient) {
    const auto* ingredient = find_ingredient(ingredients, *port.ingredient);
    if (ingredient == nullptr) return relation;  // its own complaint stands already
    reads = {ingredient->alias};
    for (const auto& column : ingredient->columns) {
      relation.push_back(
          {column.name, column.type, column.description, Personal::No, {fmt::format("{}.{}", ingredient->alias, column.name)}});
      inherit_personal(relation.back(), port, ingredients);
    }
    return relation;
  }
  std::vector<IngredientSchema> schemas;
  for (const auto& ingredient : ingredients) {
    IngredientSchema schema{ingredient.alias, {}};
    for (const auto& column : ingredient.columns) schema.columns.push_back({column.name, column.type});
    schemas.push_back(std::move(schema));
  }
  auto checked = transformer.check(schemas, *port.sql);
  if (!checked) {
    if (checked.error().kind == ErrorKind::Internal || checked.error().kind == ErrorKind::Unavailable) return fail(checked.error());
    violations.push_back({at + ".sql", checked.error().message});
    return relation;
  }
  reads = checked->aliases;
  for (std::size_t i = 0; i < checked->columns.size(); ++i) {
    relation.push_back({checked->columns[i].name, checked->columns[i].type, "", Personal::No, checked->lineage[i]});
    inherit_personal(relation.back(), port, ingredients);
  }
  return relation;
}

void choose_columns(Port& port, const std::string& at, const std::vector<RelationColumn>& relation,
                    const std::vector<ResolvedIngredient>& ingredients, std::vector<FieldError>& violations) {
  if (relation.empty()) return;
  if (port.columns.empty()) {
    for (const auto& column : relation) port.columns.push_back({column.name, column.name, "", "", Personal::No, {}});
  }
  std::set<std::string> names;  // DuckDB and most tools compare names without case
  for (std::size_t i = 0; i < port.columns.size(); ++i) {
    auto& column = port.columns[i];
    const auto field = fmt::format("{}.columns[{}]", at, i);
    auto source = std::ranges::find(relation, column.source, &RelationColumn::name);
    if (source == relation.end()) {
      violations.push_back({field + ".source", fmt::format("there is no column '{}'", column.source)});
      continue;
    }
    std::string lower = column.name;
    std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    if (!names.insert(lower).second)
      violations.push_back({field + ".name", fmt::format("'{}' is there twice (case does not count)", column.name)});
    column.type = source->type;
    column.origins = source->origins;
    for (const auto& ingredient : ingredients)
      column.origins = fold_origins(std::move(column.origins), ingredient.alias, ingredient.columns.size());
    column.origins = kept_origins(std::move(column.origins));
    if (column.description.empty()) column.description = shorten(source->description, kMaxDescriptionBytes);
    if (column.personal != Personal::Cleared) {
      column.personal = stronger(column.personal, source->personal);
    } else if (source->clearing == RelationColumn::Clearing::Refused) {
      violations.push_back({field + ".personal", fmt::format("'{}' is personal ({}) where it comes from; it can be cleared only there",
                                                             column.name, to_text(source->personal))});
    }
    if (port.sample == PublicSample::Real && is_personal(column.personal)) {
      violations.push_back(
          {at + ".sample", fmt::format("must not be real: the column '{}' is personal ({}); choose masked or none, or leave the column out",
                                       column.name, to_text(column.personal))});
    }
  }
}

}  // namespace

json::object to_json(const PublishableDefinition& publishable) {
  json::object reads;
  for (const auto& [port, aliases] : publishable.reads) reads[port] = json::array(aliases.begin(), aliases.end());
  return json::object{{"definition", to_json(publishable.definition)}, {"reads", std::move(reads)}};
}

Result<PublishableDefinition> parse_publishable(const json::value& value) {
  PublishableDefinition publishable;
  publishable.definition = TRY(parse_product_definition(value.at("definition")));
  for (const auto& [port, aliases] : value.at("reads").as_object()) {
    for (const auto& alias : aliases.as_array()) publishable.reads[port].emplace_back(alias.as_string());
  }
  return publishable;
}

Result<PublishableDefinition> complete_definition(ProductDefinition definition, const std::vector<ResolvedIngredient>& ingredients,
                                                  Transformer& transformer, std::vector<FieldError>& violations) {
  PublishableDefinition publishable;
  for (std::size_t i = 0; i < definition.ports.size(); ++i) {
    auto& port = definition.ports[i];
    const auto at = fmt::format("ports[{}]", i);
    auto& reads = publishable.reads[port.name];
    const auto relation = TRY(relation_of(port, at, ingredients, transformer, reads, violations));
    choose_columns(port, at, relation, ingredients, violations);
  }
  // What could not be read back must not be stored: a column that a store named with blanks, a table of 2000 columns.
  if (auto readable = parse_product_definition(to_json(definition)); !readable && violations.empty()) violations = readable.error().fields;
  publishable.definition = std::move(definition);
  return publishable;
}

Result<Run> publish_product(const Context& context, const ProductPorts& ports, const ProductId& id) {
  auto reading = TRY(ports.transactor.begin(TxMode::Read));
  const auto product = TRY(get_own_product(*reading, context.who, ports.products, id));
  if (product.state == ProductState::Retired) {
    return fail(ErrorKind::Conflict, "product.retired", "The product is retired and can't be published again.", "Make a new product.");
  }
  auto violations = publishing_violations(product.draft);
  const auto ingredients = TRY(resolve_ingredients(*reading, ports.ingredients, context.now, {product.domain, product.domain_path},
                                                   product.draft.ingredients, violations));
  for (const auto& ingredient : ingredients) {
    if (!TRY(rests_on(*reading, {ports.ingredients.elements, ports.products}, ingredient, {product.id, std::nullopt}))) continue;
    const auto& all = product.draft.ingredients;
    violations.push_back({fmt::format("ingredients[{}]", std::ranges::find(all, ingredient.alias, &Ingredient::alias) - all.begin()),
                          "rests on this product itself: that would be a cycle"});
  }
  reading.reset();  // no transaction is open while a worker works
  const auto publishable = TRY(complete_definition(product.draft, ingredients, ports.transformer, violations));
  if (!violations.empty()) {
    return fail(make_error(ErrorKind::Unprocessable, "product.not_publishable",
                           fmt::format("The product can't be published: {} {} open.", violations.size(),
                                       violations.size() == 1 ? "point is" : "points are"))
                    .with_hint("Mend each of the points under errors, then publish again.")
                    .with_fields(std::move(violations)));
  }

  Run run;
  run.id = RunId::make(context.now);
  run.kind = RunKind::Publish;
  run.object = product.id.text();
  run.domain_path = product.domain_path;
  run.object_name = product.name;
  run.requested_by = OwnerName{context.who.id, context.who.name};
  run.input = to_json(publishable);
  run.created_at = context.now;
  CHECK(transact(ports.transactor, [&](Tx& tx) -> Result<void> {
    if (TRY(get_own_product(tx, context.who, ports.products, id)).version != product.version) {
      return fail(ErrorKind::Conflict, "product.changed", "The product was changed while it was checked.", "Publish again.");
    }
    return ports.runs.insert(tx, run);
  }));
  ports.wake_runs();
  return run;
}

}  // namespace weft
