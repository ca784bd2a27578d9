#include "mesh/run/run.h"

namespace weft {

std::string_view to_text(RunKind kind) {
  switch (kind) {
    case RunKind::Publish: return "publish";
    case RunKind::RefreshProduct: return "refresh-product";
    case RunKind::RefreshElement: return "refresh-element";
  }
  return "";
}

Result<RunKind> parse_run_kind(std::string_view text) {
  for (auto kind : {RunKind::Publish, RunKind::RefreshProduct, RunKind::RefreshElement}) {
    if (to_text(kind) == text) return kind;
  }
  return fail(ErrorKind::Invalid, "run.unknown_kind", fmt::format("There is no kind of run '{}'.", text));
}

std::string_view to_text(RunState state) {
  switch (state) {
    case RunState::Queued: return "queued";
    case RunState::Running: return "running";
    case RunState::Succeeded: return "succeeded";
    case RunState::Failed: return "failed";
    case RunState::Cancelled: return "cancelled";
  }
  return "";
}

Result<RunState> parse_run_state(std::string_view text) {
  for (auto state : {RunState::Queued, RunState::Running, RunState::Succeeded, RunState::Failed, RunState::Cancelled}) {
    if (to_text(state) == text) return state;
  }
  return fail(ErrorKind::Invalid, "run.unknown_state", fmt::format("There is no state '{}'.", text),
              "States are queued, running, succeeded, failed and cancelled.");
}

std::string_view to_text(RunTrigger trigger) { return trigger == RunTrigger::Person ? "person" : "schedule"; }

json::object to_json(const Run& run) {
  auto time = [](const std::optional<Timestamp>& at) { return at ? json::value(to_rfc3339(*at)) : json::value(nullptr); };
  json::value failure = nullptr;
  if (run.failure) failure = json::object{{"code", run.failure->id}, {"message", run.failure->message}, {"hint", run.failure->hint}};
  json::value by = nullptr;
  if (run.requested_by) by = json::object{{"id", run.requested_by->id.text()}, {"name", run.requested_by->name}};
  return json::object{
      {"id", run.id.text()},
      {"kind", to_text(run.kind)},
      {"state", to_text(run.state)},
      {"trigger", to_text(run.trigger)},
      {"object", json::object{{"type", run.kind == RunKind::RefreshElement ? "element" : "product"},
                              {"id", run.object},
                              {"domain", run.domain_path},
                              {"name", run.object_name}}},
      {"requested_by", std::move(by)},
      {"attempts", run.attempts},
      {"rows", run.rows},
      {"failure", std::move(failure)},
      {"log", json::array(run.log.begin(), run.log.end())},
      {"created_at", to_rfc3339(run.created_at)},
      {"started_at", time(run.started_at)},
      {"finished_at", time(run.finished_at)},
      {"duration_ms",
       run.started_at && run.finished_at ? json::value((run.finished_at->micros - run.started_at->micros) / 1000) : json::value(nullptr)},
  };
}

json::object to_json(const RefreshState& refresh) {
  json::value next, last;
  if (refresh.next_at) next = to_rfc3339(*refresh.next_at);
  if (refresh.last) {
    last = json::object{
        {"run", refresh.last->run.text()}, {"state", to_text(refresh.last->state)}, {"finished_at", to_rfc3339(refresh.last->finished_at)}};
  }
  return json::object{{"next_at", std::move(next)}, {"last", std::move(last)}};
}

}  // namespace weft
