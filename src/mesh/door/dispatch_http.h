// From a request to its route and back: match, authenticate, authorise, run in a transaction, commit, answer. The same
// way for each route, so that no route can forget a step.
#pragma once

#include <memory>

#include "base/transaction.h"
#include "mesh/door/credential_http.h"
#include "mesh/door/idempotency_store.h"
#include "mesh/door/route_http.h"
#include "mesh/identity/user_store.h"
#include "mesh/identity/work_slots.h"

namespace weft {

struct DispatchPorts {
  Transactor& transactor;
  UserStore& users;
  CredentialStore& credentials;
  IdempotencyStore& idempotency;
  const Clock& clock;
  WorkSlots* slots = nullptr;  // one for each request of the pool Worker; null: as many as there are threads
};

struct DispatchOptions {
  std::string public_url;  // empty: the Host header stands for it where an Origin is checked
  std::function<void(const http::RequestHead&, const Error&)> log_failure;  // 5xx, with the detail
};

// REQUIRES: patterns are unique. Throws std::logic_error on a table that contradicts itself (a bug).
[[nodiscard]] std::unique_ptr<http::Handler> make_dispatcher(std::vector<Route> routes, DispatchPorts ports, DispatchOptions options);

}  // namespace weft
