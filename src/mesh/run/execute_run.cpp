#include "mesh/run/execute_run.h"

#include <thread>

#include "mesh/lineage/rests_on.h"
#include "mesh/product/publish_product.h"
#include "mesh/product/spread_personal.h"
#include "mesh/run/cancel_run.h"
#include "mesh/run/gather_ingredients.h"
#include "mesh/run/profile_ports.h"

namespace weft {

namespace {

// What a run makes, worked out before any row moves.
struct Task {
  ReadingDomain reader;
  std::vector<Ingredient> wanted;
  std::vector<ResolvedIngredient> ingredients;
  std::vector<PortInput> inputs;  // of a product's ports
  std::vector<AssembledPort> outputs;
  PublishableDefinition publishable;  // of a product's run
  std::optional<Product> product;
  std::optional<Element> element;
  SnapshotId snapshot;
  Rate rate;
};

std::string relation_sql(const Port& port) { return port.sql ? *port.sql : fmt::format("SELECT * FROM \"{}\"", *port.ingredient); }

// A folder that goes away with the run, whatever becomes of it.
class StagingFolder {
 public:
  explicit StagingFolder(std::filesystem::path path) : path_(std::move(path)) {}
  StagingFolder(const StagingFolder&) = delete;
  StagingFolder& operator=(const StagingFolder&) = delete;
  ~StagingFolder() {
    if (kept_) return;
    std::error_code ignored;  // what is left is swept at the next start
    std::filesystem::remove_all(path_, ignored);
  }
  Result<void> create() const {
    std::error_code failure;
    std::filesystem::create_directories(path_, failure);
    if (!failure) return {};
    return fail(
        make_error(ErrorKind::Internal, "lake.unwritable", "The server can't write to its data folder.").with_detail(failure.message()));
  }
  void keep() { kept_ = true; }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
  bool kept_ = false;
};

class Execution {
 public:
  Execution(const RunPorts& ports, Run run, const Cancel& cancel, const Cancel& shutdown)
      : ports_(ports), run_(std::move(run)), cancel_(cancel), shutdown_(shutdown) {}

  Result<Run> run() {
    auto done = run_.attempts > kMaxRunAttempts ? interrupted_too_often() : attempt();
    for (int again = 1; !done && done.error().id == "element.changed" && again < kMaxRunAttempts; ++again) done = attempt();
    if (done) return run_;
    if (shutdown_.cancelled() && !ended_elsewhere(done.error())) return give_back();
    while (true) {
      if (ended_elsewhere(done.error())) return left_to_others();
      auto finished = finish_badly(done.error());
      if (finished) return run_;
      if (ended_elsewhere(finished.error())) return left_to_others();
      // The store is full or away: a run that nobody ends would keep its object closed.
      if (!pause()) return fail(finished.error());
    }
  }

 private:
  // It may be what ends the server.
  static Result<void> interrupted_too_often() {
    return fail(ErrorKind::Internal, "run.interrupted", fmt::format("The server stopped while it ran, {} times.", kMaxRunAttempts),
                "Start it again by hand; when that fails, look into the server's log.");
  }

  // Somebody cancelled it, or another server took it over: that end stands.
  static bool ended_elsewhere(const Error& error) { return error.id == "run.not_open"; }

  Run left_to_others() {
    run_.state = RunState::Running;
    return run_;
  }

  // False once the server stops.
  [[nodiscard]] bool pause() const {
    for (int i = 0; i < 10 && !shutdown_.cancelled(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(100));
    return !shutdown_.cancelled();
  }

  Result<Run> give_back() {
    CHECK(transact(ports_.transactor, [&](Tx& tx) { return ports_.runs.give_back(tx, run_); }));
    run_.state = RunState::Queued;
    return run_;
  }

  Result<void> attempt() {
    const auto inside = ports_.readers.enter();  // what it is about to read stays
    auto task = TRY(plan());
    const StagingFolder staging(ports_.data / "lake" / "staging" / run_.id.text());
    CHECK(staging.create());
    auto report = [this](const std::string& line, std::int64_t rows) { note(line, rows); };
    const auto files = TRY(gather_ingredients(ports_, task.ingredients, staging.path(), cancel_, report));

    const auto folder = std::filesystem::path("lake") / run_.object / task.snapshot.text();
    StagingFolder made(ports_.data / folder);  // removed again unless the commit below succeeds
    CHECK(made.create());
    for (auto& output : task.outputs) output.target = made.path() / (output.name + ".parquet");
    auto progress = [this](std::int64_t rows) { note({}, rows); };
    const auto started = ports_.clock.now();
    const auto assembled = TRY(ports_.transformer.assemble(files, task.outputs, cancel_, progress));
    run_.rows = 0;
    for (std::size_t i = 0; i < assembled.size(); ++i) {
      run_.rows += assembled[i].rows;
      run_.log.push_back(fmt::format("{}: {} rows, {} bytes in {} ms", task.outputs[i].name, assembled[i].rows, assembled[i].bytes,
                                     (ports_.clock.now().micros - started.micros) / 1000));
    }
    if (task.product) {
      std::vector<std::filesystem::path> targets;
      for (const auto& output : task.outputs) targets.push_back(output.target);
      profiles_ = TRY(profile_ports(ports_, task.publishable.definition, targets, cancel_,
                                    [this](const std::string& line, std::int64_t) { note(line, run_.rows); }));
    }
    const auto committed = commit(task, folder, assembled);
    // Where nobody can tell what came of it, the files must be there; if they are nobody's, the next sweep takes them.
    if (committed || committed.error().id == "store.outcome_unknown") made.keep();
    return committed;
  }

  Result<Task> plan() {
    auto tx = TRY(ports_.transactor.begin(TxMode::Read));
    Task task;
    task.snapshot = SnapshotId::make(ports_.clock.now());
    if (run_.kind == RunKind::RefreshElement) {
      task.element = TRY(ports_.ingredients.elements.find(*tx, ElementId(run_.object)));
      if (!task.element || !task.element->view)
        return fail(ErrorKind::NotFound, "element.not_found", "The element is gone, or no view any more.");
      task.reader = {task.element->domain, task.element->domain_path};
      task.wanted = task.element->view->ingredients;
      task.rate = task.element->view->rate;
      AssembledPort output{task.element->name, task.element->view->sql, {}, {}};
      for (const auto& column : task.element->columns)
        output.columns.push_back({column.name, column.name, column.type, "", Personal::No, {}, {}});
      task.outputs.push_back(std::move(output));
    } else {
      task.product = TRY(ports_.ingredients.products.find(*tx, ProductId(run_.object)));
      if (!task.product || task.product->state == ProductState::Retired)
        return fail(ErrorKind::NotFound, "product.not_found", "The product is gone or retired.");
      if (run_.kind == RunKind::Publish) {
        task.publishable = TRY(parse_publishable(run_.input));
      } else {
        task.publishable.definition = *task.product->published;
      }
      task.reader = {task.product->domain, task.product->domain_path};
      task.wanted = task.publishable.definition.ingredients;
      task.rate = task.publishable.definition.rate;
      for (const auto& port : task.publishable.definition.ports) task.outputs.push_back({port.name, relation_sql(port), port.columns, {}});
    }
    task.ingredients = TRY(resolve(*tx, task));
    if (run_.kind == RunKind::Publish) {
      task.inputs = inputs_of(task);
    } else if (task.product) {
      task.inputs = TRY(ports_.ingredients.products.inputs(*tx, task.product->id));
    }
    return task;
  }

  Result<std::vector<ResolvedIngredient>> resolve(Tx& tx, const Task& task) {
    std::vector<FieldError> complaints;
    auto resolved = TRY(resolve_ingredients(tx, ports_.ingredients, ports_.clock.now(), task.reader, task.wanted, complaints));
    if (complaints.empty()) return resolved;
    std::string text;
    for (const auto& complaint : complaints) text += fmt::format("{}{}: {}", text.empty() ? "" : "; ", complaint.field, complaint.message);
    return fail(ErrorKind::Conflict, "run.ingredient_missing", text,
                "What was in service stays so, but for what rests on a grant that has ended: that opens when the grant is renewed and it "
                "is refreshed.");
  }

  // What was read is kept only if it may be read still, by the very rights by which it was; what was tagged meanwhile is
  // tagged; and two products that are published at once must not come to rest on each other.
  Result<void> check_again(Tx& tx, Task& task) {
    if (run_.kind == RunKind::Publish) CHECK(ports_.ingredients.elements.lock_lineage(tx));
    std::vector<TaggedColumn> tagged;
    const auto resolved = TRY(resolve(tx, task));
    for (const auto& now : resolved) {
      const bool rests_on_itself =
          run_.kind == RunKind::Publish &&
          TRY(rests_on(tx, {ports_.ingredients.elements, ports_.ingredients.products}, now, {task.product->id, std::nullopt}));
      if (rests_on_itself) {
        return fail(ErrorKind::Conflict, "product.cycle",
                    fmt::format("'{}' rests on this product itself: that would be a cycle.", now.alias),
                    "Read something else there, and publish again.");
      }
      std::ranges::move(tagged_columns(now.alias, now.columns, now.held_tags), std::back_inserter(tagged));
      const auto before = std::ranges::find(task.ingredients, now.alias, &ResolvedIngredient::alias);
      if (before != task.ingredients.end() && before->rights == now.rights) continue;
      return fail(ErrorKind::Conflict, "run.right_changed",
                  fmt::format("The grant to read '{}' was changed while the run worked.", now.alias), "Refresh again.");
    }
    tag_ports(task.publishable.definition, tagged);
    return {};
  }

  Result<void> commit(Task& task, const std::filesystem::path& folder, const std::vector<AssembledFile>& assembled) {
    CHECK(transact(ports_.transactor, [&](Tx& tx) { return write_success(tx, task, folder, assembled); }));
    ports_.readers.when_left([data = ports_.data, files = std::move(outdated_)] {
      for (const auto& file : files) {
        std::error_code ignored;  // what can't be removed now is swept later
        std::filesystem::remove(data / file, ignored);
        std::filesystem::remove((data / file).parent_path(), ignored);
      }
    });
    return {};
  }

  Result<void> write_success(Tx& tx, Task& task, const std::filesystem::path& folder, const std::vector<AssembledFile>& assembled) {
    const auto now = ports_.clock.now();
    const Principal actor = TRY(actor_in(tx));
    const Context context{now, actor, run_.id.text()};
    CHECK(check_again(tx, task));
    const auto failures = TRY(ports_.runs.failures_in_a_row(tx, run_.object));
    // First of all that is written: whoever cancels it, or removes what it refreshes, begins with the run, too.
    run_.state = RunState::Succeeded;
    run_.finished_at = now;
    CHECK(ports_.runs.finish(tx, run_));
    AuditRecord record = task.element ? TRY(commit_element(tx, task, folder, assembled.front(), now))
                                      : TRY(commit_product(tx, task, folder, assembled, now));
    CHECK(ports_.runs.set_due(tx, run_.kind == RunKind::RefreshElement ? RunKind::RefreshElement : RunKind::RefreshProduct, run_.object,
                              next_due(task.rate, now)));
    CHECK(ports_.audit.append(tx, context, std::move(record)));
    if (failures > 0 && run_.kind != RunKind::Publish) {
      CHECK(tell_owners(tx, context,
                        {"run.recovered", fmt::format("{} / {} is refreshed again", run_.domain_path, run_.object_name),
                         fmt::format("After {} failed {} a refresh succeeded: {} rows are in service.", failures,
                                     failures == 1 ? "try" : "tries", run_.rows),
                         "/runs/" + run_.id.text()}));
    }
    return {};
  }

  Result<AuditRecord> commit_element(Tx& tx, const Task& task, const std::filesystem::path& folder, const AssembledFile& file,
                                     Timestamp now) {
    const auto element = TRY(ports_.ingredients.elements.find(tx, task.element->id));
    if (!element || element->version != task.element->version)
      return fail(ErrorKind::Conflict, "element.changed", "The view was changed while it was refreshed.", "Refresh it again.");
    ElementSnapshot snapshot{(folder / (task.element->name + ".parquet")).string(), 1, file.rows, file.bytes, now, {}};
    for (const auto& ingredient : task.ingredients) add_rights(snapshot.rights, ingredient.rights);
    if (auto before = TRY(ports_.ingredients.elements.current_snapshot(tx, task.element->id))) snapshot.number = before->number + 1;
    CHECK(ports_.ingredients.elements.insert_snapshot(tx, task.element->id, snapshot));
    outdated_ = TRY(ports_.ingredients.elements.prune_snapshots(tx, task.element->id, ports_.keep_snapshots));
    return AuditRecord{"element.refresh",
                       "element",
                       task.element->id.text(),
                       task.element->domain_path,
                       nullptr,
                       json::object{{"run", run_.id.text()}, {"snapshot", snapshot.number}, {"rows", snapshot.rows}}};
  }

  Result<AuditRecord> commit_product(Tx& tx, const Task& task, const std::filesystem::path& folder,
                                     const std::vector<AssembledFile>& assembled, Timestamp now) {
    auto product = TRY(ports_.ingredients.products.find(tx, task.product->id));
    if (!product || product->state == ProductState::Retired)
      return fail(ErrorKind::Conflict, "product.retired", "The product was retired meanwhile.");
    if (run_.kind == RunKind::Publish) CHECK(require_publishable(*product));
    const auto before = to_audit(*product);
    Snapshot snapshot{task.snapshot, product->id, product->published_version, 1, now, {}};
    if (auto last = TRY(ports_.ingredients.products.current_snapshot(tx, product->id))) snapshot.number = last->number + 1;
    for (std::size_t i = 0; i < assembled.size(); ++i) {
      snapshot.files.push_back({task.outputs[i].name, (folder / (task.outputs[i].name + ".parquet")).string(), assembled[i].rows,
                                assembled[i].bytes, rights_of(task, task.outputs[i].name)});
    }
    AuditRecord record{
        "product.refresh",    "product", product->id.text(),
        product->domain_path, nullptr,   json::object{{"run", run_.id.text()}, {"snapshot", snapshot.number}, {"rows", run_.rows}}};
    if (run_.kind == RunKind::Publish) {
      product->state = ProductState::Published;
      product->published = task.publishable.definition;
      product->published_version += 1;
      product->published_at = product->updated_at = now;
      snapshot.product_version = product->published_version;
      CHECK(ports_.ingredients.products.update(tx, *product));
      std::optional<UserId> by;
      if (run_.requested_by) by = run_.requested_by->id;
      CHECK(ports_.ingredients.products.insert_version(tx, *product, by, task.inputs));
      CHECK(spread_personal(tx, {ports_.ingredients.elements, ports_.ingredients.products}, *product, now));
      record = {"product.publish", "product", product->id.text(), product->domain_path, before, to_audit(*product)};
    }
    CHECK(ports_.ingredients.products.insert_snapshot(tx, snapshot));
    for (const auto& [port, profile] : profiles_) CHECK(ports_.ingredients.products.insert_profile(tx, snapshot.id, port, profile));
    outdated_ = TRY(ports_.ingredients.products.prune_snapshots(tx, product->id, ports_.keep_snapshots));
    return record;
  }

  static std::vector<PortInput> inputs_of(const Task& task) {
    std::vector<PortInput> inputs;
    for (const auto& [port, aliases] : task.publishable.reads) {
      for (const auto& alias : aliases) {
        auto ingredient = std::ranges::find(task.ingredients, alias, &ResolvedIngredient::alias);
        if (ingredient == task.ingredients.end()) continue;
        inputs.push_back({port, ingredient->element, ingredient->product, ingredient->product_port});
      }
    }
    return inputs;
  }

  static std::vector<SourceRight> rights_of(const Task& task, const std::string& port) {
    std::vector<SourceRight> rights;
    for (const auto& input : task.inputs) {
      if (input.port != port) continue;
      for (const auto& ingredient : task.ingredients) {
        const bool is_it = ingredient.element == input.element && ingredient.product == input.source_product &&
                           ingredient.product_port == input.source_port;
        if (is_it) add_rights(rights, ingredient.rights);
      }
    }
    return rights;
  }

  Result<Run> finish_badly(const Error& error) {
    CHECK(transact(ports_.transactor, [&](Tx& tx) { return write_failure(tx, error); }));
    return run_;
  }

  Result<void> write_failure(Tx& tx, const Error& error) {
    const auto now = ports_.clock.now();
    const Principal actor = TRY(actor_in(tx));
    const Context context{now, actor, run_.id.text()};
    run_.state = cancel_.cancelled() ? RunState::Cancelled : RunState::Failed;
    run_.failure = RunFailure{error.id, error.message, error.hint};
    run_.finished_at = now;
    const bool failed = run_.state == RunState::Failed;
    const auto failures = TRY(ports_.runs.failures_in_a_row(tx, run_.object)) + (failed ? 1 : 0);
    CHECK(ports_.runs.finish(tx, run_));
    CHECK(schedule_next(tx, ports_, {run_, now, failures}));
    // Of refreshes that go on failing the owners were told when it began.
    if (failed && (run_.kind == RunKind::Publish || failures == 1)) CHECK(tell_owners(tx, context, failure_notice()));
    return {};
  }

  [[nodiscard]] Notification failure_notice() const {
    return {
        "run.failed",
        fmt::format("{} of {} / {} failed", run_.kind == RunKind::Publish ? "Publishing" : "A refresh", run_.domain_path, run_.object_name),
        fmt::format("{}\n\n{}\n\nWhat was in service before stays in service.{}", run_.failure->message, run_.failure->hint,
                    run_.kind == RunKind::Publish ? "" : " You will be told when a refresh succeeds again, not of each one that fails."),
        "/runs/" + run_.id.text()};
  }

  Result<void> tell_owners(Tx& tx, const Context& context, const Notification& notification) {
    std::vector<User> owners;
    for (const auto& owner : TRY(answering_owners(tx, ports_.domains, run_.domain_path))) {
      if (auto user = TRY(ports_.users.find(tx, owner.id))) owners.push_back(std::move(*user));
    }
    return ports_.outbox.notify(tx, context, owners, notification);
  }

  // On whose behalf: the person who asked, or the system.
  Result<Principal> actor_in(Tx& tx) {
    if (run_.requested_by) {
      if (auto principal = TRY(ports_.users.find_principal(tx, run_.requested_by->id))) return std::move(*principal);
    }
    return Principal{};
  }

  // Progress is a courtesy: a report that can't be written now does not stop the run.
  void note(const std::string& line, std::int64_t rows) {
    run_.rows = rows;
    if (!line.empty()) run_.log.push_back(line);
    const auto now = ports_.clock.now();
    if (line.empty() && now < last_report_.plus_seconds(1)) return;
    last_report_ = now;
    (void)transact(ports_.transactor, [&](Tx& tx) { return ports_.runs.report(tx, run_); });
  }

  const RunPorts& ports_;
  Run run_;
  const Cancel& cancel_;
  const Cancel& shutdown_;
  Timestamp last_report_;
  std::map<std::string, Profile> profiles_;  // of the product's ports
  std::vector<std::string> outdated_;        // files of snapshots that were forgotten
};

}  // namespace

Result<Run> execute_run(const RunPorts& ports, Run run, const Cancel& cancel, const Cancel& shutdown) {
  return Execution(ports, std::move(run), cancel, shutdown).run();
}

}  // namespace weft
