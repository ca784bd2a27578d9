// One effect of a POST that comes twice with the same Idempotency-Key: the answer to the first is kept for 24 hours and given
// to the second.
#pragma once

#include "mesh/door/idempotency_store.h"
#include "mesh/door/route_http.h"
#include "mesh/door/turns.h"

namespace weft {

struct KeyedRequest {
  const http::Request* request;
  UserId user;
  std::string key, hash;  // the hash is of all that makes it the same request
  Timestamp now;
};

// nullopt: it has no key, or is none that keeps its answer. Errors: `idempotency.key` (Invalid).
[[nodiscard]] Result<std::optional<KeyedRequest>> keyed_request(const http::Request& request, const Route& route, const Principal& who,
                                                                Timestamp now);

// Thread-safe.
class IdempotentAnswers {
 public:
  using LogFailure = std::function<void(const http::RequestHead&, const Error&)>;
  IdempotentAnswers(IdempotencyStore& store, Transactor& transactor, LogFailure log_failure)
      : store_(store), transactor_(transactor), log_failure_(std::move(log_failure)) {}

  // The answer that was given. Errors: `idempotency.reused` (Unprocessable): to another request.
  [[nodiscard]] Result<std::optional<http::Response>> find(Tx& tx, const KeyedRequest& keyed);
  // In the transaction of the effect. Errors: `store.busy` when another request with the key was faster.
  [[nodiscard]] Result<void> keep(Tx& tx, const KeyedRequest& keyed, const http::Response& response);
  // For a handler with transactions of its own: its answer is kept when they are over, and until then nobody else begins with
  // the same key. A crash in between forgets the answer, not what was done. Errors: those of find() and Turns::take().
  [[nodiscard]] Result<http::Response> once(const KeyedRequest& keyed, const std::function<Result<http::Response>()>& handle);

 private:
  IdempotencyStore& store_;
  Transactor& transactor_;
  LogFailure log_failure_;
  Turns turns_;
};

}  // namespace weft
