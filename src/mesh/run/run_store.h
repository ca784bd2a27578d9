// Port: runs, their queue, and when each object is due.
#pragma once

#include "base/page.h"
#include "base/transaction.h"
#include "mesh/run/run.h"

namespace weft {

struct RunFilter {
  std::optional<std::string> object;
  std::optional<RunState> state;
  std::optional<std::string> within;
  std::optional<std::vector<std::string>> visible_domains;
};

// An object whose rate says that it is due.
struct DueObject {
  RunKind kind;
  std::string object;
  Timestamp due_at;
};

class RunStore {
 public:
  virtual ~RunStore() = default;
  [[nodiscard]] virtual Result<std::optional<Run>> find(Tx& tx, const RunId& id) = 0;
  [[nodiscard]] virtual Result<std::vector<Run>> list(Tx& tx, const RunFilter& filter, const PageRequest& page) = 0;
  // Errors: `run.already_open` (409): one of that object is queued or running.
  [[nodiscard]] virtual Result<void> insert(Tx& tx, const Run& run) = 0;
  // The oldest queued run, now Running with one more attempt; nullopt when there is none.
  [[nodiscard]] virtual Result<std::optional<Run>> claim(Tx& tx, Timestamp now) = 0;
  // Writes rows and log of a running run; false when it was cancelled meanwhile.
  [[nodiscard]] virtual Result<bool> report(Tx& tx, const Run& run) = 0;
  // To Succeeded, Failed or Cancelled, where it is still open. Errors: `run.not_open` (409).
  [[nodiscard]] virtual Result<void> finish(Tx& tx, const Run& run) = 0;
  // After a restart: what was running is queued again, or failed when it was tried too often. Returns how many.
  [[nodiscard]] virtual Result<std::int64_t> requeue_interrupted(Tx& tx, Timestamp now) = 0;

  // The next time an object is due; nullopt: never.
  [[nodiscard]] virtual Result<void> set_due(Tx& tx, RunKind kind, std::string_view object, std::optional<Timestamp> due_at) = 0;
  [[nodiscard]] virtual Result<std::vector<DueObject>> due(Tx& tx, Timestamp now, int limit) = 0;
};

}  // namespace weft
