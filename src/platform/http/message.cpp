#include "platform/http/message.h"

#include <fmt/format.h>

#include "base/ascii.h"
#include "base/utf8.h"
#include "platform/http/field.h"

namespace weft::http {

std::string_view to_text(Method method) {
  switch (method) {
    case Method::Get: return "GET";
    case Method::Head: return "HEAD";
    case Method::Post: return "POST";
    case Method::Put: return "PUT";
    case Method::Patch: return "PATCH";
    case Method::Delete: return "DELETE";
    case Method::Options: return "OPTIONS";
    case Method::Other: break;
  }
  return "?";
}

namespace {

constexpr std::size_t kMaxQueryBytes = 16 * 1024;
constexpr std::size_t kMaxQueryParameters = 1000;

enum class Plus { IsPlus, IsSpace };

// The decoded text, or what is wrong with it.
std::expected<std::string, std::string> decode(std::string_view text, Plus plus) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%') {
      const bool whole = i + 2 < text.size();
      const int high = whole ? hex_digit(text[i + 1]) : -1;
      const int low = whole ? hex_digit(text[i + 2]) : -1;
      if (high < 0 || low < 0) return std::unexpected(fmt::format("has a bad percent escape at byte {}", i));
      decoded.push_back(static_cast<char>(high * 16 + low));
      i += 2;
    } else {
      decoded.push_back(text[i] == '+' && plus == Plus::IsSpace ? ' ' : text[i]);
    }
  }
  if (decoded.find('\0') != std::string::npos) return std::unexpected("contains U+0000");
  if (find_invalid_utf8(decoded)) return std::unexpected("is not UTF-8");
  return decoded;
}

}  // namespace

std::optional<std::string_view> RequestHead::header(std::string_view name) const { return find_field(headers, name); }

std::optional<std::string_view> Response::header(std::string_view name) const { return find_field(headers, name); }

Response text_response(int status, std::string content_type, std::string body) {
  Response response;
  response.status = status;
  response.set("Content-Type", std::move(content_type));
  response.body = std::move(body);
  return response;
}

Result<std::vector<std::pair<std::string, std::string>>> parse_query(std::string_view raw) {
  if (raw.size() > kMaxQueryBytes) {
    return fail(ErrorKind::Invalid, "query.too_long",
                fmt::format("The query has {} bytes, at most {} are allowed.", raw.size(), kMaxQueryBytes));
  }
  std::vector<std::pair<std::string, std::string>> parameters;
  while (!raw.empty()) {
    const auto ampersand = raw.find('&');
    const auto pair = raw.substr(0, ampersand);
    raw.remove_prefix(ampersand == std::string_view::npos ? raw.size() : ampersand + 1);
    if (pair.empty()) continue;
    if (parameters.size() == kMaxQueryParameters) {
      return fail(ErrorKind::Invalid, "query.too_long", fmt::format("The query has more than {} parameters.", kMaxQueryParameters));
    }
    const auto equals = pair.find('=');
    auto name = decode(pair.substr(0, equals), Plus::IsSpace);
    auto value = decode(equals == std::string_view::npos ? std::string_view() : pair.substr(equals + 1), Plus::IsSpace);
    if (!name || !value) {
      return fail(ErrorKind::Invalid, "query.malformed",
                  name ? fmt::format("The value of the query parameter '{}' {}.", *name, value.error())
                       : fmt::format("The name of query parameter {} {}.", parameters.size() + 1, name.error()),
                  "Percent-encode names and values as UTF-8.");
    }
    parameters.emplace_back(std::move(*name), std::move(*value));
  }
  return parameters;
}

Result<std::string> decode_segment(std::string_view segment) {
  auto decoded = decode(segment, Plus::IsPlus);
  if (!decoded) {
    return fail(ErrorKind::Invalid, "path.malformed", fmt::format("A segment of the path {}.", decoded.error()),
                "Percent-encode each segment as UTF-8.");
  }
  return std::move(*decoded);
}

}  // namespace weft::http
