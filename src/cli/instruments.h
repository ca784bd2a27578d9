// The server's numbers for /metrics.
#pragma once

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
  // What is known only by asking. All three outlive the last render().
  void watch(http::Server& server, WorkerPool& workers, duck::Instance& duck);
  [[nodiscard]] std::string render() { return registry_.render(); }

 private:
  metrics::Registry registry_;
  metrics::Family<metrics::Counter> requests_;
  metrics::Family<metrics::Histogram> durations_, statements_;
  metrics::Family<metrics::Counter> statement_failures_;
};

}  // namespace weft
