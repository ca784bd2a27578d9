#include "mesh/run/trim_select.h"

#include <gtest/gtest.h>

namespace weft {
namespace {

TEST(TrimSelect, LeavesOutWhatFollows) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"SELECT 1", "SELECT 1"},
      {"SELECT 1;", "SELECT 1"},
      {"SELECT 1 ; \n", "SELECT 1"},
      {"SELECT 1;;", "SELECT 1"},
      {"SELECT 1 -- one", "SELECT 1"},
      {"SELECT 1; -- one\n-- two", "SELECT 1"},
      {"SELECT 1 /* a ; b */ ; /* c /* d */ ; */", "SELECT 1"},
      {"-- first\nSELECT 1 -- last", "-- first\nSELECT 1"},
      {"SELECT 1 -- one\r, 2 -- two", "SELECT 1 -- one\r, 2"},
      {"", ""},
      {" -- nothing", ""},
      {";", ""},
  };
  for (const auto& [sql, trimmed] : cases) EXPECT_EQ(trim_select(sql), trimmed) << sql;
}

TEST(TrimSelect, LeavesTwoStatementsAsTheyAre) {
  for (const std::string_view sql : {"SELECT 1; SELECT 2", "SELECT 1; SELECT 2;", "SELECT 1;\n-- and\nDROP TABLE t; -- done"})
    EXPECT_EQ(trim_select(sql), sql);
}

TEST(TrimSelect, KnowsQuotes) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"SELECT ';--' AS a; ", "SELECT ';--' AS a"},
      {"SELECT 'it''s; -- ' ;", "SELECT 'it''s; -- '"},
      {"SELECT 'a\\' ; -- '", "SELECT 'a\\'"},  // no escape there
      {"SELECT E'a\\' ; -- ' ; --", "SELECT E'a\\' ; -- '"},
      {"SELECT somee'x' ; --", "SELECT somee'x'"},
      {"SELECT 1 AS \"a;\"\"--\"; --", "SELECT 1 AS \"a;\"\"--\""},
      {"SELECT $$a ; -- ' $$ ; --", "SELECT $$a ; -- ' $$"},
      {"SELECT $t$a ; $$ -- $t$ ; --", "SELECT $t$a ; $$ -- $t$"},
      {"SELECT a$b$c ; -- $b$", "SELECT a$b$c"},
      {"SELECT $1 ; --$1", "SELECT $1"},
      {"SELECT 3-1; --", "SELECT 3-1"},
      {"SELECT 6/2 ;", "SELECT 6/2"},
      {"SELECT 'open ; --", "SELECT 'open ; --"},
      {"SELECT \"open ; --", "SELECT \"open ; --"},
      {"SELECT $$open ; --", "SELECT $$open ; --"},
      {"SELECT 1 /* open ;", "SELECT 1"},
      {"SELECT 1 /*/ open ;", "SELECT 1"},
  };
  for (const auto& [sql, trimmed] : cases) EXPECT_EQ(trim_select(sql), trimmed) << sql;
}

}  // namespace
}  // namespace weft
