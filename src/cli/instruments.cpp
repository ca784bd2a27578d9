#include "cli/instruments.h"

namespace weft {

Instruments::Instruments()
    : requests_(registry_.counter(
          {"weft_http_requests_total", "Requests answered, by the route's pattern and the status of the answer.", {"route", "status"}})),
      durations_(registry_.histogram({"weft_http_request_seconds", "From the head's arrival to the answer's last byte.", {"route"}},
                                     metrics::duration_buckets())),
      connections_(registry_.gauge({"weft_http_connections", "Open connections."})),
      pool_threads_(
          registry_.gauge({"weft_pool_threads", "Threads of a pool of `server.*_threads`: `busy` ones and `all`.", {"pool", "state"}})),
      pool_queued_(registry_.gauge({"weft_pool_queued", "Requests that wait for a thread of a pool.", {"pool"}})),
      statements_(registry_.histogram({"weft_store_statement_seconds", "Statements on the metadata store, by their name.", {"statement"}},
                                      metrics::duration_buckets())),
      statement_failures_(registry_.counter({"weft_store_statement_failures_total", "Statements that failed.", {"statement"}})),
      runs_(
          registry_.counter({"weft_runs_total", "Runs that ended here: `succeeded` or `failed`; cancelled ones are left out.", {"state"}})),
      workers_(registry_.gauge({"weft_workers",
                                "Worker processes: `running` ones, `spare` ones that are kept started, and jobs that are `waiting`.",
                                {"state"}})),
      mails_waiting_(registry_.gauge({"weft_mails_waiting", "Mails in the outbox that wait to be sent, for the first time or again."})),
      mails_(registry_.counter({"weft_mails_total", "Mails that were `sent`, or `failed` and are tried no more.", {"state"}})),
      journal_broken_(registry_.gauge(
          {"weft_hits_journal_broken", "1: hits can't be written down, so the data door answers 503 until there is room on the disk."})),
      lease_lost_(registry_.gauge({"weft_lease_lost", "1: another server has taken over the database; this one stops."})),
      duckdb_memory_(registry_.gauge({"weft_duckdb_memory_bytes", "Memory of the server's own DuckDB, of `duckdb.memory`."})) {
  metrics::add_process_metrics(registry_);
  // There from the start, so that the first one counts as a rise.
  for (const auto state : {RunState::Succeeded, RunState::Failed}) runs_.with({to_text(state)}).add(0);
  for (const auto state : {MailState::Sent, MailState::Failed}) mails_.with({to_text(state)}).add(0);
}

void Instruments::exchange(const http::Exchange& exchange) {
  requests_.with({exchange.route, std::to_string(exchange.status)}).add();
  durations_.with({exchange.route}).observe(static_cast<double>(exchange.micros) / 1e6);
}

void Instruments::statement(std::string_view name, std::int64_t micros, bool failed) {
  statements_.with({name}).observe(static_cast<double>(micros) / 1e6);
  if (failed) statement_failures_.with({name}).add();
}

void Instruments::run_executed(RunState state) {
  if (state == RunState::Succeeded || state == RunState::Failed) runs_.with({to_text(state)}).add();
}

void Instruments::mail_ended(MailState state) {
  if (state != MailState::Waiting) mails_.with({to_text(state)}).add();
}

void Instruments::watch(const Watched& watched) {
  registry_.before_render([this, watched] {
    for (const auto& pool : watched.server.pools()) {
      pool_threads_.with({pool.name, "busy"}).set(pool.busy);
      pool_threads_.with({pool.name, "all"}).set(pool.threads);
      pool_queued_.with({pool.name}).set(pool.queued);
    }
    connections_.with({}).set(watched.server.connections());
    const auto state = watched.workers.state();
    workers_.with({"running"}).set(state.running);
    workers_.with({"waiting"}).set(state.waiting);
    workers_.with({"spare"}).set(state.spare);
    journal_broken_.with({}).set(watched.journal.check() ? 0 : 1);
    duckdb_memory_.with({}).set(static_cast<double>(watched.duck.memory_used()));
  });
}

}  // namespace weft
