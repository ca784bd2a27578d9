#include "platform/http/field.h"

#include <algorithm>
#include <array>

namespace weft::http {

namespace {

constexpr auto kTokenCharacters = [] {
  std::array<bool, 256> known{};
  for (int c = '0'; c <= '9'; ++c) known[c] = true;
  for (int c = 'a'; c <= 'z'; ++c) known[c] = known[c - ('a' - 'A')] = true;
  for (const unsigned char c : std::string_view("!#$%&'*+-.^_`|~")) known[c] = true;
  return known;
}();

bool is_token_character(char c) { return kTokenCharacters[static_cast<unsigned char>(c)]; }

}  // namespace

bool is_token(std::string_view text) { return !text.empty() && std::ranges::all_of(text, is_token_character); }

std::string_view trim(std::string_view text) {
  const auto blank = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

std::vector<std::string_view> list_elements(std::string_view value) {
  std::vector<std::string_view> elements;
  bool quoted = false;
  std::size_t start = 0;
  for (std::size_t i = 0; i <= value.size(); ++i) {
    if (i < value.size() && value[i] == '"') quoted = !quoted;
    if (i < value.size() && (quoted || value[i] != ',')) continue;
    if (auto element = trim(value.substr(start, i - start)); !element.empty()) elements.push_back(element);
    start = i + 1;
  }
  return elements;
}

std::optional<std::string_view> find_field(const Headers& headers, std::string_view name) {
  for (const auto& [field, value] : headers) {
    if (equal_ignoring_case(field, name)) return value;
  }
  return std::nullopt;
}

std::string joined_field(const Headers& headers, std::string_view name) {
  std::string joined;
  for (const auto& [field, value] : headers) {
    if (!equal_ignoring_case(field, name)) continue;
    if (!joined.empty()) joined += ", ";
    joined += value;
  }
  return joined;
}

}  // namespace weft::http
