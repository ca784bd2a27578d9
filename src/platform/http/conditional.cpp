#include "platform/http/conditional.h"

#include <algorithm>

#include "platform/http/field.h"

namespace weft::http {

namespace {

constexpr std::string_view kSuffix = "-gzip\"";

std::string_view without_weakness(std::string_view etag) { return etag.starts_with("W/") ? etag.substr(2) : etag; }

}  // namespace

bool has_current_version(const RequestHead& head, std::string_view etag) {
  if (head.method != Method::Get && head.method != Method::Head) return false;
  const auto condition = joined_field(head.headers, "if-none-match");
  return std::ranges::any_of(list_elements(condition),
                             [&](std::string_view known) { return known == "*" || without_weakness(known) == without_weakness(etag); });
}

bool expects_version(const RequestHead& head, std::string_view etag) {
  const auto condition = joined_field(head.headers, "if-match");
  const auto variant = std::string(etag.substr(0, etag.empty() ? 0 : etag.size() - 1)) + '.';
  return std::ranges::any_of(list_elements(condition),
                             [&](std::string_view known) { return known == "*" || known == etag || known.starts_with(variant); });
}

std::string with_gzip_suffix(std::string_view etag) {
  if (etag.size() < 2 || !etag.starts_with('"') || !etag.ends_with('"')) return std::string(etag);
  return std::string(etag.substr(0, etag.size() - 1)).append(kSuffix);
}

GzipSuffix remove_gzip_suffixes(Headers& headers) {
  auto found = GzipSuffix::Absent;
  for (auto& [name, value] : headers) {
    if (!equal_ignoring_case(name, "if-none-match") && !equal_ignoring_case(name, "if-match")) continue;
    for (auto at = value.find(kSuffix); at != std::string::npos; at = value.find(kSuffix, at)) {
      value.replace(at, kSuffix.size(), "\"");
      found = GzipSuffix::Removed;
    }
  }
  return found;
}

}  // namespace weft::http
