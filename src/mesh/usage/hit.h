// A hit: one read of a product through a door. Written to a journal before the answer's last byte leaves, folded into
// the store in batches, each exactly once.
#pragma once

#include "mesh/product/product.h"

namespace weft {

struct Hit {
  Timestamp at;
  ProductId product;
  std::string port;
  UserId user;
  std::string door;  // `data`
  std::int64_t rows = 0, bytes = 0;
};

// Port. Thread-safe.
class HitJournal {
 public:
  virtual ~HitJournal() = default;
  // Errors: `usage.journal_unwritable` (Unavailable): the data door answers nothing that it can't count.
  [[nodiscard]] virtual Result<void> append(const Hit& hit) = 0;
  // Whether append() can be expected to succeed; asked before an answer begins.
  [[nodiscard]] virtual Result<void> check() = 0;
};

}  // namespace weft
