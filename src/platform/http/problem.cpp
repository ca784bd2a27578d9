#include "platform/http/problem.h"

#include <fmt/format.h>

#include "base/json.h"
#include "base/utf8.h"
#include "platform/http/status.h"

namespace weft::http {

namespace {

constexpr int kDefaultRetrySeconds = 1;

// Messages quote what clients sent, which need not be text: bytes that are none become U+FFFD.
json::string text(std::string_view bytes) {
  json::string clean;
  while (const auto invalid = find_invalid_utf8(bytes)) {
    clean.append(bytes.data(), bytes.data() + *invalid);
    clean.append("\xEF\xBF\xBD");
    bytes.remove_prefix(*invalid + 1);
  }
  clean.append(bytes.data(), bytes.data() + bytes.size());
  return clean;
}

// For an error that has no hint of its own.
std::string_view hint_of(int status, const Error& error) {
  if (!error.hint.empty()) return error.hint;
  if (!error.fields.empty()) return "Mend the fields that are named, and send it again.";
  switch (status) {
    case 401: return "Sign in, or send a token as Authorization: Bearer.";
    case 403: return "Ask whoever may, or a domain administrator for the role that it takes.";
    case 404: return "It is not there, or you may not know of it: look at the id.";
    case 409:
    case 412: return "Read it as it is now, and decide again.";
    case 429:
    case 503:
    case 504: return "Try again later.";
    default: return status >= 500 ? "Tell the operator the request_id." : "Mend what is named, and send it again.";
  }
}

}  // namespace

int status_of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::Invalid: return 400;
    case ErrorKind::Unauthenticated: return 401;
    case ErrorKind::Denied: return 403;
    case ErrorKind::NotFound: return 404;
    case ErrorKind::NotAcceptable: return 406;
    case ErrorKind::Conflict: return 409;
    case ErrorKind::PreconditionFailed: return 412;
    case ErrorKind::TooLarge: return 413;
    case ErrorKind::UnsupportedMediaType: return 415;
    case ErrorKind::RangeNotSatisfiable: return 416;
    case ErrorKind::Unprocessable: return 422;
    case ErrorKind::PreconditionRequired: return 428;
    case ErrorKind::TooManyRequests: return 429;
    case ErrorKind::Internal: return 500;
    case ErrorKind::Unavailable: return 503;
    case ErrorKind::Timeout: return 504;
  }
  return 500;
}

Response problem(const Error& error, const RequestHead& head) { return problem_with_status(status_of(error.kind), error, head); }

Response problem_with_status(int status, const Error& error, const RequestHead& head) {
  json::object body{{"type", "about:blank"},
                    {"title", text(reason_phrase(status))},
                    {"status", status},
                    {"detail", text(error.message)},
                    {"code", text(error.id)},
                    {"hint", text(hint_of(status, error))},
                    {"request_id", text(head.request_id)}};
  if (!error.fields.empty()) {
    json::array fields;
    for (const auto& [field, message] : error.fields) {
      fields.push_back(json::object{{"field", text(field)}, {"message", text(message)}});
    }
    body["errors"] = std::move(fields);
  }
  auto response = text_response(status, "application/problem+json", json::serialize(body));
  if (status == 401) response.set("WWW-Authenticate", "Bearer");
  if (error.retry_after_seconds || status == 429 || status == 503) {
    response.set("Retry-After", fmt::to_string(error.retry_after_seconds.value_or(kDefaultRetrySeconds)));
  }
  return response;
}

void become_method_not_allowed(Response& response, std::string_view allow) {
  response.status = 405;
  response.set("Allow", std::string(allow));
  auto* body = std::get_if<std::string>(&response.body);
  if (body == nullptr) return;
  boost::system::error_code not_json;
  auto value = json::parse(*body, not_json);
  if (not_json || !value.is_object()) return;
  value.as_object()["status"] = 405;
  value.as_object()["title"] = text(reason_phrase(405));
  *body = json::serialize(value);
}

}  // namespace weft::http
