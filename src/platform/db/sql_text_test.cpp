#include "platform/db/sql_text.h"

#include <gtest/gtest.h>

namespace weft {
namespace {

struct SplitCase {
  std::string_view text;
  std::vector<std::string> statements;
};

TEST(SqlText, SplitsWhereStatementsEnd) {
  const SplitCase cases[] = {
      {"", {}},
      {" \n ; ;; -- only this\n /* and; this */ ;", {}},
      {"select 1", {"select 1"}},
      {"select 1; select 2;\n", {"select 1", "select 2"}},
      {"select ';', 'it''s;', \"a;b\"; select 2", {"select ';', 'it''s;', \"a;b\"", "select 2"}},
      {"select 1 -- a; b\n; select 2", {"select 1 -- a; b", "select 2"}},
      {"select 1 /* a; /* b; */ c; */ + 1; select 2", {"select 1 /* a; /* b; */ c; */ + 1", "select 2"}},
      {"select 'open; select 2", {"select 'open; select 2"}},
      {"select 5 - -3; select 4 / 2", {"select 5 - -3", "select 4 / 2"}},
      {"create function f() returns int as $$ begin return 1; end; $$ language plpgsql; select 1",
       {"create function f() returns int as $$ begin return 1; end; $$ language plpgsql", "select 1"}},
      {"do $a$ x; $b$ y; $a$; select $1; select $2", {"do $a$ x; $b$ y; $a$", "select $1", "select $2"}},
      {"create trigger t before update on x begin select 1; select case when 1 then 2 end; end; select 3",
       {"create trigger t before update on x begin select 1; select case when 1 then 2 end; end", "select 3"}},
      {"CREATE TEMP TRIGGER t AFTER INSERT ON x BEGIN UPDATE y SET a = CASE WHEN b THEN CASE c WHEN 1 THEN 2 END END; END; x",
       {"CREATE TEMP TRIGGER t AFTER INSERT ON x BEGIN UPDATE y SET a = CASE WHEN b THEN CASE c WHEN 1 THEN 2 END END; END", "x"}},
      {"create trigger t before update on x for each row execute function f(); select 1",
       {"create trigger t before update on x for each row execute function f()", "select 1"}},
      {"create function f() returns int begin atomic select 1; select 2; end; select 3",
       {"create function f() returns int begin atomic select 1; select 2; end", "select 3"}},
      // A column may be called what opens a body elsewhere.
      {"create table t (\"begin\" bigint, ends bigint); select \"end\" from t",
       {"create table t (\"begin\" bigint, ends bigint)", "select \"end\" from t"}},
      {"create view v as select case when a then b end from t; select 1",
       {"create view v as select case when a then b end from t", "select 1"}},
  };
  for (const auto& [text, statements] : cases) EXPECT_EQ(split_statements(text), statements) << text;
}

struct SectionCase {
  std::string_view text;
  std::string_view sqlite;
  std::string_view postgres;
};

TEST(SqlText, KeepsTheSectionsOfADialect) {
  const SectionCase cases[] = {
      {"", "", ""},
      {"a\nb", "a\nb", "a\nb"},
      {"a\n-- sqlite:\nb\n-- postgres:\nc\n-- both:\nd\n", "a\n\nb\n\n\n\nd\n", "a\n\n\n\nc\n\nd\n"},
      {"  --  SQLite:  \r\nb\n--postgres:\nc", "\nb\n\n", "\n\n\nc"},
      {"-- sqlite: and more\na\n-- other:\nb", "-- sqlite: and more\na\n-- other:\nb", "-- sqlite: and more\na\n-- other:\nb"},
      {"create table t (\n-- sqlite:\n  a int\n-- postgres:\n  a bigint\n-- both:\n);", "create table t (\n\n  a int\n\n\n\n);",
       "create table t (\n\n\n\n  a bigint\n\n);"},
  };
  for (const auto& [text, sqlite, postgres] : cases) {
    EXPECT_EQ(section_for(text, Dialect::Sqlite), sqlite) << text;
    EXPECT_EQ(section_for(text, Dialect::Postgres), postgres) << text;
  }
}

struct NumberCase {
  std::string_view text;
  std::string_view numbered;
  std::size_t parameters;
};

TEST(SqlText, NumbersParameters) {
  const NumberCase cases[] = {
      {"", "", 0},
      {"select ?, ?", "select $1, $2", 2},
      {"select '?', \"a?\", ? -- why?\n, ? /* ? */", "select '?', \"a?\", $1 -- why?\n, $2 /* ? */", 2},
      {"values (?,?,?,?,?,?,?,?,?,?,?)", "values ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11)", 11},
      {"select 'it''s ?' || ?", "select 'it''s ?' || $1", 1},
      {"select 1-?", "select 1-$1", 1},
  };
  for (const auto& [text, expected, parameters] : cases) {
    const auto numbered = number_parameters(text);
    EXPECT_EQ(numbered.text, expected);
    EXPECT_EQ(numbered.parameters, parameters) << text;
  }
}

}  // namespace
}  // namespace weft
