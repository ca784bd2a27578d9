// Exceptions stop at adapters. One that escapes is a bug; on a thread of its own it would end the server, so what such a
// thread does is done in caught().
#pragma once

#include <exception>
#include <type_traits>

#include "base/result.h"

namespace weft {

[[nodiscard]] inline Error bug(std::string detail) {
  return make_error(ErrorKind::Internal, "server.bug", "The server met a situation that it should never meet.")
      .with_hint("Report it with the request id.")
      .with_detail(std::move(detail));
}

// What `work` returns, a Result, or the bug that it threw.
template <typename Work>
[[nodiscard]] std::invoke_result_t<Work&> caught(Work work) {
  try {
    return work();
  } catch (const std::exception& exception) {
    return fail(bug(exception.what()));
  } catch (...) {
    return fail(bug("something that is no exception"));
  }
}

}  // namespace weft
