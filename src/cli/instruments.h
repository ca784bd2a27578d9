// The server's numbers for /metrics.
#pragma once

#include "mesh/notification/notification.h"
#include "mesh/run/run.h"
#include "mesh/usage/hit.h"
#include "platform/duck/duck.h"
#include "platform/http/server.h"
#include "platform/metrics/metrics.h"
#include "platform/worker/worker.h"

namespace weft {

// Thread-safe.
class Instruments {
 public:
  Instruments();

  void exchange(const http::Exchange& exchange);
  void statement(std::string_view name, std::int64_t micros, bool failed);
  // Counts those that ended.
  void run_executed(RunState state);
  void mail_ended(MailState state);
  void mails_waiting(std::int64_t count) { mails_waiting_.with({}).set(static_cast<double>(count)); }
  void lease_lost() { lease_lost_.with({}).set(1); }

  // What is known only by asking. All of it outlives the last render().
  struct Watched {
    http::Server& server;
    WorkerPool& workers;
    duck::Instance& duck;
    HitJournal& journal;
  };
  void watch(const Watched& watched);
  [[nodiscard]] std::string render() { return registry_.render(); }
  [[nodiscard]] std::vector<metrics::FamilyDescription> families() const { return registry_.families(); }

 private:
  metrics::Registry registry_;
  metrics::Family<metrics::Counter> requests_;
  metrics::Family<metrics::Histogram> durations_;
  metrics::Family<metrics::Gauge> connections_, pool_threads_, pool_queued_;
  metrics::Family<metrics::Histogram> statements_;
  metrics::Family<metrics::Counter> statement_failures_, runs_;
  metrics::Family<metrics::Gauge> workers_;
  metrics::Family<metrics::Gauge> mails_waiting_;
  metrics::Family<metrics::Counter> mails_;
  metrics::Family<metrics::Gauge> journal_broken_, lease_lost_, duckdb_memory_;
};

}  // namespace weft
