#include "mesh/run/trim_select.h"

#include <algorithm>

namespace weft {

namespace {

bool is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

bool is_word(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return std::isalnum(byte) != 0 || c == '_' || c == '$' || byte >= 0x80;
}

// Reads SQL token by token, as far as it takes to tell a semicolon and a comment from one within quotes.
class Tokens {
 public:
  explicit Tokens(std::string_view sql) : sql_(sql) {}

  enum class Kind { Semicolon, Other, End };
  // Passes over blanks and comments.
  Kind next() {
    while (at_ < sql_.size() && skip_blank()) {
    }
    if (at_ == sql_.size()) return Kind::End;
    const char c = sql_[at_];
    if (c == '\'') {
      quoted(c, Backslash::Plain);
    } else if (c == '"') {
      quoted(c, Backslash::Plain);
    } else if ((c == 'e' || c == 'E') && at(1) == '\'') {
      ++at_;
      quoted('\'', Backslash::Escapes);
    } else if (c == '$') {
      dollar_quoted();
    } else if (is_word(c)) {
      at_ = static_cast<std::size_t>(std::find_if_not(sql_.begin() + static_cast<std::ptrdiff_t>(at_), sql_.end(), is_word) - sql_.begin());
    } else {
      ++at_;
    }
    return c == ';' ? Kind::Semicolon : Kind::Other;
  }
  // Where the token that next() found ends.
  [[nodiscard]] std::size_t end() const { return at_; }

 private:
  enum class Backslash { Plain, Escapes };

  [[nodiscard]] char at(std::size_t ahead) const { return at_ + ahead < sql_.size() ? sql_[at_ + ahead] : '\0'; }

  bool skip_blank() {
    if (is_blank(sql_[at_])) {
      ++at_;
    } else if (sql_[at_] == '-' && at(1) == '-') {
      at_ = std::min(sql_.find_first_of("\r\n", at_), sql_.size());
    } else if (sql_[at_] == '/' && at(1) == '*') {
      block_comment();
    } else {
      return false;
    }
    return true;
  }

  // They nest.
  void block_comment() {
    std::size_t depth = 0;
    do {
      if (sql_[at_] == '/' && at(1) == '*') {
        ++depth;
        at_ += 2;
      } else if (sql_[at_] == '*' && at(1) == '/') {
        --depth;
        at_ += 2;
      } else {
        ++at_;
      }
    } while (depth > 0 && at_ < sql_.size());
    at_ = std::min(at_, sql_.size());
  }

  // A doubled quote ends one text and begins another, which comes to the same.
  void quoted(char quote, Backslash backslash) {
    for (++at_; at_ < sql_.size() && sql_[at_] != quote; ++at_) {
      if (sql_[at_] == '\\' && backslash == Backslash::Escapes) ++at_;
    }
    at_ = std::min(at_ + 1, sql_.size());
  }

  // `$$text$$`, `$tag$text$tag$`; anything else that begins so is a word.
  void dollar_quoted() {
    std::size_t tag = 1;
    while (is_word(at(tag)) && at(tag) != '$') ++tag;
    const auto mark = sql_.substr(at_, tag + 1);
    at_ += tag;
    if (!mark.ends_with('$') || mark.size() < 2 || std::isdigit(static_cast<unsigned char>(mark[1])) != 0) return;
    const auto end = sql_.find(mark, at_ + 1);
    at_ = end == std::string_view::npos ? sql_.size() : end + mark.size();
  }

  std::string_view sql_;
  std::size_t at_ = 0;
};

}  // namespace

std::string_view trim_select(std::string_view sql) {
  Tokens tokens(sql);
  std::size_t end = 0;
  bool ended = false;
  for (auto kind = tokens.next(); kind != Tokens::Kind::End; kind = tokens.next()) {
    if (kind == Tokens::Kind::Semicolon) {
      ended = ended || end > 0;
    } else if (ended) {
      return sql;
    } else {
      end = tokens.end();
    }
  }
  return sql.substr(0, end);
}

}  // namespace weft
