#include "mesh/run/queue_refresh.h"

namespace weft {

namespace {

struct Target {
  std::string domain_path, name;
};

Result<std::optional<Target>> find_target(Tx& tx, const RunPorts& ports, RunKind kind, std::string_view object) {
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

Error nothing_to_refresh(RunKind kind) {
  const bool element = kind == RunKind::RefreshElement;
  return make_error(ErrorKind::NotFound, element ? "element.not_found" : "product.not_found",
                    fmt::format("There is no such {} to refresh.", element ? "element" : "product"))
      .with_hint(element ? "Only views are refreshed; a table of a store is read where it is." : "Only published products are refreshed.");
}

Result<Run> queue_refresh(Tx& tx, const Context& context, const RunPorts& ports, RunKind kind, std::string_view object) {
  const auto target = TRY(find_target(tx, ports, kind, object));
  const std::string noun = kind == RunKind::RefreshElement ? "element" : "product";
  if (!target || (noun == "element" && !context.who.keeps(target->domain_path))) {
    return fail(nothing_to_refresh(kind));
  }
  if (!context.who.keeps(target->domain_path)) {
    return fail(ErrorKind::Denied, noun + ".not_yours", fmt::format("Only owners of {} refresh it.", target->domain_path));
  }
  auto run = make_run(kind, object, *target, context.now);
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
      const auto target = TRY(find_target(tx, ports, object.kind, object.object));
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
