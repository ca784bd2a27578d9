#include "cli/command.h"
#include "cli/running_server.h"

namespace weft {

Result<void> demo(const ServeOptions& options) { return serve(options); }

}  // namespace weft
