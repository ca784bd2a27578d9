#include "platform/http/ask_handler.h"

#include <fmt/format.h>

#include "base/caught.h"
#include "platform/http/cors.h"
#include "platform/http/problem.h"

namespace weft::http {

namespace {

// What `ask` answers, or the 500 for what it throws.
template <typename Ask>
auto guarded(ServerState& state, const RequestHead& head, std::string_view doing, Ask ask) -> std::expected<decltype(ask()), Response> {
  std::string thrown;
  try {
    return ask();
  } catch (const std::exception& exception) {
    thrown = exception.what();
  } catch (...) {
    thrown = "something that is no exception";
  }
  state.log_failure(fmt::format("request {}: {} threw {}", head.request_id, doing, thrown));
  return std::unexpected(problem(bug(thrown), head));
}

}  // namespace

Admission ask_admission(ServerState& state, const RequestHead& head) {
  Admission admission;
  if ((admission.answer = answer_preflight(state.settings.cors_origins, head))) return admission;
  auto asked = guarded(state, head, "admit()", [&] { return state.handler.admit(head); });
  if (asked) return *std::move(asked);
  admission.answer = std::move(asked).error();
  return admission;
}

Response ask_answer(ServerState& state, const RequestHead& head, std::string&& body, std::shared_ptr<const Cancel> client_left) {
  auto asked = guarded(state, head, "handle()", [&] {
    Request request;
    static_cast<RequestHead&>(request) = head;
    request.body = std::move(body);
    request.client_left = std::move(client_left);
    return state.handler.handle(std::move(request));
  });
  return asked ? *std::move(asked) : std::move(asked).error();
}

}  // namespace weft::http
