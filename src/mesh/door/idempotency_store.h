// Port: answers to POSTs that carried an Idempotency-Key, kept for 24 hours in the transaction of their effect.
#pragma once

#include "base/transaction.h"
#include "mesh/identity/principal.h"

namespace weft {

struct RememberedAnswer {
  std::string request_hash;  // of method, path and body
  int status = 0;
  std::string headers;  // JSON object
  std::string body;
};

class IdempotencyStore {
 public:
  virtual ~IdempotencyStore() = default;
  [[nodiscard]] virtual Result<std::optional<RememberedAnswer>> find(Tx& tx, const UserId& user, std::string_view key, Timestamp now) = 0;
  // Errors: `store.duplicate` when another request with that key was faster.
  [[nodiscard]] virtual Result<void> insert(Tx& tx, const UserId& user, std::string_view key, const RememberedAnswer& answer,
                                            Timestamp now) = 0;
  // Drops what is older than 24 hours; at most `limit` rows.
  [[nodiscard]] virtual Result<std::int64_t> sweep(Tx& tx, Timestamp now, int limit) = 0;
};

}  // namespace weft
