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

  bool operator==(const Hit&) const = default;
};

// Port. Thread-safe.
class HitJournal {
 public:
  virtual ~HitJournal() = default;
  // Errors: `usage.journal_unwritable` (Unavailable): the data door answers nothing that it can't count.
  [[nodiscard]] Result<void> append(const Hit& hit) { return append(hit, hit.at); }
  // The same, at another time.
  [[nodiscard]] virtual Result<void> append(const Hit& hit, Timestamp at) = 0;
  // Whether append() waits for no disk.
  [[nodiscard]] virtual bool appends_at_once() const = 0;
  // Whether append() can be expected to succeed; asked before an answer begins.
  [[nodiscard]] virtual Result<void> check() = 0;

  struct Position {
    std::int64_t segment = 1;
    std::int64_t offset = 0;
    bool operator==(const Position&) const = default;
  };
  struct Batch {
    std::vector<Hit> hits;
    Position end;
  };
  // Hits from `position` on, at most `limit`; a record that was torn by a crash is passed over.
  [[nodiscard]] virtual Result<Batch> read(Position position, std::size_t limit) = 0;
  // Segments before this one are folded and no longer needed.
  virtual void forget_before(std::int64_t segment) = 0;
  // Who writes it: its folder's own name, kept with the positions.
  [[nodiscard]] virtual const std::string& replica() const = 0;
};

}  // namespace weft
