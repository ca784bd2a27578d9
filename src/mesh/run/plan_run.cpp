#include "mesh/run/plan_run.h"

namespace weft {

namespace {

// An output may only be made if all that it is made of is known: its rights would be lost otherwise.
Error unknown_source(const std::string& port) {
  return make_error(ErrorKind::Conflict, "run.ingredient_unknown",
                    fmt::format("Port '{}' is made of something that is no ingredient of its product any more.", port))
      .with_hint("Publish the product again: that works out anew what it is made of.");
}

std::string relation_sql(const Port& port) { return port.sql ? *port.sql : fmt::format("SELECT * FROM \"{}\"", *port.ingredient); }

Result<void> plan_view(Tx& tx, const RunPorts& ports, const Run& run, RunPlan& plan) {
  plan.element = TRY(ports.ingredients.elements.find(tx, ElementId(run.object)));
  if (!plan.element || !plan.element->view)
    return fail(ErrorKind::NotFound, "element.not_found", "The element is gone, or no view any more.");
  plan.reader = {plan.element->domain, plan.element->domain_path};
  plan.wanted = plan.element->view->ingredients;
  plan.rate = plan.element->view->rate;
  plan.ingredients = TRY(resolve_for(tx, ports, plan));
  PlannedOutput output{{plan.element->name, plan.element->view->sql, {}, {}}, {}};
  for (const auto& column : plan.element->columns)
    output.port.columns.push_back({column.name, column.name, column.type, "", Personal::No, {}, {}});
  for (std::size_t i = 0; i < plan.ingredients.size(); ++i) output.made_of.push_back(i);
  plan.outputs.push_back(std::move(output));
  return {};
}

// By the names that its SQL reads: what is being published.
Result<std::vector<std::size_t>> made_of_aliases(const RunPlan& plan, const std::string& port) {
  std::vector<std::size_t> made_of;
  const auto reads = plan.publishable.reads.find(port);
  if (reads == plan.publishable.reads.end()) return made_of;
  for (const auto& alias : reads->second) {
    const auto ingredient = std::ranges::find(plan.ingredients, alias, &ResolvedIngredient::alias);
    if (ingredient == plan.ingredients.end()) return fail(unknown_source(port));
    made_of.push_back(static_cast<std::size_t>(ingredient - plan.ingredients.begin()));
  }
  return made_of;
}

// By what was published: what is refreshed.
Result<std::vector<std::size_t>> made_of_inputs(const RunPlan& plan, const std::vector<PortInput>& inputs, const std::string& port) {
  std::vector<std::size_t> made_of;
  for (const auto& input : inputs) {
    if (input.port != port) continue;
    bool found = false;
    for (std::size_t i = 0; i < plan.ingredients.size(); ++i) {
      const auto& each = plan.ingredients[i];
      if (each.element != input.element || each.product != input.source_product || each.product_port != input.source_port) continue;
      found = true;  // under each alias
      if (std::ranges::find(made_of, i) == made_of.end()) made_of.push_back(i);
    }
    if (!found) return fail(unknown_source(port));
  }
  return made_of;
}

Result<void> plan_product(Tx& tx, const RunPorts& ports, const Run& run, RunPlan& plan) {
  plan.product = TRY(ports.ingredients.products.find(tx, ProductId(run.object)));
  if (!plan.product || plan.product->state == ProductState::Retired)
    return fail(ErrorKind::NotFound, "product.not_found", "The product is gone or retired.");
  const bool publishing = run.kind == RunKind::Publish;
  if (publishing) {
    plan.publishable = TRY(parse_publishable(run.input));
  } else {
    plan.publishable.definition = *plan.product->published;
  }
  const auto& definition = plan.publishable.definition;
  plan.reader = {plan.product->domain, plan.product->domain_path};
  plan.wanted = definition.ingredients;
  plan.rate = definition.rate;
  plan.ingredients = TRY(resolve_for(tx, ports, plan));
  const auto inputs = publishing ? std::vector<PortInput>{} : TRY(ports.ingredients.products.inputs(tx, plan.product->id));
  for (const auto& port : definition.ports) {
    auto made_of = publishing ? TRY(made_of_aliases(plan, port.name)) : TRY(made_of_inputs(plan, inputs, port.name));
    plan.outputs.push_back({{port.name, relation_sql(port), port.columns, {}}, std::move(made_of)});
  }
  return {};
}

}  // namespace

Result<RunPlan> plan_run(Tx& tx, const RunPorts& ports, const Run& run) {
  RunPlan plan;
  plan.snapshot = SnapshotId::make(ports.clock.now());
  if (run.kind == RunKind::RefreshElement) {
    CHECK(plan_view(tx, ports, run, plan));
  } else {
    CHECK(plan_product(tx, ports, run, plan));
  }
  return plan;
}

Result<std::vector<ResolvedIngredient>> resolve_for(Tx& tx, const RunPorts& ports, const RunPlan& plan) {
  std::vector<FieldError> complaints;
  auto resolved = TRY(resolve_ingredients(tx, ports.ingredients, ports.clock.now(), plan.reader, plan.wanted, complaints));
  if (complaints.empty()) return resolved;
  std::string text;
  for (const auto& complaint : complaints) text += fmt::format("{}{}: {}", text.empty() ? "" : "; ", complaint.field, complaint.message);
  return fail(ErrorKind::Conflict, "run.ingredient_missing", text,
              "What was in service stays so, but for what rests on a grant that has ended: that opens when the grant is renewed and it "
              "is refreshed.");
}

std::vector<SourceRight> rights_of(const RunPlan& plan, const PlannedOutput& output) {
  std::vector<SourceRight> rights;
  for (const auto ingredient : output.made_of) add_rights(rights, plan.ingredients.at(ingredient).rights);
  return rights;
}

std::optional<Provenance> provenance_of(const RunPorts& ports, const RunPlan& plan, const PlannedOutput& output,
                                        const AssembledFile& made) {
  std::vector<ReadRelation> relations;
  for (const auto position : output.made_of) {
    const auto& ingredient = plan.ingredients.at(position);
    if (!ingredient.provenance) return std::nullopt;
    relations.push_back({ingredient.alias, &*ingredient.provenance});
  }
  std::vector<MadeColumn> columns;
  for (std::size_t i = 0; i < output.port.columns.size() && i < made.traced.size(); ++i) {
    const auto& column = output.port.columns[i];
    columns.push_back({column.name, column.type, column.source, made.traced[i]});
  }
  return made_provenance(columns, relations, ports.fingerprint);
}

std::vector<PortInput> inputs_of(const RunPlan& plan) {
  std::vector<PortInput> inputs;
  for (const auto& output : plan.outputs) {
    for (const auto position : output.made_of) {
      const auto& ingredient = plan.ingredients.at(position);
      inputs.push_back({output.port.name, ingredient.element, ingredient.product, ingredient.product_port});
    }
  }
  return inputs;
}

}  // namespace weft
