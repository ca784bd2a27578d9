#include "platform/duck/explain_failure.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>

namespace weft::duck {
namespace {

constexpr std::size_t kMaxTextBytes = 2000, kMaxNameBytes = 200;

// Told before any row is looked at: nothing but the SQL, names and types stands in their text.
constexpr auto kAboutSql = std::to_array<std::string_view>({"query.parser", "query.binder", "query.not_implemented", "query.denied"});

// Fixed sentences of DuckDB's readers of files.
struct Phrase {
  std::string_view text, ours;
};
constexpr auto kPhrases = std::to_array<Phrase>({
    {"Error when sniffing file", "how the CSV is written could not be made out"},
    {"Expected Number of Columns", "the line has another number of columns"},
    {"unterminated quote", "a quote is not closed"},
    {"Maximum line size", "the line is too long"},
    {"Invalid unicode", "the text is not UTF-8"},
    {"not utf-8 encoded", "the text is not UTF-8"},
    {"invalid UTF8 characters", "the text is not UTF-8"},
    {"Malformed JSON", "the JSON is malformed"},
    {"No magic bytes", "this is no Parquet file"},
    {"file is not a database", "this is no SQLite file"},
    {"column was declared as", "a value is of another type than the column"},
});

// What stands behind the last `opening`, up to one of `ends`. The last, since a value that looks like it comes before.
std::string_view behind(std::string_view text, std::string_view opening, std::string_view ends) {
  const auto at = text.rfind(opening);
  if (at == std::string_view::npos) return {};
  text.remove_prefix(at + opening.size());
  return text.substr(0, std::min(text.find_first_of(ends), kMaxNameBytes));
}

std::string_view digits_behind(std::string_view text, std::string_view opening) {
  const auto found = behind(text, opening, "\n ,:");
  return found.find_first_not_of("0123456789") == std::string_view::npos ? found : std::string_view();
}

// `INT32`, `DECIMAL(9,2)`; text in other letters is no type.
std::string_view type_behind(std::string_view text, std::string_view opening) {
  const auto found = behind(text, opening, "\n '.:");
  constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_(),[]";
  return found.find_first_not_of(kLetters) == std::string_view::npos ? found : std::string_view();
}

// The name that SQLite's reader tells before it quotes the value.
std::string_view first_quoted(std::string_view text, std::string_view opening) {
  const auto at = text.find(opening);
  if (at == std::string_view::npos) return {};
  text.remove_prefix(at + opening.size());
  return text.substr(0, std::min(text.find('"'), kMaxNameBytes));
}

std::string place_in(std::string_view text) {
  std::string place;
  auto add = [&](std::string_view word, std::string_view what) {
    if (!what.empty()) place += fmt::format("{}{}{}", place.empty() ? "" : ", ", word, what);
  };
  // The reader's own words about a CSV end with its settings; those about a cast with the SQL.
  auto line = digits_behind(text, "CSV Error on Line: ");
  if (line.empty()) line = digits_behind(text, " in line ");
  add("line ", line);
  auto column = behind(text, "\nColumn ", "\n");
  if (const auto end = column.find(" is being converted"); end != std::string_view::npos) {
    column = column.substr(0, end);
  } else {
    column = behind(text, "when casting from source column ", "\n");
    if (column.find('\'') != std::string_view::npos) column = {};  // the value itself said so: its closing quote follows
  }
  if (column.empty()) column = first_quoted(text, "Invalid type in column \"");
  add("column ", column);
  auto type = type_behind(text, "is being converted as type ");
  if (type.empty()) type = type_behind(text, "' to ");
  add("to ", type);
  for (const auto& phrase : kPhrases) {
    if (text.find(phrase.text) != std::string_view::npos && !place.ends_with(phrase.ours)) add("", phrase.ours);
  }
  return place;
}

}  // namespace

Error explain_failure(Error error) {
  const std::string text = std::exchange(error.detail, {});
  if (text.empty()) return error;
  const bool about_files = text.starts_with("IO Error");
  if (about_files || std::ranges::find(kAboutSql, error.id) != kAboutSql.end()) {
    error.message = text.substr(0, kMaxTextBytes);
    return error;
  }
  const auto place = place_in(text);
  if (place.empty()) return error;
  if (error.message.ends_with('.')) error.message.pop_back();
  error.message += fmt::format(" ({}).", place);
  return error;
}

}  // namespace weft::duck
