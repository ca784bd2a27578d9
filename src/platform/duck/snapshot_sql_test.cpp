#include "platform/duck/snapshot_sql.h"

#include <gtest/gtest.h>

namespace weft::duck {
namespace {

TEST(PortableType, KeepsWhatEveryDoorDeliversAndCastsTheRest) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"INTEGER", "INTEGER"},
      {"DECIMAL(10,2)", "DECIMAL(10,2)"},
      {"TIMESTAMP WITH TIME ZONE", "TIMESTAMP WITH TIME ZONE"},
      {"HUGEINT", "DECIMAL(38,0)"},
      {"TIME WITH TIME ZONE", "VARCHAR"},
      {"TIME", "TIME"},
      {"INTERVAL", "VARCHAR"},
      {"ENUM('HUGEINT', 'it''s (one)')", "VARCHAR"},
      {"HUGEINT[]", "DECIMAL(38,0)[]"},
      {"STRUCT(a HUGEINT, \"BIT\" INTEGER, bit BIT)", "STRUCT(a DECIMAL(38,0), \"BIT\" INTEGER, bit VARCHAR)"},
      {"STRUCT(interval INTEGER, s STRUCT(hugeint HUGEINT))", "STRUCT(interval INTEGER, s STRUCT(hugeint DECIMAL(38,0)))"},
      {"MAP(VARCHAR, INTERVAL)", "MAP(VARCHAR, VARCHAR)"},
      {"\"NULL\"", "VARCHAR"},
      {"TIMESTAMP_S", "TIMESTAMP"},
  };
  for (const auto& [type, portable] : cases) EXPECT_EQ(portable_type(type), portable) << type;
}

TEST(PortableSelectItem, NamesTheColumnAndCastsOnlyWhereNeeded) {
  EXPECT_EQ(portable_select_item({"a\"b", "INTEGER"}), "\"a\"\"b\"");
  EXPECT_EQ(portable_select_item({"total", "HUGEINT"}), "CAST(\"total\" AS DECIMAL(38,0)) AS \"total\"");
}

TEST(CopyToParquet, QuotesTheTarget) {
  EXPECT_EQ(copy_to_parquet("SELECT 1", "/a'b.parquet"), "COPY (SELECT 1) TO '/a''b.parquet' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 122880)");
}

}  // namespace
}  // namespace weft::duck
