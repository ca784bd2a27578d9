// A position in a text that is being parsed, with the words of errors about it.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "base/utf8.h"

namespace weft {

// What ends a bare name. More is a name than in PostgREST, where only letters, digits, `_`, `$`, `-` and spaces are.
inline constexpr std::string_view kNameEnd = ".,:()\"!*{}[]<>\\";
inline constexpr std::string_view kQuoteHint = "Names with other characters than letters, digits, _, - and spaces stand in double quotes.";

class TextCursor {
 public:
  // `what`: names the text in errors: `the filter on 'month'`.
  TextCursor(std::string_view text, std::string what) : text_(text), what_(std::move(what)) {}

  [[nodiscard]] bool at_end() const { return at_ == text_.size(); }
  [[nodiscard]] char peek() const { return at_end() ? '\0' : text_[at_]; }  // U+0000 is in no query
  [[nodiscard]] bool at(std::string_view word) const { return text_.substr(at_).starts_with(word); }
  [[nodiscard]] std::string_view rest() const { return text_.substr(at_); }
  char next() { return text_[at_++]; }  // REQUIRES: !at_end()
  bool take(std::string_view word) {
    if (!at(word)) return false;
    at_ += word.size();
    return true;
  }
  void skip_blanks() {
    while (peek() == ' ' || peek() == '\t') ++at_;
  }
  void skip(std::size_t count) { at_ += count; }
  // The bytes up to the first of `stops`, or all.
  std::string_view take_until(std::string_view stops) {
    const auto end = std::min(text_.find_first_of(stops, at_), text_.size());
    const auto taken = text_.substr(at_, end - at_);
    at_ = end;
    return taken;
  }

  [[nodiscard]] std::unexpected<Error> fail_here(std::string_view expected, std::string hint = {}) const {
    const auto found = at_end() ? std::string("the end") : fmt::format("'{}'", shorten(rest(), 40));
    return fail(
        ErrorKind::Invalid, "data.syntax",
        fmt::format("failed to parse {} ({}): expected {} at character {}, found {}", what_, shorten(text_, 120), expected, at_ + 1, found),
        std::move(hint));
  }

 private:
  std::string_view text_;
  std::string what_;
  std::size_t at_ = 0;
};

// Without the spaces and tabs around it.
[[nodiscard]] std::string_view trim(std::string_view text);
// What follows an opening quote, up to and with the closing one; `\x` stands for x. nullopt: it isn't closed.
[[nodiscard]] std::optional<std::string> take_quoted(TextCursor& cursor);
// A column's name, bare or quoted.
[[nodiscard]] Result<std::string> take_name(TextCursor& cursor);
// Errors: `data.not_supported` where a JSON path goes on from a name.
[[nodiscard]] Result<void> refuse_json_path(const TextCursor& cursor);

}  // namespace weft
