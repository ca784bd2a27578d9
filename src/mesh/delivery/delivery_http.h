// The data door: /data/v1/{domain}/{product}/{port}. Authenticate → parse → plan → run → encode; each stage shows in
// Server-Timing, and nothing before "run" touches DuckDB.
#pragma once

#include "mesh/delivery/answer_cache.h"
#include "mesh/delivery/find_readable_port.h"
#include "mesh/delivery/long_reads.h"
#include "mesh/delivery/row_reader.h"
#include "mesh/door/credential_http.h"
#include "mesh/door/dispatch_http.h"
#include "mesh/product/snapshot_readers.h"
#include "mesh/usage/hit.h"

namespace weft {

struct DataDoorPorts {
  Transactor& transactor;
  DeliveryPorts delivery;
  RowReader& reader;
  AnswerCache& answers;
  HitJournal& journal;
  const Clock& clock;
  // Asks anew who stands behind a credential while a stream runs, so that a token, role or grant taken away cuts it.
  std::function<Result<Caller>(Tx& tx, const Credential& credential, Timestamp now)> authenticate;
  std::filesystem::path data;
  int reads_per_user = 8;
  LongReadLimits long_reads;
  SnapshotReaders& readers;
};

// `ports` outlive the routes and the streams.
[[nodiscard]] std::vector<Route> data_door_routes(const DataDoorPorts& ports);

// A data door's error: problem+json that PostgREST's clients understand as well.
[[nodiscard]] http::Response data_problem(const Error& error, const http::RequestHead& head);

}  // namespace weft
