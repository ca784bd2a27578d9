// Confined child processes (`weft worker`): whatever reads foreign bytes or runs a user's SQL happens there, never in
// the server. A worker is started ahead of need, confines itself first thing in main(), serves ONE job and exits; the
// pool keeps spares warm, so a job never waits for a start and never meets what an earlier job left behind.
//
// The worker's world is one folder (`<root>/<worker id>/` with in/, out/, tmp/): the server links a job's inputs into
// in/ and takes its outputs from out/. A pull worker may beside that read the configured store folders and reach the
// one socket that the server opened for it; a transform worker has neither. No worker may fork, exec, or open sockets.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/cancel.h"
#include "base/json.h"
#include "base/result.h"
#include "base/setting_choice.h"

namespace weft {

enum class WorkerKind {
  Pull,       // reads a data store with SQL that we generated; may hold the store's secret
  Transform,  // runs a user's SQL over Parquet; no secret, no socket
};

struct WorkerInput {
  std::string name;            // appears as in/<name> to the worker
  std::filesystem::path file;  // linked (same file system) or copied
};

struct WorkerOutput {
  std::string name;            // out/<name> in the worker
  std::filesystem::path file;  // moved here when the job succeeded; parent folders exist
};

enum class RelayTls {
  Disable,
  Prefer,      // TLS if the server offers it, unverified
  Require,     // TLS, unverified
  VerifyFull,  // TLS; certificate and host name are verified
};

// The one PostgreSQL server that a pull job may reach. The server process connects and encrypts; the worker speaks plain
// PostgreSQL to the Unix socket folder WorkerContext::relay_host (libpq: `host=<relay_host> sslmode=disable`).
struct RelayTarget {
  std::string host;
  std::uint16_t port = 5432;
  RelayTls tls = RelayTls::Prefer;
  std::string ca_pem;  // for VerifyFull: trusted authorities; empty: the system's
  std::chrono::milliseconds connect_timeout{10'000};
};

// What to do: `verb` selects the function inside the worker, `arguments` is its JSON form (the verbs are registered where a worker starts).
struct WorkerJob {
  WorkerKind kind = WorkerKind::Transform;
  std::string verb;
  json::object arguments;
  std::vector<WorkerInput> inputs;
  std::vector<WorkerOutput> outputs;
  std::vector<std::filesystem::path> readable_folders;  // Pull only: must lie in WorkerOptions::store_folders
  std::optional<RelayTarget> relay;                     // Pull only
  std::chrono::milliseconds time_limit{600'000};
};

// Rows so far, if the worker knows; called on the thread that runs the job.
using WorkerProgress = std::function<void(std::int64_t rows)>;

struct WorkerOptions {
  std::filesystem::path binary;                      // this executable
  std::filesystem::path root;                        // folder for the workers' folders; emptied at start
  std::filesystem::path extensions;                  // DuckDB extension files, read-only
  std::vector<std::filesystem::path> store_folders;  // what pull workers may read (`stores.folders`)
  std::vector<std::string> store_addresses;          // what relays may reach (`stores.addresses`, see AddressPolicy)
  std::int64_t memory_bytes = 1LL << 30;             // of the process; DuckDB gets 75 % of it
  std::int64_t disk_bytes = 20LL << 30;              // of one worker's folder
  int threads = 2;
  int max_running = 2;  // at once, over both kinds; more wait in a bounded queue
  int spares = 1;       // kept warm per kind
  WithoutLandlock without_landlock = WithoutLandlock::Refuse;
};

class WorkerPool {
 public:
  virtual ~WorkerPool() = default;
  // Blocks until the job is done. On success the worker's JSON reply, outputs in place; on failure no output is.
  // Errors: what the worker reported (its id, message and hint are the user's to read), `worker.cancelled`,
  // `worker.timeout`, `worker.memory`, `worker.disk`, `worker.crashed`, `worker.queue_full` (Unavailable);
  // and when the job's relay could not connect, why: `data_store.address_blocked`, `data_store.unresolved`, `data_store.unreachable`,
  // `data_store.tls_refused`, `data_store.tls_failed`.
  // A cancelled job's worker is killed within 100 ms.
  [[nodiscard]] virtual Result<json::object> run(const WorkerJob& job, const Cancel& cancel, const WorkerProgress& progress) = 0;
  // Running and waiting jobs, warm spares: for metrics.
  struct State {
    int running = 0, waiting = 0, spare = 0;
  };
  [[nodiscard]] virtual State state() const = 0;
  // Kills all workers and refuses new jobs. Idempotent.
  virtual void stop() = 0;
};

// Errors: `worker.root_unusable`, `setting.invalid` (store_addresses), and `worker.no_landlock`, where the kernel lacks it and
// that is not allowed; where it is, warns (log) once.
[[nodiscard]] Result<std::unique_ptr<WorkerPool>> start_worker_pool(WorkerOptions options);

// Whether the kernel keeps workers from all files but their own.
[[nodiscard]] bool workers_are_confined();

// Inside the worker: the function of a verb. Throws nothing; errors are shown to the user.
struct WorkerContext {
  WorkerKind kind;
  std::filesystem::path in, out, tmp;
  std::filesystem::path extensions;
  std::int64_t duck_memory_bytes = 0;
  int threads = 1;
  std::vector<std::filesystem::path> readable_folders;
  std::string relay_host = "/relay";  // no such folder exists: every connect() leads to the job's relay, or nowhere
  WorkerProgress progress;
};
using WorkerVerb = std::function<Result<json::object>(const WorkerContext&, const json::object& arguments)>;
struct WorkerVerbEntry {
  WorkerKind kind;
  std::string name;
  WorkerVerb run;
};

// Runs confined and before the job is known, so that the job need not wait for it: whatever is slow the first time. A
// thread that it leaves behind keeps access to all store folders; one that the verb starts has the job's only.
using WorkerWarmUp = std::function<void(const WorkerContext&)>;

// main() of `weft worker`. Confines, warms up, reads one job, answers, exits; returns only when there was no job.
// REQUIRES: called first thing in main(), before any other thread.
int worker_main(int argc, char** argv, const std::vector<WorkerVerbEntry>& verbs, const WorkerWarmUp& warm_up = {});

}  // namespace weft
