#include "mesh/door/route_http.h"

#include <charconv>
#include <stdexcept>

#include "base/ascii.h"
#include "platform/crypto/crypto.h"
#include "platform/http/conditional.h"

namespace weft {

const std::string& Call::path(std::string_view name) const {
  for (const auto& [known, value] : path_values) {
    if (known == name) return value;
  }
  throw std::logic_error(fmt::format("route {} has no path value {}", route.pattern, name));
}

std::optional<std::string> Call::parameter(std::string_view name) const {
  for (const auto& [known, value] : query) {
    if (known == name) return value;
  }
  return std::nullopt;
}

Result<std::optional<Timestamp>> Call::time_parameter(std::string_view name) const {
  auto text = parameter(name);
  if (!text) return std::nullopt;
  auto time = parse_rfc3339(*text);
  if (!time) {
    return fail(ErrorKind::Invalid, "query.invalid", fmt::format("'{}' is not a time: {}", name, time.error().message),
                "Write times as RFC 3339, for example 2026-03-01T00:00:00Z; in a URL, + is written %2B.");
  }
  return *time;
}

Result<PageRequest> Call::page() const {
  PageRequest page;
  if (auto text = parameter("limit")) {
    auto [end, code] = std::from_chars(text->data(), text->data() + text->size(), page.limit);
    if (code != std::errc() || end != text->data() + text->size() || page.limit < 1 || page.limit > kMaxPageSize) {
      return fail(ErrorKind::Invalid, "query.invalid", fmt::format("limit must be a whole number from 1 to {}.", kMaxPageSize));
    }
  }
  if (auto text = parameter("cursor")) page.after = TRY(from_cursor(list(), *text));
  return page;
}

namespace {

// JSON in UTF-8, said or not said: RFC 8259 knows no other encoding, so a parameter that names one is a mistake.
bool is_json_type(std::string_view content_type) {
  const auto lower = lower_case(content_type);
  auto next = [rest = std::string_view(lower)]() mutable {
    auto part = rest.substr(0, rest.find(';'));
    rest.remove_prefix(std::min(part.size() + 1, rest.size()));
    while (part.starts_with(' ') || part.starts_with('\t')) part.remove_prefix(1);
    while (part.ends_with(' ') || part.ends_with('\t')) part.remove_suffix(1);
    return part;
  };
  const auto type = next();
  if (type != "application/json" && !(type.starts_with("application/") && type.ends_with("+json"))) return false;
  for (auto parameter = next(); !parameter.empty(); parameter = next()) {
    if (parameter.starts_with("charset=") && parameter != "charset=utf-8" && parameter != "charset=\"utf-8\"") return false;
  }
  return true;
}

}  // namespace

json::value Call::next(const std::optional<std::string>& key) const {
  return key ? json::value(to_cursor(list(), *key)) : json::value(nullptr);
}

std::string Call::list() const {
  json::array parts{route.pattern};
  for (const auto& [name, value] : path_values) parts.emplace_back(value);
  std::map<std::string_view, std::string_view> filters(query.begin(), query.end());
  filters.erase("limit");  // pages may grow and shrink on the way
  filters.erase("cursor");
  for (const auto& [name, value] : filters) parts.push_back(json::array{name, value});
  return json::serialize(parts);
}

Result<json::value> Call::body(bool empty_is_object) const {
  if (request.body.empty() && empty_is_object) return json::object{};
  auto type = request.header("content-type");
  if (!type || !is_json_type(*type)) {
    return fail(ErrorKind::UnsupportedMediaType, "body.not_json_type",
                fmt::format("The body's type is {}; this route reads JSON.", type ? fmt::format("'{}'", *type) : "not given"),
                "Send Content-Type: application/json.");
  }
  return parse_json(request.body);
}

Result<void> Call::require_match(std::int64_t version) const {
  const auto current = fmt::format("\"{}\"", version);
  if (http::expects_version(request, current)) return {};
  return fail(ErrorKind::PreconditionFailed, "precondition.failed",
              fmt::format("If-Match names {}, but the present version is {}.", request.header("if-match").value_or("nothing"), current),
              "Read it again, look at what changed, and send the change with the new ETag.");
}

void hide_from_others(std::vector<Route>& routes, std::string_view prefix, const Error& unknown) {
  for (auto& route : routes) {
    if (route.pattern.starts_with(prefix)) route.unknown_to_others = unknown;
  }
}

json::object describe(const Route& route) {
  json::array roles;
  std::string access;
  if (route.access.kind == Access::Kind::Roles) {
    for (auto role : route.access.roles.list()) {
      roles.emplace_back(to_text(role));
      access += fmt::format("{}{}", access.empty() ? "" : ", ", to_text(role));
    }
    if (route.access.roles == kAnyRole.roles) access = "any role";
  } else {
    access = route.access.kind == Access::Kind::Public ? "everybody" : "signed in";
  }
  return json::object{{"method", http::to_text(route.method)},
                      {"path", route.pattern},
                      {"access", std::move(access)},
                      {"roles", std::move(roles)},
                      {"query", json::array(route.query.begin(), route.query.end())}};
}

http::Response json_response(int status, const json::value& value) {
  return http::text_response(status, "application/json", json::serialize(value));
}

http::Response object_response(int status, const json::value& value, std::int64_t version) {
  auto response = json_response(status, value);
  response.set("ETag", fmt::format("\"{}\"", version));
  return response;
}

http::Response content_response(int status, const json::value& value) {
  constexpr std::size_t kTagLength = 32;
  auto text = json::serialize(value);
  const auto tag = sha256_hex(text).substr(0, kTagLength);
  auto response = http::text_response(status, "application/json", std::move(text));
  response.set("ETag", fmt::format("\"{}\"", tag));
  return response;
}

http::Response empty_response(int status) {
  http::Response response;
  response.status = status;
  return response;
}

namespace {

constexpr std::size_t kMaxCursorBytes = 4096;
constexpr std::size_t kSealBytes = 12;

// No secret: a cursor tells nothing and gives no right. It only must not be one of another list, or something made up.
std::string seal_of(std::string_view list, std::string_view key) {
  return sha256_hex(fmt::format("{}\n{}", list, key)).substr(0, kSealBytes);
}

}  // namespace

std::string to_cursor(std::string_view list, std::string_view key) { return to_base64url(fmt::format("{}{}", seal_of(list, key), key)); }

Result<std::string> from_cursor(std::string_view list, std::string_view cursor) {
  const auto text = cursor.size() <= kMaxCursorBytes ? from_base64url(cursor) : fail(ErrorKind::Invalid, "query.cursor", "");
  if (text && text->size() > kSealBytes) {
    auto key = text->substr(kSealBytes);
    if (text->starts_with(seal_of(list, key))) return key;
  }
  return fail(
      ErrorKind::Invalid, "query.cursor", "The cursor is not one that this list gave out for this query.",
      "Take it unchanged from the field 'next' of the page before and send it with the same filters, or leave it out to start anew.");
}

}  // namespace weft
