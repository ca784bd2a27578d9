#include "platform/http/cors.h"

#include <algorithm>

#include "platform/http/field.h"

namespace weft::http {

namespace {

constexpr std::string_view kExposed =
    "Content-Location, Content-Range, ETag, Link, Location, Preference-Applied, Range-Unit, Retry-After, "
    "Server-Timing, WWW-Authenticate, X-Request-Id";
constexpr std::size_t kMaxEchoedBytes = 1024;

bool is_allowed(const CorsOrigins& allowed, std::string_view origin) {
  return std::ranges::any_of(allowed, [&](const auto& known) { return known == "*" || known == origin; });
}

bool allows_all(const CorsOrigins& allowed) { return std::ranges::find(allowed, "*") != allowed.end(); }

// Only what is a list of header names is repeated to the browser.
bool is_token_list(std::string_view value) {
  return value.size() <= kMaxEchoedBytes && std::ranges::all_of(list_elements(value), is_token);
}

}  // namespace

std::optional<Response> answer_preflight(const CorsOrigins& allowed, const RequestHead& head) {
  const auto origin = head.header("origin");
  if (head.method != Method::Options || !origin || !head.header("access-control-request-method")) return std::nullopt;
  if (!is_allowed(allowed, *origin)) return std::nullopt;
  Response response;
  response.status = 204;
  response.set("Access-Control-Allow-Methods", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS");
  if (const auto wanted = head.header("access-control-request-headers"); wanted && is_token_list(*wanted)) {
    response.set("Access-Control-Allow-Headers", std::string(*wanted));
  }
  response.set("Access-Control-Max-Age", "600");
  response.set("Vary", "Access-Control-Request-Method, Access-Control-Request-Headers");
  return response;
}

Headers cors_headers(const CorsOrigins& allowed, const RequestHead& head) {
  Headers headers;
  if (allowed.empty()) return headers;
  const auto origin = head.header("origin");
  const bool all = allows_all(allowed);
  if (!all) headers.emplace_back("Vary", "Origin");
  if (!origin || !is_allowed(allowed, *origin)) return headers;
  headers.emplace_back("Access-Control-Allow-Origin", all ? "*" : std::string(*origin));
  if (!all) headers.emplace_back("Access-Control-Allow-Credentials", "true");
  headers.emplace_back("Access-Control-Expose-Headers", std::string(kExposed));
  return headers;
}

}  // namespace weft::http
