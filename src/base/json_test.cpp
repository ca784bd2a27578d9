#include "base/json.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <chrono>

namespace weft {
namespace {

std::string nested(std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); }

TEST(Json, ReadsWhatIsValid) {
  for (const std::string& text :
       {std::string("{}"), std::string(" [1] \n"), std::string("null"), std::string("\"x\""), std::string("-0.5e-3"),
        std::string("18446744073709551615"), std::string(R"({"a":{"b":1},"c":{"b":2}})"), std::string(R"(["\ud834\udd1e","\u00e4","ä"])"),
        std::string("1e308"), nested(kMaxJsonDepth), std::string(R"(["\\u0000"])")}) {
    const auto value = parse_json(text);
    ASSERT_TRUE(value) << text << ": " << value.error().message;
    EXPECT_EQ(*value, json::parse(text)) << text;
  }
}

struct Refusal {
  std::string text;
  std::string_view id;
  std::string_view told;  // part of the message
};

TEST(Json, RefusesTheRest) {
  const Refusal refusals[] = {
      {"", "json.invalid", "at byte 0"},
      {"   ", "json.invalid", "ends too early"},
      {"{\"a\":1", "json.invalid", "at byte 6: it ends too early"},
      {"{\"a\":1} x", "json.invalid", "at byte 8: something follows"},
      {"{}{}", "json.invalid", "at byte 2"},
      {"[1,]", "json.invalid", "at byte 3"},
      {"{\"a\":1,}", "json.invalid", ""},
      {"{a:1}", "json.invalid", "at byte 1"},
      {"{'a':1}", "json.invalid", ""},
      {"[01]", "json.invalid", ""},
      {"[1.]", "json.invalid", ""},
      {"[+1]", "json.invalid", ""},
      {"NaN", "json.invalid", ""},
      {"[Infinity]", "json.invalid", ""},
      {"/* */ 1", "json.invalid", ""},
      {"[\"a\tb\"]", "json.invalid", ""},
      {"[\"\\x\"]", "json.invalid", ""},
      {"[\"\\ud834\"]", "json.invalid", ""},
      {"[\"\\udd1e\\ud834\"]", "json.invalid", ""},
      {"\xEF\xBB\xBF{}", "json.invalid", "at byte 0"},
      {"[1e309]", "json.invalid", "too large"},
      {"[-1e999]", "json.invalid", "too large"},
      {std::string("[1]\0", 4), "json.invalid", ""},
      {nested(kMaxJsonDepth + 1), "json.invalid", "deeper than 32"},
      {std::string(1'000'000, '['), "json.invalid", "deeper than 32"},
      {R"({"a":1,"b":2,"a":3})", "json.duplicate_key", "\"a\""},
      {R"({"x":[{"a":1,"\u0061":1}]})", "json.duplicate_key", "\"a\""},
      {R"({"":1,"":1})", "json.duplicate_key", "\"\""},
      {R"({"a":"x\u0000y"})", "json.nul", "U+0000"},
      {R"({"x\u0000y":1})", "json.nul", "U+0000"},
      {"[\"\xff\"]", "json.not_utf8", "at byte 2"},
      {"[\"\xed\xa0\x80\"]", "json.not_utf8", "at byte 2"},
  };
  for (const auto& [text, id, told] : refusals) {
    const auto value = parse_json(text);
    ASSERT_FALSE(value) << text.substr(0, 100);
    EXPECT_EQ(value.error().id, id) << text.substr(0, 100);
    EXPECT_EQ(value.error().kind, ErrorKind::Invalid);
    EXPECT_NE(value.error().message.find(told), std::string::npos) << text.substr(0, 100) << ": " << value.error().message;
    EXPECT_LT(value.error().message.size(), 300U);
  }
}

TEST(Json, LongKeysAndTextsAreWhole) {
  const std::string text(100'000, 'k');
  const auto value = parse_json(fmt::format(R"({{"{0}":"{0}"}})", text));
  ASSERT_TRUE(value);
  EXPECT_EQ(value->as_object().at(text).as_string(), text);
  const auto twice = parse_json(fmt::format(R"({{"{0}":1,"{0}":2}})", text));
  EXPECT_EQ(twice.error().id, "json.duplicate_key");
  EXPECT_LT(twice.error().message.size(), 300U);
}

}  // namespace
}  // namespace weft
