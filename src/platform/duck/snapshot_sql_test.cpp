#include "platform/duck/snapshot_sql.h"

#include <gtest/gtest.h>

namespace weft::duck {
namespace {

TEST(PortableSelectItem, NamesTheColumnAndCastsOnlyWhereNeeded) {
  EXPECT_EQ(portable_select_item({"a\"b", "INTEGER"}), "\"a\"\"b\"");
  EXPECT_EQ(portable_select_item({"total", "HUGEINT"}), "CAST(\"total\" AS DECIMAL(38,0)) AS \"total\"");
}

TEST(CopyToParquet, QuotesTheTarget) {
  EXPECT_EQ(copy_to_parquet("SELECT 1", "/a'b.parquet"),
            "COPY (SELECT 1) TO '/a''b.parquet' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 122880, WRITE_BLOOM_FILTER false)");
}

}  // namespace
}  // namespace weft::duck
