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
  Lineage lineage;
  Personal personal = Personal::No;
  std::optional<TaggedColumn> held;  // a tag that the port can't clear
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

// A column is as personal as the most personal one that it may be made of. What was cleared there says nothing here: only
// the port's owner clears his column, and what is confirmed later must reach it.
void inherit_personal(RelationColumn& column, const std::vector<TaggedColumn>& tagged) {
  for (const auto& tag : tagged) {
    if (!is_made_of(column.lineage.origins, tag.alias, tag.column)) continue;
    column.personal = stronger(column.personal, tag.personal);
    if (hold_in(column.lineage, tag.hold, tag.alias, tag.column) == Hold::None) continue;
    if (!column.held || tag.personal == Personal::Confirmed) column.held = tag;
  }
}

// A table that the SQL reads is unknown because its ingredient is complained about already.
bool is_known_of(const Error& error, const std::vector<Ingredient>& wanted, const std::vector<ResolvedIngredient>& ingredients) {
  return error.id == "sql.unknown_table" && std::ranges::any_of(wanted, [&](const Ingredient& ingredient) {
           return find_ingredient(ingredients, ingredient.alias) == nullptr &&
                  error.message.contains(fmt::format("'{}'", ingredient.alias));
         });
}

Result<std::vector<RelationColumn>> relation_of(const ProductDefinition& definition, const Port& port, const std::string& at,
                                                const std::vector<ResolvedIngredient>& ingredients, Transformer& transformer,
                                                std::vector<std::string>& reads, std::vector<FieldError>& violations) {
  std::vector<RelationColumn> relation;
  std::vector<TaggedColumn> tagged;
  for (const auto& ingredient : ingredients)
    std::ranges::move(tagged_columns(ingredient.alias, ingredient.columns, ingredient.held_tags), std::back_inserter(tagged));
  if (port.ingredient) {
    const auto* ingredient = find_ingredient(ingredients, *port.ingredient);
    if (ingredient == nullptr) return relation;  // its own complaint stands already
    reads = {ingredient->alias};
    for (const auto& column : ingredient->columns) {
      const Lineage as_it_is{{fmt::format("{}.{}", ingredient->alias, column.name)}, {}};
      relation.push_back({column.name, column.type, column.description, as_it_is, Personal::No, std::nullopt});
      inherit_personal(relation.back(), tagged);
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
    if (!is_known_of(checked.error(), definition.ingredients, ingredients)) violations.push_back({at + ".sql", checked.error().message});
    return relation;
  }
  reads = checked->aliases;
  for (std::size_t i = 0; i < checked->columns.size(); ++i) {
    relation.push_back({checked->columns[i].name, checked->columns[i].type, "", checked->lineage[i], Personal::No, std::nullopt});
    inherit_personal(relation.back(), tagged);
  }
  return relation;
}

std::string clearing_complaint(const Port& port, std::string_view column, const TaggedColumn& held) {
  auto text = fmt::format("'{}' is personal ({}) where it comes from, {}.{}; it can be cleared only there", column, to_text(held.personal),
                          held.alias, held.column);
  // Where the SQL is more than a plain SELECT, nobody knows what becomes of which column.
  if (port.sql && held.hold == Hold::WhereHandedOn)
    text +=
        ". If none of its values is handed on, make it without a subquery in an expression, a lambda or PIVOT, or read a view that leaves "
        "it out";
  return text;
}

void choose_columns(Port& port, const std::string& at, const std::vector<RelationColumn>& relation,
                    const std::vector<ResolvedIngredient>& ingredients, std::vector<FieldError>& violations) {
  if (relation.empty()) return;
  if (port.columns.empty()) {
    for (const auto& column : relation) port.columns.push_back({column.name, column.name, "", "", Personal::No, {}, {}});
    complain_of_twins(port, at, violations);  // of those that the owner chose, publishing_violations() complains
  }
  std::map<std::string, std::size_t> column_counts;
  for (const auto& ingredient : ingredients) column_counts[ingredient.alias] = ingredient.columns.size();
  for (std::size_t i = 0; i < port.columns.size(); ++i) {
    auto& column = port.columns[i];
    const auto field = fmt::format("{}.columns[{}]", at, i);
    auto source = std::ranges::find(relation, column.source, &RelationColumn::name);
    if (source == relation.end()) {
      violations.push_back({field + ".source", fmt::format("there is no column '{}'", column.source)});
      continue;
    }
    column.type = source->type;
    auto lineage = kept_lineage(source->lineage, column_counts);
    column.origins = std::move(lineage.origins);
    column.computed_from = std::move(lineage.computed_from);
    if (column.description.empty()) column.description = shorten(source->description, kMaxDescriptionBytes);
    if (column.personal != Personal::Cleared) {
      column.personal = stronger(column.personal, source->personal);
    } else if (source->held) {
      violations.push_back({field + ".personal", clearing_complaint(port, column.name, *source->held)});
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
    const auto relation = TRY(relation_of(definition, port, at, ingredients, transformer, reads, violations));
    choose_columns(port, at, relation, ingredients, violations);
  }
  // What could not be read back must not be stored: a column that a store named with blanks, a table of 2000 columns.
  if (auto readable = parse_product_definition(to_json(definition)); !readable && violations.empty()) violations = readable.error().fields;
  publishable.definition = std::move(definition);
  return publishable;
}

Result<void> require_publishable(const Product& product) {
  if (product.state == ProductState::Retired)
    return fail(ErrorKind::Conflict, "product.retired", "The product is retired and can't be published again.", "Make a new product.");
  if (product.state == ProductState::Deprecated) {
    return fail(ErrorKind::Conflict, "product.deprecated", "The product is deprecated and gets no new versions.",
                "Reinstate it first: POST /api/v1/products/{id}/reinstate, or weft products reinstate.");
  }
  return {};
}

Result<Run> publish_product(const Context& context, const ProductPorts& ports, const ProductId& id) {
  auto reading = TRY(ports.transactor.begin(TxMode::Read));
  const auto product = TRY(get_own_product(*reading, context.who, ports.products, id));
  CHECK(require_publishable(product));
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
