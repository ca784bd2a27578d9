#include "platform/duck/snapshot_sql.h"

namespace weft::duck {

namespace {

constexpr int kRowGroupRows = 122'880;

struct Replacement {
  std::string_view word, portable;
};
constexpr Replacement kReplacements[] = {
    {"HUGEINT", "DECIMAL(38,0)"}, {"UHUGEINT", "VARCHAR"}, {"BIGNUM", "VARCHAR"},   {"VARINT", "VARCHAR"},       {"BIT", "VARCHAR"},
    {"INTERVAL", "VARCHAR"},      {"VARIANT", "VARCHAR"},  {"GEOMETRY", "VARCHAR"}, {"TIMESTAMP_S", "TIMESTAMP"}, {"TIMESTAMP_MS", "TIMESTAMP"}};

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

// The end of a quoted piece that begins at `at`; the quote is doubled inside.
std::size_t end_of_quoted(std::string_view text, std::size_t at) {
  const char quote = text[at];
  for (std::size_t i = at + 1; i < text.size(); ++i) {
    if (text[i] != quote) continue;
    if (i + 1 < text.size() && text[i + 1] == quote) {
      ++i;
      continue;
    }
    return i + 1;
  }
  return text.size();
}

std::size_t end_of_parentheses(std::string_view text, std::size_t at) {
  int depth = 0;
  while (at < text.size()) {
    if (text[at] == '\'' || text[at] == '"') {
      at = end_of_quoted(text, at);
      continue;
    }
    if (text[at] == '(') ++depth;
    if (text[at] == ')' && --depth == 0) return at + 1;
    ++at;
  }
  return text.size();
}

}  // namespace

std::string portable_type(std::string_view type) {
  std::string result;
  std::size_t at = 0;
  // The first word of a struct's field is its name, not a type.
  bool field_name = false;
  std::vector<bool> in_struct;
  while (at < type.size()) {
    const char c = type[at];
    if (c == '\'' || c == '"') {
      const auto end = end_of_quoted(type, at);
      if (c == '"' && type.substr(at, end - at) == "\"NULL\"" && !field_name) {
        result += "VARCHAR";
      } else {
        result += type.substr(at, end - at);
      }
      field_name = false;
      at = end;
      continue;
    }
    if (!is_word(c)) {
      if (c == '(') {
        const bool of_struct = result.ends_with("STRUCT") || result.ends_with("UNION");
        in_struct.push_back(of_struct);
        field_name = of_struct;
      } else if (c == ')' && !in_struct.empty()) {
        in_struct.pop_back();
      } else if (c == ',') {
        field_name = !in_struct.empty() && in_struct.back();
      }
      result += c;
      ++at;
      continue;
    }
    auto end = at;
    while (end < type.size() && is_word(type[end])) ++end;
    const auto word = type.substr(at, end - at);
    at = end;
    if (field_name) {
      result += word;
      field_name = false;
      continue;
    }
    if (word == "ENUM") {
      result += "VARCHAR";
      at = end_of_parentheses(type, at);
      continue;
    }
    constexpr std::string_view kWithZone = " WITH TIME ZONE";
    if (word == "TIME" && type.substr(at).starts_with(kWithZone)) {
      result += "VARCHAR";
      at += kWithZone.size();
      continue;
    }
    auto replacement = std::ranges::find(kReplacements, word, &Replacement::word);
    result += replacement == std::end(kReplacements) ? word : replacement->portable;
  }
  return result;
}

std::string portable_select_item(const Column& column) {
  const auto name = quote_identifier(column.name);
  const auto type = portable_type(column.type);
  if (type == column.type) return name;
  return fmt::format("CAST({} AS {}) AS {}", name, type, name);
}

std::string copy_to_parquet(std::string_view select, std::string_view target) {
  return fmt::format("COPY ({}) TO {} (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {})", select, quote_literal(target), kRowGroupRows);
}

}  // namespace weft::duck
