// Failures as DuckDB really tells them: what is left says where, and no value.
#include <gtest/gtest.h>

#include "platform/duck/explain_failure.h"
#include "platform/duck/test_instance.h"

namespace weft::duck {
namespace {

class ExplainFailureTest : public testing::Test {
 protected:
  std::string explain(const std::string& sql) {
    Error error = first_error(sql);
    EXPECT_FALSE(error.detail.empty());
    error = explain_failure(std::move(error));
    EXPECT_TRUE(error.detail.empty());
    return error.message;
  }

  Error first_error(const std::string& sql) {
    auto cursor = connection_->query(sql);
    if (!cursor) return cursor.error();
    std::string piece;
    std::int64_t rows = 0;
    while (true) {
      const auto more = (*cursor)->encode(Format::Ndjson, 256 << 10, piece, rows);
      if (!more) return more.error();
      if (!*more) break;
    }
    ADD_FAILURE() << "no error: " << sql;
    return make_error(ErrorKind::Internal, "none", "none");
  }

  std::string file(const char* name, const std::string& text) {
    const auto path = folder_.path() / name;
    write_file(path, text);
    return quote_literal(path.string());
  }

  [[nodiscard]] InstanceOptions options() const {
    InstanceOptions options;
    options.allowed_folders = {folder_.path()};
    return options;
  }

  TemporaryFolder folder_;
  std::unique_ptr<Connection> connection_ = connect(options());
};

TEST_F(ExplainFailureTest, OfRowsTellsThePlaceOnly) {
  const std::string rows = "(SELECT 'Xyl' || 'ophia' || range AS name FROM range(3))";
  EXPECT_EQ(explain("SELECT name::INTEGER FROM " + rows),
            "A value could not be converted to the type that the query asks for (column name, to INT32).");
  for (const auto* expression : {"(name || '')::DATE", "name::TIMESTAMP", "error(name)", "strptime(name, '%Y')", "name::JSON",
                                 "('x'' to Y when casting from source column ' || name)::INTEGER"}) {
    EXPECT_EQ(explain(fmt::format("SELECT {} FROM {}", expression, rows)).find("Xyl"), std::string::npos) << expression;
  }
  EXPECT_EQ(explain("SELECT 2147483647::INTEGER * (range + 73100)::INTEGER FROM range(3)"), "A value is outside the range of its type.");
}

TEST_F(ExplainFailureTest, OfFilesTellsTheLine) {
  std::string late = "id,mail\n";
  for (int i = 0; i < 30000; ++i) late += fmt::format("{},planted{}@x\n", i, i);
  const auto message = explain(fmt::format("SELECT * FROM read_csv({})", file("late.csv", late + "Xyl,planted@x\n")));
  EXPECT_TRUE(message.ends_with(" (line 30002, column id, to BIGINT).")) << message;
  EXPECT_EQ(explain(fmt::format("SELECT * FROM read_json({})", file("bad.json", "{\"a\":1}\n{\"a\":\"planted\" broken\n"))),
            "The query was given a value that it can't work with (line 3, the JSON is malformed).");
}

TEST_F(ExplainFailureTest, OfSqlTellsAll) {
  EXPECT_NE(explain("SELECT nothing FROM range(3)").find("\"nothing\" not found"), std::string::npos);
  EXPECT_NE(explain("SELECT nothing(1)").find("nothing"), std::string::npos);
}

}  // namespace
}  // namespace weft::duck
