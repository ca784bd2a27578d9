#include "mesh/element/define_view.h"

#include "mesh/element/origin.h"
#include "mesh/element/suspect_personal.h"
#include "mesh/lineage/rests_on.h"
#include "mesh/product/spread_personal.h"

namespace weft {

namespace {

// What the view reads, now; what may not be read and what would be a cycle goes to `complaints`.
Result<std::vector<ResolvedIngredient>> resolve_view(Tx& tx, const Context& context, const ElementPorts& ports, const ReadingDomain& reader,
                                                     const std::optional<ElementId>& self, const View& view,
                                                     std::vector<FieldError>& complaints) {
  auto ingredients = TRY(resolve_ingredients(tx, ports.ingredients, context.now, reader, view.ingredients, complaints));
  for (const auto& ingredient : ingredients) {
    if (!self || !TRY(rests_on(tx, {ports.elements, ports.ingredients.products}, ingredient, {std::nullopt, self}))) continue;
    const auto at = std::ranges::find(view.ingredients, ingredient.alias, &Ingredient::alias) - view.ingredients.begin();
    complaints.push_back({fmt::format("ingredients[{}].{}", at, ingredient.element ? "element" : "product"),
                          "reads this view itself: that would be a cycle"});
  }
  return ingredients;
}

Result<void> require_none(std::vector<FieldError> complaints) {
  if (complaints.empty()) return {};
  return fail(make_error(ErrorKind::Unprocessable, "view.invalid", "The view can't be saved.")
                  .with_hint("Mend each of the points under errors.")
                  .with_fields(std::move(complaints)));
}

// The columns that the SQL yields; nothing is said of what is personal.
Result<std::vector<ElementColumn>> check_view(const Context& context, const ElementPorts& ports, const ReadingDomain& reader,
                                              const std::optional<ElementId>& self, const View& view) {
  std::vector<FieldError> complaints;
  auto tx = TRY(ports.transactor.begin(TxMode::Read));
  const auto ingredients = TRY(resolve_view(*tx, context, ports, reader, self, view, complaints));
  tx.reset();  // no transaction is open while a worker works
  CHECK(require_none(std::move(complaints)));

  std::vector<IngredientSchema> schemas;
  std::map<std::string, std::size_t> column_counts;
  for (const auto& ingredient : ingredients) {
    IngredientSchema schema{ingredient.alias, {}};
    for (const auto& column : ingredient.columns) schema.columns.push_back({column.name, column.type});
    column_counts[schema.alias] = schema.columns.size();
    schemas.push_back(std::move(schema));
  }
  auto checked = ports.transformer.check(schemas, view.sql);
  if (!checked && (checked.error().kind == ErrorKind::Internal || checked.error().kind == ErrorKind::Unavailable))
    return fail(checked.error());
  if (!checked) CHECK(require_none({{"sql", checked.error().message}}));
  std::vector<ElementColumn> columns;
  for (std::size_t i = 0; i < checked->columns.size(); ++i) {
    ElementColumn column;
    column.name = checked->columns[i].name;
    column.type = column.native_type = checked->columns[i].type;
    auto lineage = kept_lineage(checked->lineage[i], column_counts);
    column.origins = std::move(lineage.origins);
    column.computed_from = std::move(lineage.computed_from);
    columns.push_back(std::move(column));
  }
  return columns;
}

// Looks again, in the transaction that saves: what was closed, tagged or made a cycle while the worker checked counts.
Result<void> settle_view(Tx& tx, const Context& context, const ElementPorts& ports, const std::optional<ElementId>& self,
                         Element& element) {
  CHECK(ports.elements.lock_lineage(tx));
  std::vector<FieldError> complaints;
  const auto ingredients = TRY(resolve_view(tx, context, ports, {element.domain, element.domain_path}, self, *element.view, complaints));
  CHECK(require_none(std::move(complaints)));
  for (const auto& ingredient : ingredients) {
    for (const auto& tag : tagged_columns(ingredient.alias, ingredient.columns, ingredient.held_tags)) {
      for (auto& column : element.columns) {
        if (!is_made_of(column.origins, tag.alias, tag.column)) continue;
        column.personal = Personal::Suspected;
        column.confidence = 90;
        column.personal_why = fmt::format("it is made of {}.{}, which is personal", tag.alias, tag.column);
      }
    }
  }
  return {};
}

// One that is open already is no obstacle: whatever commits later is made of the view as it then stands.
Result<void> queue_first_refresh(Tx& tx, const Context& context, const ElementPorts& ports, const Element& element) {
  if (TRY(ports.runs.find_open(tx, element.id.text()))) return {};
  Run run;
  run.id = RunId::make(context.now);
  run.kind = RunKind::RefreshElement;
  run.object = element.id.text();
  run.domain_path = element.domain_path;
  run.object_name = element.name;
  run.requested_by = OwnerName{context.who.id, context.who.name};
  run.created_at = context.now;
  return ports.runs.insert(tx, run);
}

// Now; a refresh that committed since the request came was of the old definition.
Result<Timestamp> after_its_data(Tx& tx, const Context& context, const ElementPorts& ports, const ElementId& id) {
  const auto snapshot = TRY(ports.elements.current_snapshot(tx, id));
  return snapshot ? std::max(context.now, Timestamp{snapshot->created_at.micros + 1}) : context.now;
}

Result<Domain> get_own_domain(Tx& tx, const Context& context, const ElementPorts& ports, const std::string& path) {
  auto domain = TRY(get_domain(tx, ports.domains, path));
  if (!context.who.owns(domain.path))
    return fail(ErrorKind::Denied, "domain.not_yours", fmt::format("Only owners of {} define views in it.", domain.path),
                "Ask one of its owners.");
  if (domain.state != DomainState::Active)
    return fail(ErrorKind::Conflict, "domain.archived", fmt::format("{} is archived.", domain.path), "Choose an active domain.");
  return domain;
}

}  // namespace

Result<Element> define_view(const Context& context, const ElementPorts& ports, const DefineView& input) {
  auto reading = TRY(ports.transactor.begin(TxMode::Read));
  const auto domain = TRY(get_own_domain(*reading, context, ports, input.domain));
  reading.reset();
  auto columns = TRY(check_view(context, ports, {domain.id, domain.path}, std::nullopt, input.view));

  auto writing = TRY(ports.transactor.begin(TxMode::Write));
  CHECK(get_own_domain(*writing, context, ports, input.domain));
  Element element;
  element.id = ElementId::make(context.now);
  element.domain = domain.id;
  element.domain_path = domain.path;
  element.name = input.name;
  element.title = input.title;
  element.description = input.description;
  element.category = Category::ValueAdded;
  element.columns = std::move(columns);
  element.view = input.view;
  element.view->defined_at = context.now;
  element.created_at = element.updated_at = context.now;
  CHECK(settle_view(*writing, context, ports, std::nullopt, element));
  CHECK(ports.elements.insert(*writing, element));
  CHECK(queue_first_refresh(*writing, context, ports, element));
  CHECK(ports.audit.append(*writing, context,
                           {"element.define_view", "element", element.id.text(), element.domain_path, nullptr, to_audit(element)}));
  CHECK(writing->commit());
  return element;
}

Result<Element> redefine_view(const Context& context, const ElementPorts& ports, const ElementId& id, std::int64_t expected_version,
                              const View& view) {
  auto reading = TRY(ports.transactor.begin(TxMode::Read));
  auto element = TRY(get_element(*reading, context.who, ports.elements, id));
  reading.reset();
  if (!element.view) return fail(ErrorKind::Conflict, "element.not_a_view", "The element is a table of a store; only views have SQL.");
  auto columns = TRY(check_view(context, ports, {element.domain, element.domain_path}, element.id, view));

  auto writing = TRY(ports.transactor.begin(TxMode::Write));
  element = TRY(get_element(*writing, context.who, ports.elements, id));
  if (element.version != expected_version) {
    return fail(ErrorKind::PreconditionFailed, "precondition.failed", "The view was changed by somebody else in between.",
                "Read it again and repeat the change.");
  }
  const auto before = to_audit(element);
  const auto known_columns = std::exchange(element.columns, std::move(columns));
  const auto known_view = std::exchange(element.view, view);
  const bool same_data = known_view->sql == view.sql && to_json(known_view->ingredients) == to_json(view.ingredients);
  element.view->defined_at = same_data ? known_view->defined_at : TRY(after_its_data(*writing, context, ports, element.id));
  CHECK(settle_view(*writing, context, ports, element.id, element));
  const PersonalPorts personal_ports{ports.elements, ports.ingredients.products};
  const auto held = TRY(inherited_tags(*writing, personal_ports, element));
  // What a person said of a column stays said while the column keeps its name, and is made of nothing of which it can't be said.
  for (auto& column : element.columns) {
    const auto known = std::ranges::find(known_columns, column.name, &ElementColumn::name);
    if (known == known_columns.end()) continue;
    column.description = known->description;
    // A person says that what is called so now is none.
    if (known->personal == Personal::Suspected && column.personal == Personal::No) {
      column.personal = Personal::Suspected;
      column.confidence = known->confidence;
      column.personal_why = "it was personal before the view was defined anew";
    }
    if (known->personal == Personal::Confirmed || (known->personal == Personal::Cleared && !held.contains(column.name)))
      column.personal = known->personal;
  }
  if (to_audit(element) == before) return element;
  element.updated_at = context.now;
  CHECK(ports.elements.update(*writing, element));
  ++element.version;
  CHECK(spread_personal(*writing, personal_ports, element, context.now));
  CHECK(queue_first_refresh(*writing, context, ports, element));
  CHECK(ports.audit.append(*writing, context,
                           {"element.redefine_view", "element", element.id.text(), element.domain_path, before, to_audit(element)}));
  CHECK(writing->commit());
  return element;
}

}  // namespace weft
