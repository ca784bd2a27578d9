// What PostgreSQL's refusals and lines of COPY mean. Reading from a real server: tests/scenarios/test_postgres_store.py.
#include "platform/db/postgres_reader.h"

#include <gtest/gtest.h>

namespace weft {
namespace {

TEST(PostgresRefusal, NamesWhatToDo) {
  const std::tuple<const char*, const char*, ErrorKind> cases[] = {
      {"28P01", "data_store.password_wrong", ErrorKind::Unprocessable},
      {"28000", "data_store.login_refused", ErrorKind::Unprocessable},
      {"3D000", "data_store.no_such_database", ErrorKind::Unprocessable},
      {"53300", "data_store.too_many_connections", ErrorKind::Unprocessable},
      {"57P03", "data_store.starting", ErrorKind::Unprocessable},
      {"57P01", "data_store.interrupted", ErrorKind::Unprocessable},
      {"42P01", "data_store.no_such_table", ErrorKind::NotFound},
      {"42703", "data_store.changed", ErrorKind::Unprocessable},
      {"42501", "data_store.denied", ErrorKind::Unprocessable},
      {"57014", "data_store.timeout", ErrorKind::Unprocessable},
      {"55P03", "data_store.busy", ErrorKind::Unprocessable},
      {"08006", "data_store.unreachable", ErrorKind::Unprocessable},
      {"0A000", "data_store.refused", ErrorKind::Unprocessable},
      {"", "data_store.refused", ErrorKind::Unprocessable},
  };
  for (const auto& [state, id, kind] : cases) {
    SCOPED_TRACE(state);
    const auto error = explain_refusal(state, "what it\nsaid\n");
    EXPECT_EQ(error.id, id);
    EXPECT_EQ(error.kind, kind);
    EXPECT_NE(error.message.find("what it said"), std::string::npos) << error.message;
    EXPECT_FALSE(error.hint.empty());
  }
}

TEST(ExplainRefusal, QuotesNoValue) {
  for (const std::string_view state : {"22P02", "22012", "23505", "P0001", "XX000"}) {
    const auto error = explain_refusal(state, "invalid input syntax for type integer: \"ann@example.org\"");
    EXPECT_EQ(error.id, "data_store.refused");
    EXPECT_EQ(error.message.find("ann"), std::string::npos) << error.message;
    EXPECT_NE(error.message.find(state), std::string::npos) << error.message;
    EXPECT_FALSE(error.hint.empty());
  }
}

TEST(CopyLine, KeepsEveryValue) {
  using Fields = std::vector<std::optional<std::string>>;
  const std::pair<const char*, Fields> cases[] = {
      {"\n", {""}},
      {"a\tb\n", {"a", "b"}},
      {"\\N\n", {std::nullopt}},
      {"\\N\t\\N\t\n", {std::nullopt, std::nullopt, ""}},
      {"\\\\N\t\\\\\n", {"\\N", "\\"}},
      {"\\b\\f\\n\\r\\t\\v\tx\n", {"\b\f\n\r\t\v", "x"}},
      {"\\Nx\t\xc3\xa4\n", {"Nx", "\xc3\xa4"}},
      {"{\"a\\tb\"}\t1", {"{\"a\tb\"}", "1"}},
  };
  for (const auto& [line, expected] : cases) {
    std::string copy = line;
    std::vector<std::optional<std::string_view>> fields;
    split_copy_line(copy, fields);
    EXPECT_EQ(Fields(fields.begin(), fields.end()), expected) << line;
  }
}

}  // namespace
}  // namespace weft
