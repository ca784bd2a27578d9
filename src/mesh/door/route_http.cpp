#include "mesh/door/route_http.h"

#include <charconv>
#include <stdexcept>

#include "platform/crypto/crypto.h"

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
  if (auto text = parameter("cursor")) page.after = TRY(from_cursor(*text));
  return page;
}

namespace {

bool is_json_type(std::string_view content_type) {
  auto type = content_type.substr(0, content_type.find(';'));
  while (type.ends_with(' ')) type.remove_suffix(1);
  std::string lower(type);
  std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return lower == "application/json" || (lower.starts_with("application/") && lower.ends_with("+json"));
}

}  // namespace

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
  auto header = request.header("if-match");
  const auto current = fmt::format("\"{}\"", version);
  std::string_view rest = header.value_or("");
  while (!rest.empty()) {
    auto comma = rest.find(',');
    auto tag = rest.substr(0, comma);
    rest = comma == std::string_view::npos ? std::string_view{} : rest.substr(comma + 1);
    while (tag.starts_with(' ')) tag.remove_prefix(1);
    while (tag.ends_with(' ')) tag.remove_suffix(1);
    if (tag == "*" || tag == current) return {};
  }
  return fail(ErrorKind::PreconditionFailed, "precondition.failed",
              fmt::format("If-Match names {}, but the present version is {}.", header.value_or("nothing"), current),
              "Read it again, look at what changed, and send the change with the new ETag.");
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

http::Response empty_response(int status) {
  http::Response response;
  response.status = status;
  return response;
}

std::string to_cursor(std::string_view key) { return to_base64url(key); }

Result<std::string> from_cursor(std::string_view cursor) {
  auto key = cursor.size() <= 1024 ? from_base64url(cursor) : fail(ErrorKind::Invalid, "query.cursor", "");
  if (!key || key->empty() || key->find('\0') != std::string::npos) {
    return fail(ErrorKind::Invalid, "query.cursor", "The cursor is not one that a list gave out.",
                "Take it unchanged from the field 'next' of the page before, or leave it out to start anew.");
  }
  return *key;
}

}  // namespace weft
