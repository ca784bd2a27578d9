#include "mesh/datastore/csv_shape.h"

#include <gtest/gtest.h>

namespace weft {
namespace {

CsvShape scan(std::string_view text, const CsvDialect& dialect = {}) {
  CsvScan whole(dialect);
  whole.add(text);
  auto shape = whole.finish();
  CsvScan bytes(dialect);  // however it is cut
  for (const char& byte : text) bytes.add({&byte, 1});
  EXPECT_EQ(explain_shape(bytes.finish()), explain_shape(shape)) << text;
  return shape;
}

std::string wrong_with(std::string_view text, const CsvDialect& dialect = {}) { return explain_shape(scan(text, dialect)); }

TEST(CsvShape, OfAProperFileNothingIsWrong) {
  for (const auto* text :
       {"", "\n\n", "a", "a,b\n1,2\n", "a,b\r\n1,2\r\n", "a,b\r1,2", "\n\na,b\n\n1,2\n\n", "a,b\n1,\"x\ny,z\"\n2,\"p\"\"q\"\n",
        "a,b\n1,\"x,\r\ny\"\n", "a,b\n1,x\"y\n", "a, b\n1, \"x,y\" \n", "a,b\n1,2,\n3,4,\n", "a,b,\n1,2,3\n", "a,b\n,\n"})
    EXPECT_EQ(wrong_with(text), "") << text;
  EXPECT_EQ(wrong_with("a;b\n1,5;2\n", {.delimiter = ';'}), "");
  EXPECT_EQ(wrong_with("a,b\n1,'x,y'\n", {.quote = '\''}), "");
  EXPECT_EQ(wrong_with("a,b\n1,\"x\\\",y\"\n", {.escape = '\\'}), "");
  EXPECT_EQ(wrong_with("Title\n\na,b\n1,2\n", {.skip = 2}), "");
}

TEST(CsvShape, CountsRecordsAndSaysWhereTheyBegin) {
  const auto shape = scan("\n\na,b\n1,\"x\ny\"\n\n2,z");
  EXPECT_EQ(shape.records, 3);
  EXPECT_EQ(shape.first_line, 3);
  EXPECT_EQ(shape.columns, 2U);
  EXPECT_EQ(shape.quoted_field, 4);
}

TEST(CsvShape, SaysWhichLineIsOtherwise) {
  EXPECT_EQ(wrong_with("Report\na,b,c\n1,2,3\n"), "line 1 has 1 column and line 2 has 3 columns; 2 lines differ from line 1 in all");
  EXPECT_EQ(wrong_with("a,b,c\n1,2,3\n4,5\n6,7,8\n"), "line 1 has 3 columns and line 3 has 2 columns");
  EXPECT_EQ(wrong_with("a,b\n1,\"x\ny\"\n2,3,4\n"), "line 1 has 2 columns and line 4 has 3 columns");
  EXPECT_EQ(wrong_with("a,b\n1,2,\n3,4,5\n"), "line 1 has 2 columns and line 3 has 3 columns");
  EXPECT_EQ(wrong_with("a,b\n1,2\n3"), "line 1 has 2 columns and line 3 has 1 column");
  EXPECT_EQ(wrong_with("a,b\r1,2\r3"), "line 1 has 2 columns and line 3 has 1 column");
  EXPECT_EQ(wrong_with("a,b\n1,\"x\n2,y\n"), "a quote that opens in line 2 is not closed");
  EXPECT_EQ(wrong_with("a,b\n1,\"x\"y\n2,z\n"), "in line 2 text stands behind a closing quote");
  EXPECT_EQ(wrong_with("a,b\r\n1,2\n"), "line 2 ends in another line break than the lines before");
  EXPECT_EQ(wrong_with("a,b\n1,2\r"), "line 2 ends in another line break than the lines before");
}

TEST(CsvShape, KnowsTheDelimiterByTheLines) {
  EXPECT_EQ(likely_delimiter("Report 2024\na,b,c\n1,2,3\n"), ',');
  EXPECT_EQ(likely_delimiter("a;b\n1,5;2\n3,5;4\n"), ';');
  EXPECT_EQ(likely_delimiter("a\tb\n1\t2\n3\n"), '\t');
  EXPECT_EQ(likely_delimiter("a,b,c\n1,2,3\n4,5"), ',');
  EXPECT_EQ(likely_delimiter("a|b"), '|');
  EXPECT_EQ(likely_delimiter("text\nhello, world\nhow are you\nfine\n"), std::nullopt);
  EXPECT_EQ(likely_delimiter("name\nx\ny\n"), std::nullopt);
  EXPECT_EQ(likely_delimiter(""), std::nullopt);
}

}  // namespace
}  // namespace weft
