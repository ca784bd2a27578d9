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

// Whose turn it is: the oldest queued run of one payer (the person who asked, or the domain whose rate did).
struct QueuedRun {
  RunId id;
  std::string payer;
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
  // One of each payer; first come those who have the fewest running, then those who were served longest ago.
  [[nodiscard]] virtual Result<std::vector<QueuedRun>> queued(Tx& tx, int limit) = 0;
  // That run, now Running under that fence with one more attempt; nullopt when it is queued no more.
  [[nodiscard]] virtual Result<std::optional<Run>> claim(Tx& tx, const RunId& id, std::int64_t fence, Timestamp now) = 0;
  // Writes rows and log of a running run; false when it was cancelled or taken away meanwhile.
  [[nodiscard]] virtual Result<bool> report(Tx& tx, const Run& run) = 0;
  // To Succeeded or Failed under the fence by which it was claimed; to Cancelled where it is still open.
  // Errors: `run.not_open` (409).
  [[nodiscard]] virtual Result<void> finish(Tx& tx, const Run& run) = 0;
  // Back to Queued, as if it had not been tried, where it still runs under its fence.
  [[nodiscard]] virtual Result<void> give_back(Tx& tx, const Run& run) = 0;
  // What runs under an older fence is nobody's any more: queued again. Returns how many.
  [[nodiscard]] virtual Result<std::int64_t> requeue_interrupted(Tx& tx, std::int64_t fence) = 0;
  // The one of that object that is queued or running.
  [[nodiscard]] virtual Result<std::optional<Run>> find_open(Tx& tx, std::string_view object) = 0;
  [[nodiscard]] virtual Result<RefreshState> refresh_state(Tx& tx, std::string_view object) = 0;
  // How often in a row, until now, its refreshes failed; what was cancelled does not count.
  [[nodiscard]] virtual Result<int> failures_in_a_row(Tx& tx, std::string_view object) = 0;

  // The files of all its snapshots, relative to the data folder.
  [[nodiscard]] virtual Result<std::vector<std::string>> snapshot_files(Tx& tx, std::string_view object) = 0;

  // The next time an object is due; nullopt: never.
  [[nodiscard]] virtual Result<void> set_due(Tx& tx, RunKind kind, std::string_view object, std::optional<Timestamp> due_at) = 0;
  [[nodiscard]] virtual Result<std::vector<DueObject>> due(Tx& tx, Timestamp now, int limit) = 0;

  // Removes runs that ended before `before`, at most `limit`; returns how many. Of each object its newest run and its last
  // successful one stay: what is done next rests on them. REQUIRES: Write.
  [[nodiscard]] virtual Result<std::int64_t> sweep(Tx& tx, Timestamp before, int limit) = 0;
};

}  // namespace weft
