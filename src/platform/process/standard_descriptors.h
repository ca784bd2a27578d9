// The descriptors 0, 1 and 2, which whoever started us may have closed.
#pragma once

namespace weft {

// Gives the missing ones to /dev/null, so that no file or connection opened later takes their place. Input is at its end,
// what goes to standard errors is dropped, and to standard output nothing can be written: whoever closed it shall not be
// told that he got the result. False: a missing one can't be opened.
//
// Call it first in main(), before anything is opened.
[[nodiscard]] bool open_missing_standard_descriptors();

}  // namespace weft
