#include "mesh/delivery/text_cursor.h"

namespace weft {

std::string_view trim(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

std::optional<std::string> take_quoted(TextCursor& cursor) {
  std::string text;
  while (!cursor.at_end()) {
    const char c = cursor.next();
    if (c == '"') return text;
    if (c == '\\') {
      if (cursor.at_end()) return std::nullopt;
      text += cursor.next();
    } else {
      text += c;
    }
  }
  return std::nullopt;
}

Result<std::string> take_name(TextCursor& cursor) {
  cursor.skip_blanks();
  if (cursor.take("\"")) {
    auto name = take_quoted(cursor);
    if (!name) return cursor.fail_here("a closing double quote");
    if (name->empty()) return cursor.fail_here("a column name");
    cursor.skip_blanks();
    return *std::move(name);
  }
  std::string_view raw = cursor.rest();
  auto end = std::min(raw.find_first_of(kNameEnd), raw.size());
  raw = raw.substr(0, std::min(end, raw.find("->")));
  cursor.skip(raw.size());
  const auto name = trim(raw);
  if (name.empty()) return cursor.fail_here("a column name", std::string(kQuoteHint));
  return std::string(name);
}

Result<void> refuse_json_path(const TextCursor& cursor) {
  if (!cursor.at("->")) return {};
  return fail(ErrorKind::Invalid, "data.not_supported", "JSON paths (-> and ->>) are not supported.", "Select the whole column.");
}

}  // namespace weft
