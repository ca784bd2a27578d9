// Between connections and the handler. What it throws stops here: it is a bug, logged, and answered with 500.
#pragma once

#include "platform/http/server_state.h"

namespace weft::http {

// Preflights of browsers are answered without asking it.
[[nodiscard]] Admission ask_admission(ServerState& state, const RequestHead& head);

// Blocks as long as the handler does. The head is copied: whoever observes reads it later.
[[nodiscard]] Response ask_answer(ServerState& state, const RequestHead& head, std::string&& body,
                                  std::shared_ptr<const Cancel> client_left);

}  // namespace weft::http
