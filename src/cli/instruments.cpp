#include "cli/instruments.h"

namespace weft {

Instruments::Instruments()
    : requests_(registry_.counter({"weft_http_requests_total", "Requests answered.", {"route", "status"}})),
      durations_(registry_.histogram({"weft_http_request_seconds", "From the head's arrival to the answer's last byte.", {"route"}},
                                     metrics::duration_buckets())),
      statements_(registry_.histogram({"weft_store_statement_seconds", "Statements on the metadata store.", {"statement"}},
                                      metrics::duration_buckets())),
      statement_failures_(registry_.counter({"weft_store_statement_failures_total", "Statements that failed.", {"statement"}})) {
  metrics::add_process_metrics(registry_);
}

void Instruments::exchange(const http::Exchange& exchange) {
  requests_.with({exchange.route, std::to_string(exchange.status)}).add();
  durations_.with({exchange.route}).observe(static_cast<double>(exchange.micros) / 1e6);
}

void Instruments::statement(std::string_view name, std::int64_t micros, bool failed) {
  statements_.with({name}).observe(static_cast<double>(micros) / 1e6);
  if (failed) statement_failures_.with({name}).add();
}

void Instruments::watch(http::Server& server, WorkerPool& workers, duck::Instance& duck) {
  registry_.before_render([&server, &workers, &duck,
                           pools = registry_.gauge({"weft_pool_threads", "Threads of a pool.", {"pool", "state"}}),
                           queued = registry_.gauge({"weft_pool_queued", "Requests that wait for a pool.", {"pool"}}),
                           connections = registry_.gauge({"weft_http_connections", "Open connections."}),
                           jobs = registry_.gauge({"weft_workers", "Worker processes and waiting jobs.", {"state"}}),
                           memory = registry_.gauge({"weft_duckdb_memory_bytes", "Memory of the server's DuckDB."})] {
    for (const auto& pool : server.pools()) {
      pools.with({pool.name, "busy"}).set(pool.busy);
      pools.with({pool.name, "all"}).set(pool.threads);
      queued.with({pool.name}).set(pool.queued);
    }
    connections.with({}).set(server.connections());
    const auto state = workers.state();
    jobs.with({"running"}).set(state.running);
    jobs.with({"waiting"}).set(state.waiting);
    jobs.with({"spare"}).set(state.spare);
    memory.with({}).set(static_cast<double>(duck.memory_used()));
  });
}

}  // namespace weft
