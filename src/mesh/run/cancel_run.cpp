#include "mesh/run/cancel_run.h"

namespace weft {

Error run_not_found() { return make_error(ErrorKind::NotFound, "run.not_found", "There is no such run."); }

Result<Run> get_run(Tx& tx, const Principal& who, RunStore& runs, const RunId& id) {
  auto run = TRY(runs.find(tx, id));
  if (!run || !who.keeps(run->domain_path)) return fail(run_not_found());
  return std::move(*run);
}

Result<Run> cancel_run(Tx& tx, const Context& context, const RunPorts& ports, const RunId& id) {
  auto run = TRY(get_run(tx, context.who, ports.runs, id));
  const auto before = to_json(run);
  run.state = RunState::Cancelled;
  run.finished_at = context.now;
  run.failure =
      RunFailure{"run.cancelled", fmt::format("{} cancelled it.", context.who.name), "What was in service before stays in service."};
  CHECK(ports.runs.finish(tx, run));
  CHECK(schedule_next(tx, ports, {run, context.now, TRY(ports.runs.failures_in_a_row(tx, run.object))}));
  CHECK(ports.audit.append(tx, context, {"run.cancel", "run", run.id.text(), run.domain_path, before, to_json(run)}));
  return run;
}

std::int64_t retry_pause_seconds(int failures) {
  constexpr std::int64_t kLongest = 3600;
  if (failures <= 0) return 0;
  return failures > 6 ? kLongest : std::min(kLongest, std::int64_t{60} << (failures - 1));
}

Result<void> schedule_next(Tx& tx, const RunPorts& ports, const EndedRun& ended) {
  const auto& run = ended.run;
  if (run.kind == RunKind::Publish) return {};
  std::optional<Rate> rate;
  if (run.kind == RunKind::RefreshElement) {
    if (auto element = TRY(ports.ingredients.elements.find(tx, ElementId(run.object))); element && element->view)
      rate = element->view->rate;
  } else if (auto product = TRY(ports.ingredients.products.find(tx, ProductId(run.object))); product && product->visible_to_all()) {
    rate = product->published->rate;
  }
  auto due = rate ? next_due(*rate, ended.at) : std::nullopt;
  if (due) due = std::max(*due, ended.at.plus_seconds(retry_pause_seconds(ended.failures)));
  return ports.runs.set_due(tx, run.kind, run.object, due);
}

}  // namespace weft
