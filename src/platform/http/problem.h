// The one place where an Error becomes an HTTP answer: problem+json (RFC 9457) with our `code`, `hint`, `request_id`.
#pragma once

#include "base/result.h"
#include "platform/http/message.h"

namespace weft::http {

[[nodiscard]] int status_of(ErrorKind kind);

// `detail` of the error is not shown; one without a hint gets that of its status. 401 carries WWW-Authenticate: Bearer, 429 and 503 Retry-After.
[[nodiscard]] Response problem(const Error& error, const RequestHead& head);

// The same with a status that no ErrorKind stands for; the server's own refusals of what is not HTTP.
[[nodiscard]] Response problem_with_status(int status, const Error& error, const RequestHead& head);

// Turns a problem into a 405 with `Allow`, whatever the shape of its JSON body: `status` and `title` in it are replaced.
void become_method_not_allowed(Response& response, std::string_view allow);

}  // namespace weft::http
