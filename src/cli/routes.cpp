#include <unistd.h>

#include "cli/command.h"
#include "cli/running_server.h"
#include "cli/terminal.h"
#include "platform/log/log.h"

namespace weft {

namespace {

// A server is put together on a folder that goes away with it: the table is the real one.
class TemporaryFolder {
 public:
  TemporaryFolder() : path_((std::filesystem::temp_directory_path() / "weft-routes-XXXXXX").string()) {
    made_ = ::mkdtemp(path_.data()) != nullptr;
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() {
    std::error_code ignored;
    if (made_) std::filesystem::remove_all(path_, ignored);
  }
  [[nodiscard]] bool made() const { return made_; }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
  bool made_ = false;
};

}  // namespace

Result<void> print_routes() {
  const TemporaryFolder folder;
  if (!folder.made()) return fail(ErrorKind::Internal, "data.unusable", "No temporary folder can be made.");
  ServeOptions options;
  options.folder.data = folder.path();
  options.folder.flags.push_back({"log.level", std::string("error"), "weft routes"});
  options.listen = "127.0.0.1:0";
  auto server = TRY(start_mesh_server(TRY(make_server_options(options))));
  const auto routes = json::serialize(server->routes());
  server->stop();
  return write_output(routes + "\n");
}

}  // namespace weft
