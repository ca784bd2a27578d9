#include "base/utf8.h"

#include <gtest/gtest.h>

namespace weft {
namespace {

struct Case {
  std::string text;
  std::optional<std::size_t> invalid_at;
};

TEST(Utf8, FindsTheFirstByteThatDoesNotFit) {
  const Case cases[] = {
      {"", std::nullopt},
      {"plain text of more than eight bytes", std::nullopt},
      {"zwölf", std::nullopt},
      {"\xEF\xBF\xBF \xF4\x8F\xBF\xBF \xED\x9F\xBF \xEE\x80\x80", std::nullopt},
      {"ab\x80", 2},
      {"twelve chars\xFF", 12},
      {"\xC3", 0},
      {"\xC3\x28", 0},
      {"\xC0\xAF", 0},  // overlong
      {"\xC1\xBF", 0},
      {"\xE0\x80\xAF", 0},
      {"\xE0\x9F\xBF", 0},
      {"\xF0\x80\x80\xAF", 0},
      {"\xF0\x8F\xBF\xBF", 0},
      {"\xED\xA0\x80", 0},      // a surrogate
      {"\xF4\x90\x80\x80", 0},  // above U+10FFFF
      {"\xF5\x80\x80\x80", 0},
      {"abc\xE2\x82", 3},
      {"1234567\xE2\x82\xAC"
       "9",
       std::nullopt},
      {"abcdef\xE2\x82\xAC\xE2\x82", 9},
  };
  for (const auto& [text, invalid_at] : cases) EXPECT_EQ(find_invalid_utf8(text), invalid_at) << text;
}

TEST(Utf8, ShortensBetweenCharacters) {
  EXPECT_EQ(shorten("abc", 3), "abc");
  EXPECT_EQ(shorten("abcd", 3), "abc…");
  EXPECT_EQ(shorten("aäb", 2), "a…");
  EXPECT_EQ(shorten("aäb", 3), "aä…");
  EXPECT_EQ(shorten("𝄞x", 3), "…");
  EXPECT_EQ(shorten("x", 0), "…");
}

}  // namespace
}  // namespace weft
