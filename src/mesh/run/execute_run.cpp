#include "mesh/run/execute_run.h"

#include <thread>

#include "base/caught.h"
#include "mesh/product/breaking_changes.h"
#include "mesh/run/commit_run.h"
#include "mesh/run/gather_ingredients.h"
#include "mesh/run/profile_ports.h"

namespace weft {

namespace {

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
    const auto tried = [this] { return caught([this] { return attempt(); }); };
    auto done = run_.attempts > kMaxRunAttempts ? interrupted_too_often() : tried();
    for (int again = 1; !done && done.error().id == "element.changed" && again < kMaxRunAttempts; ++again) done = tried();
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
    auto plan = TRY(plan_now());
    if (plan.product && plan.product->published) {
      std::ranges::move(breaking_changes(*plan.product->published, plan.publishable.definition), std::back_inserter(run_.log));
    }
    const StagingFolder staging(ports_.data / "lake" / "staging" / run_.id.text());
    CHECK(staging.create());
    auto report = [this](const std::string& line, std::int64_t rows) { note(line, rows); };
    const auto ingredients = TRY(gather_ingredients(ports_, plan.ingredients, staging.path(), cancel_, report));

    MadeOutputs made{std::filesystem::path("lake") / run_.object / plan.snapshot.text(), {}, {}};
    StagingFolder folder(ports_.data / made.folder);  // removed again unless the commit below succeeds
    CHECK(folder.create());
    for (auto& output : plan.outputs) output.port.target = folder.path() / (output.port.name + ".parquet");
    CHECK(make(plan, ingredients, made));
    const auto committed = commit(plan, made);
    // Where nobody can tell what came of it, the files must be there; if they are nobody's, the next sweep takes them.
    if (committed || committed.error().id == "store.outcome_unknown") folder.keep();
    return committed;
  }

  Result<RunPlan> plan_now() {
    const auto tx = TRY(ports_.transactor.begin(TxMode::Read));
    return plan_run(*tx, ports_, run_);
  }

  Result<void> make(const RunPlan& plan, const std::vector<IngredientFile>& ingredients, MadeOutputs& made) {
    std::vector<AssembledPort> outputs;
    for (const auto& output : plan.outputs) outputs.push_back(output.port);
    const auto started = ports_.clock.now();
    made.files = TRY(ports_.transformer.assemble(ingredients, outputs, cancel_, [this](std::int64_t rows) { note({}, rows); }));
    run_.rows = 0;
    for (std::size_t i = 0; i < made.files.size(); ++i) {
      run_.rows += made.files[i].rows;
      run_.log.push_back(fmt::format("{}: {} rows, {} bytes in {} ms", outputs.at(i).name, made.files[i].rows, made.files[i].bytes,
                                     (ports_.clock.now().micros - started.micros) / 1000));
    }
    if (!plan.product) return {};
    std::vector<std::filesystem::path> targets;
    for (const auto& output : outputs) targets.push_back(output.target);
    made.profiles = TRY(profile_ports(ports_, plan.publishable.definition, targets, cancel_,
                                      [this](const std::string& line, std::int64_t) { note(line, run_.rows); }));
    return {};
  }

  Result<void> commit(const RunPlan& plan, const MadeOutputs& made) {
    const auto outdated = TRY(transact(ports_.transactor, [&](Tx& tx) { return commit_run(tx, ports_, run_, plan, made); }));
    ports_.readers.when_left([data = ports_.data, files = outdated] {
      for (const auto& file : files) {
        std::error_code ignored;  // what can't be removed now is swept later
        std::filesystem::remove(data / file, ignored);
        std::filesystem::remove((data / file).parent_path(), ignored);
      }
    });
    return {};
  }

  Result<void> finish_badly(const Error& error) {
    run_.state = cancel_.cancelled() ? RunState::Cancelled : RunState::Failed;
    run_.failure = RunFailure{error.id, error.message, error.hint};
    run_.finished_at = ports_.clock.now();
    return transact(ports_.transactor, [&](Tx& tx) { return commit_failure(tx, ports_, run_); });
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
};

}  // namespace

Result<Run> execute_run(const RunPorts& ports, Run run, const Cancel& cancel, const Cancel& shutdown) {
  return Execution(ports, std::move(run), cancel, shutdown).run();
}

}  // namespace weft
