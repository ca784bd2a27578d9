// What `serve` and `demo` share: a server from start to SIGTERM.
#pragma once

#include <functional>

#include "cli/command.h"
#include "cli/mesh_server.h"

namespace weft {

// Makes the data folder, reads the settings, records the store. Errors: `serve.address`, `data.unusable`, `config.invalid`.
[[nodiscard]] Result<MeshServerOptions> make_server_options(const ServeOptions& options);

// Starts, calls `when_serving`, waits for SIGTERM or SIGINT, stops. An error of `when_serving` stops it at once.
[[nodiscard]] Result<void> run_server(MeshServerOptions options, const std::function<Result<void>(MeshServer&)>& when_serving);

}  // namespace weft
