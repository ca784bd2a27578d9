// One text serves both stores: values, types and expressions mean the same.
#include "platform/db/sql.h"

#include <algorithm>
#include <limits>
#include <stdexcept>

#include "platform/db/database_fixture_test.h"

namespace weft {
namespace {

constexpr EmbeddedFile kSchema[] = {{"migrations/0001_test.sql", R"sql(
create table owners (id text primary key, name text not null unique);
create table pets (
  id text primary key,
  owner_id text references owners (id),
  name text,
  age bigint,
  tame smallint not null default 0,
  state text not null default 'new'
);
)sql"}};

constexpr Statement kInsertOwner{"owner.insert", "insert into owners (id, name) values (?, ?)"};
constexpr Statement kInsertPet{"pet.insert", "insert into pets (id, owner_id, name, age, tame) values (?, ?, ?, ?, ?)"};

class SqlTest : public DatabaseTest {
 protected:
  SqlTest() : DatabaseTest(kSchema) {}
};

INSTANTIATE_TEST_SUITE_P(Stores, SqlTest, kBothDialects, dialect_name);

TEST_P(SqlTest, ValuesComeBackAsTheyWent) {
  const std::int64_t integers[] = {
      0, 1, -1, 2147483647, 2147483648, -2147483649, std::numeric_limits<std::int64_t>::max(), std::numeric_limits<std::int64_t>::min()};
  const std::string texts[] = {"", " ", "O'Hara", "?", "$1", "a\\b", "zwölf Boxkämpfer", "𝄞", std::string(100'000, 'x')};
  int id = 0;
  for (const auto integer : integers) {
    ASSERT_TRUE(execute(kInsertPet, {std::to_string(++id), nullptr, "pet", integer, true}));
    const auto rows = query("select age, tame from pets where age = ?", {integer}).value();
    ASSERT_EQ(rows.size(), 1U) << integer;
    EXPECT_EQ(rows[0].integer(0), integer);
    EXPECT_TRUE(rows[0].boolean(1));
  }
  for (const auto& text : texts) {
    ASSERT_TRUE(execute(kInsertPet, {std::to_string(++id), nullptr, text, 1, false}));
    const auto rows = query("select name, owner_id from pets where id = ? and name = ?", {std::to_string(id), text}).value();
    ASSERT_EQ(rows.size(), 1U) << text;
    EXPECT_EQ(rows[0].text(0), text);
    EXPECT_TRUE(rows[0].is_null(1));
    EXPECT_EQ(rows[0].optional_text(1), std::nullopt);
  }
  ASSERT_TRUE(execute({"pet.insert_negative", "insert into pets (id, tame) values (?, ?)"}, {"negative", -32768}));
  EXPECT_EQ(query("select tame from pets where id = 'negative'", {}).value().at(0).integer(0), -32768);
}

struct Expression {
  std::string_view text;
  SqlParams params;
  std::string_view answer;  // columns joined by |, NULL as ~
};

std::string joined(const SqlRow& row, std::size_t columns) {
  std::string text;
  for (std::size_t column = 0; column < columns; ++column) {
    if (column > 0) text += '|';
    if (row.is_null(column)) {
      text += '~';
      continue;
    }
    try {
      text += std::to_string(row.integer(column));
    } catch (const std::logic_error&) {
      text += row.text(column);
    }
  }
  return text;
}

// One text serves both: what PostgreSQL infers about parameters and answers must be what SQLite does without types.
TEST_P(SqlTest, ExpressionsMeanTheSame) {
  ASSERT_TRUE(execute(kInsertOwner, {"1", "Ada"}));
  ASSERT_TRUE(execute(kInsertPet, {"p", "1", "Rex", std::int64_t{1} << 40, true}));
  ASSERT_TRUE(execute(kInsertPet, {"q", std::optional<std::string>(), "rex", std::optional<std::int64_t>(), false}));
  const std::int64_t late = std::int64_t{1} << 50;
  const Expression expressions[] = {
      {"select ?, ?, ?", {1, "x", late}, "1|x|1125899906842624"},
      {"select count(*), sum(age), max(age), min(name) from pets", {}, "2|1099511627776|1099511627776|Rex"},
      {"select sum(age) from pets where 1 = 0", {}, "~"},
      {"select age > ? from pets where id = 'p'", {late}, "0"},
      {"select age > ? - ? from pets where id = 'p'", {late, late}, "1"},
      {"select substr(name, 1, ?) from pets where id = 'p'", {2}, "Re"},
      {"select count(*) from pets where (? is null or name = ?)", {std::optional<std::string>(), std::optional<std::string>()}, "2"},
      {"select count(*) from pets where (? is null or age = ?)", {std::optional<std::int64_t>(), std::optional<std::int64_t>()}, "2"},
      {"select count(*) from pets where (? is null or name = ?)", {"Rex", "Rex"}, "1"},
      {"select count(*) from pets where name like ?", {"r%"}, "1"},
      {"select count(*) from pets where name like ? escape '\\'", {"\\r%"}, "1"},
      {"select count(*) from pets where name in (?, ?)", {"rex", "Rex"}, "2"},
      {"select id from pets order by id limit ?", {1}, "p"},
      {"select coalesce(age, ?) from pets where id = 'q'", {7}, "7"},
      {"select case when tame = 1 then ? else ? end from pets where id = 'p'", {"tame", "wild"}, "tame"},
      {"select ? || name from pets where id = ?", {"mr ", "p"}, "mr Rex"},
      {"select '?' || ?, \"name\" from pets where id = 'p' -- why?", {"!"}, "?!|Rex"},
      {"select name is not distinct from ? from pets where id = 'p'", {"Rex"}, "1"},
      {"select count(*) from pets where tame = ?", {true}, "1"},
      {"select cast(? as bigint) * 60000000", {3600}, "216000000000"},
  };
  for (const auto& [text, params, answer] : expressions) {
    const auto rows = query(text, params);
    ASSERT_TRUE(rows) << text << ": " << rows.error().detail;
    ASSERT_EQ(rows->size(), 1U) << text;
    const auto columns = static_cast<std::size_t>(std::ranges::count(answer, '|')) + 1;
    EXPECT_EQ(joined(rows->front(), columns), answer) << text;
  }
}

TEST_P(SqlTest, WritesMeanTheSame) {
  ASSERT_TRUE(execute(kInsertOwner, {"1", "Ada"}));
  const std::int64_t late = std::int64_t{1} << 50;
  // Parameters in a SELECT list, of every type, NULL or not.
  const Statement copy{"pet.copy", "insert into pets (id, owner_id, name, age) select ?, id, ?, ? from owners where name = ?"};
  EXPECT_EQ(execute(copy, {"a", "x", 1, "Ada"}), 1);
  EXPECT_EQ(execute(copy, {"b", "x", late, "Ada"}), 1);
  EXPECT_EQ(execute(copy, {"c", std::optional<std::string>(), std::optional<Timestamp>(), "Ada"}), 1);
  EXPECT_EQ(execute(copy, {"d", "x", 1, "nobody"}), 0);
  EXPECT_EQ(execute({"pet.age", "update pets set age = coalesce(age, 0) + ? where id in ('a', 'c')"}, {2}), 2);
  EXPECT_EQ(execute({"pet.age", "update pets set age = ? where id = 'zzz'"}, {2}), 0);
  EXPECT_EQ(execute({"pet.upsert", "insert into pets (id, age) values (?, ?) on conflict (id) do update set age = excluded.age"}, {"a", 9}),
            1);
  EXPECT_EQ(execute({"pet.keep", "insert into pets (id, age) values (?, ?) on conflict do nothing"}, {"a", 10}), 0);
  auto tx = begin(TxMode::Write);
  const auto returned = sql(*tx).query({"pet.return", "update pets set state = ? where id = ? returning age, state"}, {"old", "a"}).value();
  ASSERT_EQ(returned.size(), 1U);
  EXPECT_EQ(joined(returned[0], 2), "9|old");
  EXPECT_EQ(sql(*tx).execute({"pet.delete", "delete from pets"}, {}), 3);
  // What changes nothing must not repeat the count before it.
  EXPECT_EQ(sql(*tx).execute({"pet.select", "select 1"}, {}), 0);
}

TEST_P(SqlTest, WrongColumnTypeIsABug) {
  const auto rows = query("select 1, 'x', cast(null as bigint)", {}).value();
  EXPECT_THROW(static_cast<void>(rows[0].text(0)), std::logic_error);
  EXPECT_THROW(static_cast<void>(rows[0].integer(1)), std::logic_error);
  EXPECT_THROW(static_cast<void>(rows[0].integer(2)), std::logic_error);
  EXPECT_THROW(static_cast<void>(rows[0].integer(3)), std::logic_error);
  EXPECT_EQ(rows[0].optional_integer(2), std::nullopt);
  EXPECT_EQ(rows[0].optional_time(0), Timestamp{1});
}

}  // namespace
}  // namespace weft
