// Errors are values. A function that can fail returns Result<T>; TRY unwraps it or hands the error to the caller.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace weft {

// What class of failure it is; one place (platform/http/problem.cpp) maps it to an HTTP status, another (cli) to an
// exit code.
enum class ErrorKind {
  Invalid,               // the input is malformed or breaks a rule: 400
  Unauthenticated,       // who are you: 401
  Denied,                // we know you, you may not: 403
  NotFound,              // it does not exist, or you may not know that it does: 404
  NotAcceptable,         // no representation that the client takes: 406
  Conflict,              // it contradicts the present state: 409
  PreconditionFailed,    // If-Match names a version that is no more: 412
  TooLarge,              // a limit on size was passed: 413
  UnsupportedMediaType,  // 415
  RangeNotSatisfiable,   // 416
  Unprocessable,         // well-formed, yet can't be done: 422
  PreconditionRequired,  // If-Match is missing: 428
  TooManyRequests,       // throttled; retry_after_seconds says how long: 429
  Internal,              // a bug or a broken machine; the detail stays in the log: 500
  Unavailable,           // not now: draining, migrating, store unreachable: 503
  Timeout,               // it took too long: 504
};

struct FieldError {
  std::string field;  // path in the body, such as `columns[2].name`
  std::string message;
};

// A failure, in words for the client and, apart from them, for the log.
struct [[nodiscard]] Error {
  ErrorKind kind = ErrorKind::Internal;
  std::string id;       // stable, `<noun>.<what>`: `subscription.already_decided`
  std::string message;  // for the client: what was wrong and where
  std::string hint;     // for the client: what to do about it
  std::string detail;   // for the log only; never leaves the process
  std::vector<FieldError> fields;
  std::optional<int> retry_after_seconds;

  Error&& with_hint(std::string text) && {
    hint = std::move(text);
    return std::move(*this);
  }
  Error&& with_detail(std::string text) && {
    detail = std::move(text);
    return std::move(*this);
  }
  Error&& with_fields(std::vector<FieldError> errors) && {
    fields = std::move(errors);
    return std::move(*this);
  }
};

// Message and hint as one text, for places that have but one line.
[[nodiscard]] inline std::string in_full(const Error& error) {
  if (error.hint.empty()) return error.message;
  const bool ends = !error.message.empty() && std::string_view(".!?").contains(error.message.back());
  return error.message + (ends ? " " : ". ") + error.hint;
}

template <typename T>
using Result = std::expected<T, Error>;

[[nodiscard]] inline Error make_error(ErrorKind kind, std::string id, std::string message) {
  Error error;
  error.kind = kind;
  error.id = std::move(id);
  error.message = std::move(message);
  return error;
}

// `return fail(ErrorKind::NotFound, "domain.not_found", "…");`
[[nodiscard]] inline std::unexpected<Error> fail(ErrorKind kind, std::string id, std::string message, std::string hint = {}) {
  auto error = make_error(kind, std::move(id), std::move(message));
  error.hint = std::move(hint);
  return std::unexpected(std::move(error));
}
[[nodiscard]] inline std::unexpected<Error> fail(Error error) { return std::unexpected(std::move(error)); }

}  // namespace weft

// `auto row = TRY(store.get_domain(tx, id));` Never around co_await: g++ 12 crashes on it.
#define TRY(expression)                                                       \
  ({                                                                          \
    auto&& try_result_ = (expression);                                        \
    if (!try_result_) return std::unexpected(std::move(try_result_).error()); \
    *std::move(try_result_);                                                  \
  })

// The same for a Result<void>.
#define CHECK(expression)                                                         \
  do {                                                                            \
    auto&& check_result_ = (expression);                                          \
    if (!check_result_) return std::unexpected(std::move(check_result_).error()); \
  } while (false)
