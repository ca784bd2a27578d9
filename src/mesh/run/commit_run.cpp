#include "mesh/run/commit_run.h"

#include "mesh/domain/answering_users.h"
#include "mesh/lineage/rests_on.h"
#include "mesh/product/breaking_changes.h"
#include "mesh/product/notify_readers.h"
#include "mesh/product/spread_personal.h"
#include "mesh/run/cancel_run.h"

namespace weft {

namespace {

// On whose behalf: the person who asked, or the system.
Result<Principal> actor_of(Tx& tx, const RunPorts& ports, const Run& run) {
  if (run.requested_by) {
    if (auto principal = TRY(ports.users.find_principal(tx, run.requested_by->id))) return std::move(*principal);
  }
  return Principal{};
}

Result<void> tell_owners(Tx& tx, const Context& context, const RunPorts& ports, const Run& run, const Notification& notification) {
  return ports.outbox.notify(tx, context, TRY(answering_users(tx, ports.domains, ports.users, run.domain_path)), notification);
}

Notification failure_notice(const Run& run) {
  const bool publishing = run.kind == RunKind::Publish;
  return {"run.failed", fmt::format("{} of {} / {} failed", publishing ? "Publishing" : "A refresh", run.domain_path, run.object_name),
          fmt::format("{}\n\n{}\n\nWhat was in service before stays in service.{}", run.failure->message, run.failure->hint,
                      publishing ? "" : " You will be told when a refresh succeeds again, not of each one that fails."),
          "/runs/" + run.id.text()};
}

Notification recovery_notice(const Run& run, int failures) {
  return {
      "run.recovered", fmt::format("{} / {} is refreshed again", run.domain_path, run.object_name),
      fmt::format("After {} failed {} a refresh succeeded: {} rows are in service.", failures, failures == 1 ? "try" : "tries", run.rows),
      "/runs/" + run.id.text()};
}

// What was read is kept only if it may be read still, by the very rights by which it was; what was tagged meanwhile is
// tagged; and two products that are published at once must not come to rest on each other.
Result<void> check_again(Tx& tx, const RunPorts& ports, const Run& run, RunPlan& plan) {
  const bool publishing = run.kind == RunKind::Publish;
  const LineagePorts lineage{ports.ingredients.elements, ports.ingredients.products};
  if (publishing) CHECK(ports.ingredients.elements.lock_lineage(tx));
  std::vector<TaggedColumn> tagged;
  const auto resolved = TRY(resolve_for(tx, ports, plan));
  for (std::size_t i = 0; i < resolved.size(); ++i) {
    const auto& now = resolved[i];
    if (publishing && TRY(rests_on(tx, lineage, now, {plan.product->id, std::nullopt}))) {
      return fail(ErrorKind::Conflict, "product.cycle", fmt::format("'{}' rests on this product itself: that would be a cycle.", now.alias),
                  "Read something else there, and publish again.");
    }
    if (plan.ingredients.at(i).rights != now.rights) {
      return fail(ErrorKind::Conflict, "run.right_changed",
                  fmt::format("The grant to read '{}' was changed while the run worked.", now.alias), "Refresh again.");
    }
    std::ranges::move(tagged_columns(now.alias, now.columns, now.held_tags), std::back_inserter(tagged));
  }
  tag_ports(plan.publishable.definition, tagged);
  return {};
}

// The entries of the audit log, and which files are nobody's from then on.
struct Committed {
  std::vector<AuditRecord> records;
  std::vector<std::string> outdated;
};

Result<Committed> commit_element(Tx& tx, const RunPorts& ports, const Run& run, const RunPlan& plan, const MadeOutputs& made) {
  auto& elements = ports.ingredients.elements;
  const auto& id = plan.element->id;
  const auto element = TRY(elements.find(tx, id));
  if (!element || element->version != plan.element->version)
    return fail(ErrorKind::Conflict, "element.changed", "The view was changed while it was refreshed.", "Refresh it again.");
  const auto& file = made.files.front();
  ElementSnapshot snapshot{(made.folder / (plan.element->name + ".parquet")).string(),
                           1,
                           file.rows,
                           file.bytes,
                           *run.finished_at,
                           rights_of(plan, plan.outputs.front()),
                           provenance_of(ports, plan, plan.outputs.front(), file)};
  if (auto before = TRY(elements.current_snapshot(tx, id))) snapshot.number = before->number + 1;
  CHECK(elements.insert_snapshot(tx, id, snapshot));
  AuditRecord record{"element.refresh", "element",
                     id.text(),         plan.element->domain_path,
                     nullptr,           json::object{{"run", run.id.text()}, {"snapshot", snapshot.number}, {"rows", snapshot.rows}}};
  return Committed{{std::move(record)}, TRY(elements.prune_snapshots(tx, id, ports.keep_snapshots))};
}

// The new version, its lineage, whom it may break, and what it tags in what rests on it, for the audit log.
Result<std::vector<AuditRecord>> write_version(Tx& tx, const Context& context, const RunPorts& ports, const Run& run, const RunPlan& plan,
                                               Product& product) {
  std::vector<std::string> broken;
  if (product.published) broken = breaking_changes(*product.published, plan.publishable.definition);
  product.state = ProductState::Published;
  product.published = plan.publishable.definition;
  product.published_version += 1;
  product.published_at = product.updated_at = context.now;
  CHECK(ports.ingredients.products.update(tx, product));
  std::optional<UserId> by;
  if (run.requested_by) by = run.requested_by->id;
  CHECK(ports.ingredients.products.insert_version(tx, product, by, inputs_of(plan)));
  CHECK(notify_of_version(tx, context, {ports.ingredients, ports.domains, ports.users, ports.outbox}, product, broken));
  std::vector<AuditRecord> retagged;
  CHECK(spread_personal(tx, {ports.ingredients.elements, ports.ingredients.products}, product, context.now, retagged));
  return retagged;
}

Result<Committed> commit_product(Tx& tx, const Context& context, const RunPorts& ports, const Run& run, const RunPlan& plan,
                                 const MadeOutputs& made) {
  auto& products = ports.ingredients.products;
  auto product = TRY(products.find(tx, plan.product->id));
  if (!product || product->state == ProductState::Retired)
    return fail(ErrorKind::Conflict, "product.retired", "The product was retired meanwhile.");
  const bool publishing = run.kind == RunKind::Publish;
  const auto before = to_audit(*product);
  std::vector<AuditRecord> records;
  if (publishing) {
    CHECK(require_publishable(*product));
    records = TRY(write_version(tx, context, ports, run, plan, *product));
    records.insert(records.begin(), {"product.publish", "product", product->id.text(), product->domain_path, before, to_audit(*product)});
  }
  Snapshot snapshot{plan.snapshot, product->id, product->published_version, 1, *run.finished_at, {}};
  if (auto last = TRY(products.current_snapshot(tx, product->id))) snapshot.number = last->number + 1;
  for (std::size_t i = 0; i < made.files.size(); ++i) {
    const auto& output = plan.outputs.at(i);
    snapshot.files.push_back({output.port.name, (made.folder / (output.port.name + ".parquet")).string(), made.files[i].rows,
                              made.files[i].bytes, rights_of(plan, output)});
  }
  CHECK(products.insert_snapshot(tx, snapshot));
  for (std::size_t i = 0; i < made.files.size(); ++i) {
    const auto& output = plan.outputs.at(i);
    if (const auto provenance = provenance_of(ports, plan, output, made.files[i]))
      CHECK(products.insert_provenance(tx, snapshot.id, output.port.name, *provenance));
  }
  for (const auto& [port, profile] : made.profiles) CHECK(products.insert_profile(tx, snapshot.id, port, profile));
  if (!publishing) {
    json::object refreshed{{"run", run.id.text()}, {"snapshot", snapshot.number}, {"rows", run.rows}};
    records.push_back({"product.refresh", "product", product->id.text(), product->domain_path, nullptr, std::move(refreshed)});
  }
  return Committed{std::move(records), TRY(products.prune_snapshots(tx, product->id, ports.keep_snapshots))};
}

}  // namespace

Result<std::vector<std::string>> commit_run(Tx& tx, const RunPorts& ports, Run& run, RunPlan plan, const MadeOutputs& made) {
  const auto now = ports.clock.now();
  const Context context{now, TRY(actor_of(tx, ports, run)), run.id.text()};
  CHECK(check_again(tx, ports, run, plan));
  const auto failures = TRY(ports.runs.failures_in_a_row(tx, run.object));
  // First of all that is written: whoever cancels it, or removes what it refreshes, begins with the run, too.
  run.state = RunState::Succeeded;
  run.finished_at = now;
  CHECK(ports.runs.finish(tx, run));
  auto committed =
      plan.element ? TRY(commit_element(tx, ports, run, plan, made)) : TRY(commit_product(tx, context, ports, run, plan, made));
  const auto due_kind = plan.element ? RunKind::RefreshElement : RunKind::RefreshProduct;
  CHECK(ports.runs.set_due(tx, due_kind, run.object, next_due(plan.rate, now)));
  CHECK(append_all(tx, context, ports.audit, std::move(committed.records)));
  if (failures > 0 && run.kind != RunKind::Publish) CHECK(tell_owners(tx, context, ports, run, recovery_notice(run, failures)));
  return std::move(committed.outdated);
}

Result<void> commit_failure(Tx& tx, const RunPorts& ports, const Run& run) {
  const Context context{*run.finished_at, TRY(actor_of(tx, ports, run)), run.id.text()};
  const bool failed = run.state == RunState::Failed;
  const auto failures = TRY(ports.runs.failures_in_a_row(tx, run.object)) + (failed ? 1 : 0);
  CHECK(ports.runs.finish(tx, run));
  CHECK(schedule_next(tx, ports, {run, *run.finished_at, failures}));
  // Of refreshes that go on failing the owners were told when it began.
  if (failed && (run.kind == RunKind::Publish || failures == 1)) CHECK(tell_owners(tx, context, ports, run, failure_notice(run)));
  return {};
}

}  // namespace weft
