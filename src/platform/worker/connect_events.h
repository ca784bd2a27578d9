// A worker's connect(), reported by the kernel instead of carried out (system_calls.h): the server puts a connected
// socket in the place of the worker's own, or refuses.
#pragma once

#include <functional>

#include "platform/worker/file_descriptor.h"

namespace weft {

// Answers one waiting event. `connection` gives what the worker shall be connected to; invalid: refused (EACCES). What
// address the worker named plays no part, so it can't matter that it may change it meanwhile.
void answer_connect(int connect_events, const std::function<FileDescriptor()>& connection);

}  // namespace weft
