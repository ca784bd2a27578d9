#include "cli/table.h"

#include <gtest/gtest.h>

namespace weft {
namespace {

TEST(TableTest, AlignsTextLeftAndNumbersRight) {
  Table table({"NAME", "ROWS"});
  table.add({"flights", "336776"});
  table.add({"airlines", "16"});
  EXPECT_EQ(table.render(std::nullopt),
            "NAME        ROWS\n"
            "flights   336776\n"
            "airlines      16\n");
}

TEST(TableTest, CutsTheWidestTextButNeverANumber) {
  Table table({"PRODUCT", "TITLE", "ROWS"});
  table.add({"sales/orders", "Every order that was ever made by anybody", "1234567890"});
  const auto text = table.render(40);
  EXPECT_EQ(text,
            "PRODUCT       TITLE                 ROWS\n"
            "sales/orders  Every order t…  1234567890\n");
}

TEST(TableTest, ShowsBlocksWhereColumnsCannotFit) {
  Table table({"A", "LONG_NAME"});
  table.add({"12345678901234567890", "98765432109876543210"});
  table.add({"1", "2"});
  EXPECT_EQ(table.render(30),
            "A          12345678901234567890\n"
            "LONG_NAME  98765432109876543210\n"
            "\n"
            "A          1\n"
            "LONG_NAME  2\n");
}

TEST(TableTest, WhatPeopleWroteMovesNoCursor) {
  EXPECT_EQ(printable("a\x1b[31mred\n\tb\x7f"), "a [31mred  b ");
  EXPECT_EQ(printable("\xe2\x80\xae"
                      "evil"),
            " evil");  // right-to-left override
  EXPECT_EQ(printable("\xff"
                      "x"),
            "\xEF\xBF\xBDx");
  EXPECT_EQ(printable("\xc2\x9b"
                      "31m"),
            " 31m");  // C1: CSI in one byte
  EXPECT_EQ(printable("Zürich 東京"), "Zürich 東京");
}

TEST(TableTest, CountsCellsNotBytes) {
  EXPECT_EQ(display_width("Zürich"), 6);
  EXPECT_EQ(display_width("東京"), 4);
  EXPECT_EQ(display_width("e\xCC\x81"), 1);
  Table table({"CITY", "N"});
  table.add({"東京", "1"});
  table.add({"Zürich", "2"});
  EXPECT_EQ(table.render(std::nullopt), "CITY    N\n東京    1\nZürich  2\n");
}

TEST(TableTest, FieldsStandUnderOneAnotherAndEmptyOnesAreLeftOut) {
  EXPECT_EQ(render_fields({{"Title", "Flights"}, {"Tags", ""}, {"Description", "x"}}), "Title:        Flights\nDescription:  x\n");
}

}  // namespace
}  // namespace weft
