// The system calls that a worker keeps (seccomp). What is not on the list fails as if the kernel had never heard of it,
// what no honest code would try kills the process.
#pragma once

#include "base/result.h"
#include "platform/worker/file_descriptor.h"
#include "platform/worker/worker.h"

namespace weft {

// Binds the calling thread and its later children for ever; sets no_new_privs.
//
// A pull worker's connect() is not carried out by the kernel but reported on the returned descriptor, whose holder may
// put a connected socket in place of the worker's own; so it reaches what the server decides, whatever address it
// names. The descriptor is invalid for a transform worker, and where the kernel can't do it: then connect() fails.
// Errors: `worker.seccomp`.
[[nodiscard]] Result<FileDescriptor> restrict_system_calls(WorkerKind kind);

}  // namespace weft
