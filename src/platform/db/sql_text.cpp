#include "platform/db/sql_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <optional>

#include "base/ascii.h"

namespace weft {
namespace {

bool is_word_character(char character) {
  return std::isalnum(static_cast<unsigned char>(character)) != 0 || character == '_' || character == '$' ||
         static_cast<unsigned char>(character) >= 0x80;
}

bool is_space(char character) { return std::isspace(static_cast<unsigned char>(character)) != 0; }

enum class PieceKind { Space, Comment, Quoted, Word, Sign };

struct Piece {
  PieceKind kind;
  std::string_view text;
};

// The end of what a quote opens; a doubled quote is part of it. An unclosed one reaches to the end of the text.
std::size_t end_of_quoted(std::string_view text, char quote) {
  for (std::size_t at = 1; at < text.size(); ++at) {
    if (text[at] != quote) continue;
    if (at + 1 < text.size() && text[at + 1] == quote) {
      ++at;
      continue;
    }
    return at + 1;
  }
  return text.size();
}

// Block comments nest, as PostgreSQL has it.
std::size_t end_of_block_comment(std::string_view text) {
  std::size_t depth = 0;
  for (std::size_t at = 0; at < text.size();) {
    const auto pair = text.substr(at, 2);
    if (pair == "/*") {
      ++depth;
      at += 2;
    } else if (pair == "*/") {
      at += 2;
      if (--depth == 0) return at;
    } else {
      ++at;
    }
  }
  return text.size();
}

// `$tag$ … $tag$`; 0 when the text doesn't begin with one.
std::size_t end_of_dollar_quoted(std::string_view text) {
  std::size_t tag_end = 1;
  while (tag_end < text.size() && text[tag_end] != '$' && is_word_character(text[tag_end])) ++tag_end;
  if (tag_end >= text.size() || text[tag_end] != '$') return 0;
  if (tag_end > 1 && std::isdigit(static_cast<unsigned char>(text[1])) != 0) return 0;  // `$1$`: a parameter
  const auto tag = text.substr(0, tag_end + 1);
  const auto close = text.find(tag, tag.size());
  return close == std::string_view::npos ? text.size() : close + tag.size();
}

// REQUIRES: `text` is not empty.
Piece first_piece(std::string_view text) {
  const char first = text.front();
  if (is_space(first)) {
    const auto end = std::ranges::find_if_not(text, is_space);
    return {PieceKind::Space, text.substr(0, static_cast<std::size_t>(end - text.begin()))};
  }
  if (text.starts_with("--")) return {PieceKind::Comment, text.substr(0, text.find('\n'))};
  if (text.starts_with("/*")) return {PieceKind::Comment, text.substr(0, end_of_block_comment(text))};
  if (first == '\'' || first == '"') return {PieceKind::Quoted, text.substr(0, end_of_quoted(text, first))};
  if (first == '$') {
    if (const auto end = end_of_dollar_quoted(text)) return {PieceKind::Quoted, text.substr(0, end)};
  }
  if (is_word_character(first)) {
    const auto end = std::ranges::find_if_not(text, is_word_character);
    return {PieceKind::Word, text.substr(0, static_cast<std::size_t>(end - text.begin()))};
  }
  return {PieceKind::Sign, text.substr(0, 1)};
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

// Follows the words of one statement to tell whether a `;` lies within the body of a trigger or function.
class BodyDepth {
 public:
  void see(std::string_view word) {
    const auto lowered = lower_case(word);
    if (!has_first_word_) {
      creates_ = lowered == "create";
      has_first_word_ = true;
    }
    if (!creates_) return;
    if (lowered == "trigger" || lowered == "function" || lowered == "procedure") may_have_body_ = true;
    if (!may_have_body_) return;
    if (depth_ == 0) {
      if (lowered == "begin") depth_ = 1;
    } else if (lowered == "case") {
      ++depth_;
    } else if (lowered == "end") {
      --depth_;
    }
  }
  [[nodiscard]] bool inside() const { return depth_ > 0; }

 private:
  bool has_first_word_ = false;
  bool creates_ = false;
  bool may_have_body_ = false;
  int depth_ = 0;
};

enum class Section { Both, Sqlite, Postgres };

// The section that `line` opens, if it opens one.
std::optional<Section> opened_section(std::string_view line) {
  line = trim(line);
  if (!line.starts_with("--") || !line.ends_with(':')) return std::nullopt;
  const auto name = lower_case(trim(line.substr(2, line.size() - 3)));
  if (name == "sqlite") return Section::Sqlite;
  if (name == "postgres") return Section::Postgres;
  if (name == "both") return Section::Both;
  return std::nullopt;
}

}  // namespace

std::string section_for(std::string_view text, Dialect dialect) {
  const auto wanted = dialect == Dialect::Sqlite ? Section::Sqlite : Section::Postgres;
  auto section = Section::Both;
  std::string kept;
  kept.reserve(text.size());
  while (!text.empty()) {
    const auto newline = text.find('\n');
    const auto line = text.substr(0, newline == std::string_view::npos ? text.size() : newline + 1);
    text.remove_prefix(line.size());
    const auto opened = opened_section(line);
    if (opened) section = *opened;
    if (!opened && (section == Section::Both || section == wanted)) {
      kept += line;
    } else if (line.ends_with('\n')) {
      kept += '\n';
    }
  }
  return kept;
}

std::vector<std::string> split_statements(std::string_view text) {
  std::vector<std::string> statements;
  std::string statement;
  bool says_something = false;
  BodyDepth body;
  const auto end_statement = [&] {
    if (says_something) statements.emplace_back(trim(statement));
    statement.clear();
    says_something = false;
    body = {};
  };
  while (!text.empty()) {
    const auto piece = first_piece(text);
    text.remove_prefix(piece.text.size());
    if (piece.kind == PieceKind::Sign && piece.text == ";" && !body.inside()) {
      end_statement();
      continue;
    }
    if (piece.kind == PieceKind::Word) body.see(piece.text);
    if (piece.kind != PieceKind::Space && piece.kind != PieceKind::Comment) says_something = true;
    statement += piece.text;
  }
  end_statement();
  return statements;
}

NumberedText number_parameters(std::string_view text) {
  NumberedText numbered;
  numbered.text.reserve(text.size() + 16);
  while (!text.empty()) {
    const auto piece = first_piece(text);
    text.remove_prefix(piece.text.size());
    if (piece.kind == PieceKind::Sign && piece.text == "?") {
      numbered.text += fmt::format("${}", ++numbered.parameters);
    } else {
      numbered.text += piece.text;
    }
  }
  return numbered;
}

}  // namespace weft
