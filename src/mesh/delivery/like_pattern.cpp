#include "mesh/delivery/like_pattern.h"

#include "base/utf8.h"

namespace weft {

namespace {

// Where the general matcher is needed: one `%` before the end costs text × pattern, each further one the text again.
constexpr std::size_t kMaxSlowWildcards = 1;
constexpr std::size_t kMaxSlowBytes = 255;

}  // namespace

Result<LikePattern> parse_like_pattern(std::string_view column, std::string_view pattern) {
  // As PostgREST: `*` becomes `%` first, so `\*` is a literal `%`.
  std::string plain, escaped;
  std::size_t any = 0;
  bool one = false, special = false;  // there is a `_`; there is a literal % or _
  bool open_end = false;              // the last is a wildcard %
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    char c = pattern[i] == '*' ? '%' : pattern[i];
    if (c == '%') {
      if (open_end) continue;
      open_end = true;
      ++any;
      plain += c;
      escaped += c;
      continue;
    }
    open_end = false;
    if (c == '_') {
      one = true;
      plain += c;
      escaped += c;
      continue;
    }
    if (c == '\\') {
      if (++i == pattern.size()) {
        return fail(ErrorKind::Invalid, "data.like_escape",
                    fmt::format("the pattern for column \"{}\" must not end with the escape character", shorten(column, 80)),
                    "Write \\\\ for a backslash.");
      }
      c = pattern[i] == '*' ? '%' : pattern[i];
      if (c == '%' || c == '_') special = true;
    }
    plain += c;
    if (c == '%' || c == '_' || c == '\\') escaped += '\\';
    escaped += c;
  }
  if (any == 0 && !one) return LikePattern{LikePattern::Form::Equal, std::move(plain)};
  if (!one && !special) return LikePattern{LikePattern::Form::Like, std::move(plain)};
  if (any - (open_end ? 1 : 0) > kMaxSlowWildcards || escaped.size() > kMaxSlowBytes) {
    return fail(ErrorKind::Invalid, "data.like_too_complex",
                fmt::format("the pattern for column \"{}\" is too complex: with _ (or an escaped % or _) it may have one * and another at "
                            "its end, and {} bytes",
                            shorten(column, 80), kMaxSlowBytes),
                "Use only *, or several conditions.");
  }
  return LikePattern{LikePattern::Form::LikeEscaped, std::move(escaped)};
}

}  // namespace weft
