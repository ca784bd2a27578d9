#include "base/ascii.h"

#include <gtest/gtest.h>

namespace weft {
namespace {

TEST(Ascii, MakesLowerCaseOfLettersOnly) {
  EXPECT_EQ(lower_case("AZaz@[`{09 \xC3\x84"), "azaz@[`{09 \xC3\x84");
  EXPECT_EQ(lower_case(std::string_view("A\0B", 3)), std::string("a\0b", 3));
  EXPECT_TRUE(equal_ignoring_case("Content-Type", "content-type"));
  EXPECT_FALSE(equal_ignoring_case("a", "ab"));
  EXPECT_FALSE(equal_ignoring_case("@", "`"));
}

TEST(Ascii, KnowsHexadecimalDigits) {
  int known = 0;
  for (int byte = -128; byte < 128; ++byte) {
    const auto digit = hex_digit(static_cast<char>(byte));
    if (digit < 0) continue;
    ++known;
    EXPECT_EQ(std::string_view("0123456789abcdef")[static_cast<std::size_t>(digit)], lower_case(static_cast<char>(byte)));
  }
  EXPECT_EQ(known, 22);
}

}  // namespace
}  // namespace weft
