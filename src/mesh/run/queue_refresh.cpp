#include "mesh/run/queue_refresh.h"

#include "mesh/element/element_ports.h"
#include "mesh/product/product_ports.h"

namespace weft {

namespace {

struct Target {
  std::string domain_path, name;
};

Result<Target> find_view(Tx& tx, const RunPorts& ports, const Principal& who, const ElementId& id) {
  const auto element = TRY(get_element(tx, who, ports.ingredients.elements, id));
  if (element.view) return Target{element.domain_path, element.name};
  return fail(ErrorKind::Conflict, "element.not_refreshable",
              fmt::format("{} is no view: a table of a store is read where it is, nothing of it is kept.", element.name),
              "Refresh the views and products that read it.");
}

Result<Target> find_published(Tx& tx, const RunPorts& ports, const Principal& who, const ProductId& id) {
  const auto product = TRY(get_product(tx, who, ports.ingredients.products, id));
  if (!who.keeps(product.domain_path))
    return fail(ErrorKind::Denied, "product.not_yours", fmt::format("Only owners of {} refresh it.", product.domain_path));
  if (product.visible_to_all()) return Target{product.domain_path, product.name};
  if (product.state == ProductState::Retired)
    return fail(ErrorKind::Conflict, "product.retired", fmt::format("{} is retired: nobody reads it any more.", product.name),
                "Make a new product.");
  return fail(ErrorKind::Conflict, "product.not_published", fmt::format("{} has not been published yet.", product.name),
              "Publish it: that takes its first snapshot.");
}

// What a rate is for; nullopt where there is nothing to refresh any more.
Result<std::optional<Target>> find_due(Tx& tx, const RunPorts& ports, RunKind kind, std::string_view object) {
  if (kind == RunKind::RefreshElement) {
    auto element = TRY(ports.ingredients.elements.find(tx, ElementId(std::string(object))));
    if (!element || !element->view) return std::nullopt;
    return Target{element->domain_path, element->name};
  }
  auto product = TRY(ports.ingredients.products.find(tx, ProductId(std::string(object))));
  if (!product || !product->visible_to_all()) return std::nullopt;
  return Target{product->domain_path, product->name};
}

Run make_run(RunKind kind, std::string_view object, const Target& target, Timestamp now) {
  Run run;
  run.id = RunId::make(now);
  run.kind = kind;
  run.object = object;
  run.domain_path = target.domain_path;
  run.object_name = target.name;
  run.created_at = now;
  return run;
}

}  // namespace

Result<Run> queue_refresh(Tx& tx, const Context& context, const RunPorts& ports, RunKind kind, std::string_view object) {
  const std::string id(object);
  const auto target = kind == RunKind::RefreshElement ? TRY(find_view(tx, ports, context.who, ElementId(id)))
                                                      : TRY(find_published(tx, ports, context.who, ProductId(id)));
  auto run = make_run(kind, object, target, context.now);
  run.requested_by = OwnerName{context.who.id, context.who.name};
  CHECK(ports.runs.insert(tx, run));
  CHECK(ports.audit.append(tx, context, {"run.request", "run", run.id.text(), run.domain_path, nullptr, to_json(run)}));
  return run;
}

Result<int> queue_due_refreshes(const RunPorts& ports, int limit) {
  const auto now = ports.clock.now();
  auto reading = TRY(ports.transactor.begin(TxMode::Read));
  const auto due = TRY(ports.runs.due(*reading, now, limit));
  reading.reset();
  int queued = 0;
  for (const auto& object : due) {
    // One transaction each: an open run of one object does not hold up the others.
    const auto done = transact(ports.transactor, [&](Tx& tx) -> Result<int> {
      CHECK(ports.runs.set_due(tx, object.kind, object.object, std::nullopt));  // set anew when the run ends
      const auto target = TRY(find_due(tx, ports, object.kind, object.object));
      if (!target) return 0;
      auto run = make_run(object.kind, object.object, *target, now);
      run.trigger = RunTrigger::Schedule;
      CHECK(ports.runs.insert(tx, run));
      return 1;
    });
    if (!done && done.error().id == "run.already_open") continue;  // that one will set the next due time
    queued += TRY(done);
  }
  return queued;
}

}  // namespace weft
