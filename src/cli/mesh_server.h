// The running server: everything that `weft serve` is made of, built from the bottom up and taken down in reverse. The one
// place beside main.cpp that names concrete adapters.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "base/json.h"
#include "base/setting.h"
#include "mesh/identity/user_store.h"
#include "platform/crypto/crypto.h"
#include "platform/db/database.h"
#include "platform/http/server.h"

namespace weft {

struct MeshServerOptions {
  std::filesystem::path data;
  std::string host = "127.0.0.1";
  std::uint16_t port = 8080;
  std::filesystem::path binary;  // this executable, for the workers
  std::filesystem::path share;   // share/weft beside it
  Settings settings;
  std::function<void()> when_lost;  // on any thread: another server took over; this one is to be stopped
  std::string database_to_record;   // --database as given: written to weft.toml once the folder is ours; empty: nothing
};

class MeshServer {
 public:
  virtual ~MeshServer() = default;
  [[nodiscard]] virtual std::string url() const = 0;
  // Where it listens, whatever it is called outside.
  [[nodiscard]] virtual std::string local_url() const = 0;
  // A one-time link by which the first administrator sets his password; nullopt when there is an administrator.
  [[nodiscard]] virtual Result<std::optional<std::string>> first_link() = 0;
  // Another server has taken over the metadata store.
  [[nodiscard]] virtual bool lost() const = 0;
  // The table of routes, each as describe() tells it.
  [[nodiscard]] virtual json::array routes() const = 0;
  // Finishes what runs, at most settings.server.drain_seconds. Blocks. Idempotent.
  virtual void stop() = 0;
};

// Takes the lock on the data folder, migrates, starts workers, jobs and the doors.
// Errors: `data.in_use`, `server.elsewhere`, `store.*`, `server.*`, `worker.*`, `secret.*`.
[[nodiscard]] Result<std::unique_ptr<MeshServer>> start_mesh_server(MeshServerOptions options);

}  // namespace weft
