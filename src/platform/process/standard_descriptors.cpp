#include "platform/process/standard_descriptors.h"

#include <fcntl.h>
#include <unistd.h>

namespace weft {

bool open_missing_standard_descriptors() {
  for (const int wanted : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(wanted, F_GETFD) >= 0) continue;
    // The lowest free number is the wanted one: those below it are open.
    if (::open("/dev/null", wanted == STDERR_FILENO ? O_WRONLY : O_RDONLY) != wanted) return false;
  }
  return true;
}

}  // namespace weft
