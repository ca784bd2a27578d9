// Port: sums of hits, and how far each journal was folded into them.
#pragma once

#include "base/page.h"
#include "base/transaction.h"
#include "mesh/usage/hit.h"

namespace weft {

struct UsageSum {
  std::string key;   // a domain's path, a product's id, a user's name, or a time
  std::string name;  // of a product: `domain/name`; else as `key`
  std::int64_t hits = 0, rows = 0, bytes = 0;
};

enum class UsageBy { Domain, Product, Reader, Hour, Day };

struct UsageFilter {
  UsageBy by = UsageBy::Domain;
  std::optional<Timestamp> from, to;  // from inclusive, to exclusive, to the microsecond
  std::optional<std::string> within;  // domain path
  std::optional<std::string> product;
  std::optional<std::vector<std::string>> visible_domains;
};

class UsageStore {
 public:
  virtual ~UsageStore() = default;
  [[nodiscard]] virtual Result<HitJournal::Position> position(Tx& tx, std::string_view replica) = 0;
  // Adds the hits and moves the position, where it still is `from`. Errors: `usage.folded_elsewhere` (Conflict).
  [[nodiscard]] virtual Result<void> fold(Tx& tx, std::string_view replica, HitJournal::Position from, const HitJournal::Batch& batch) = 0;
  // Ordered by key; `after` is a key. Of hits before exact_from() only the hour counts: they are taken for its beginning.
  [[nodiscard]] virtual Result<std::vector<UsageSum>> sums(Tx& tx, const UsageFilter& filter, const PageRequest& page) = 0;

  // From when on a range may begin and end anywhere; a whole hour. The beginning of time: always.
  [[nodiscard]] virtual Result<Timestamp> exact_from(Tx& tx) = 0;
  // From now on hits before the hour of `before` are known by the hour; removes at most `limit` of their seconds and returns
  // how many. Sums over whole hours stay what they are. REQUIRES: Write.
  [[nodiscard]] virtual Result<std::int64_t> forget_seconds(Tx& tx, Timestamp before, int limit) = 0;
};

}  // namespace weft
