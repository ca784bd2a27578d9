// "To upgrade, replace the binary": a store that an older version filled is brought forward with all that is in it.
#include <fmt/format.h>

#include "base/embedded.h"
#include "base/time.h"
#include "mesh/usage/usage_sql.h"
#include "platform/db/database_fixture_test.h"
#include "platform/db/migration.h"
#include "platform/db/open_database.h"

namespace weft {
namespace {

constexpr std::int64_t kHour = 1'772'366'400'000'000;  // an hour's beginning, µs
constexpr std::int64_t kHourMicros = 3'600'000'000;

// Our own migrations up to this one, as the version of the program had them that knew no later one.
std::vector<EmbeddedFile> migrations_up_to(std::int64_t version) {
  std::vector<EmbeddedFile> files;
  for (const auto& file : embedded_files()) {
    const auto migrations = read_migrations({&file, 1}, Dialect::Sqlite);
    if (migrations && !migrations->empty() && migrations->front().version <= version) files.push_back(file);
  }
  return files;
}

class UpgradeTest : public testing::TestWithParam<Dialect> {
 protected:
  // The store as it was with the migrations up to `version`, with `statements` run on it.
  void fill(std::int64_t version, std::initializer_list<std::string_view> statements) {
    const auto database = open_or_throw(place_.options(), migrations_up_to(version));
    for (const auto statement : statements) {
      auto tx = database->begin(TxMode::Write).value();
      const auto done = sql(*tx).execute({"test.fill", statement}, {});
      ASSERT_TRUE(done) << statement << "\n" << done.error().detail;
      ASSERT_TRUE(tx->commit());
    }
  }

  void upgrade() { database_ = open_or_throw(place_.options()); }

  // Each row as text: its columns with bars between.
  std::vector<std::string> rows(std::string_view text, int columns) {
    auto tx = database_->begin(TxMode::Read).value();
    const auto found = sql(*tx).query({"test.rows", text}, {}).value();
    std::vector<std::string> lines;
    for (const auto& row : found) {
      std::string line;
      for (std::size_t column = 0; column < static_cast<std::size_t>(columns); ++column) {
        line += fmt::format("{}{}", column == 0 ? "" : "|", row.optional_text(column).value_or("null"));
      }
      lines.push_back(std::move(line));
    }
    return lines;
  }

  TestDatabase place_{GetParam()};
  std::unique_ptr<Database> database_;
};

INSTANTIATE_TEST_SUITE_P(Stores, UpgradeTest, kBothDialects, dialect_name);

using Lines = std::vector<std::string>;

constexpr std::string_view kUsers =
    "insert into users (id, name, email, roles, state, password_hash, created_at, version) values "
    "('olivia', 'olivia', 'olivia@example.org', 2, 'active', 'hash', 1, 1), ('wanda', 'wanda', '', 2, 'disabled', null, 1, 3)";
// `shop` was called `old` and lay elsewhere; `shop-two` begins like it.
constexpr std::string_view kDomains =
    "insert into domains (id, parent_id, name, path, title, description, tags, state, created_at, updated_at, version) values "
    "('d1', null, 'shop', 'shop', '', '', '[]', 'active', 1, 1, 1), ('d2', null, 'reader', 'reader', '', '', '[]', 'active', 1, 1, 1), "
    "('d3', null, 'shop-two', 'shop-two', '', '', '[]', 'active', 1, 1, 1)";
constexpr std::string_view kAliases =
    "insert into domain_aliases (path, domain_id) values ('shop', 'd1'), ('trade.old', 'd1'), ('reader', 'd2'), ('shop-two', 'd3')";
// `air` and `air-more` begin alike; both domains have an `air`.
constexpr std::string_view kProducts =
    "insert into products (id, domain_id, name, state, draft, published_version, published_at, created_at, updated_at, version) values "
    "('p1', 'd1', 'air', 'published', '{}', 1, 1, 1, 1, 1), ('p2', 'd1', 'air-more', 'published', '{}', 1, 1, 1, 1, 1), "
    "('p3', 'd3', 'air', 'published', '{}', 1, 1, 1, 1, 1), ('p4', 'd2', 'derived', 'published', '{}', 2, 1, 1, 1, 4)";
constexpr std::string_view kElements =
    "insert into elements (id, domain_id, name, title, description, category, columns, row_estimate, view_definition, created_at, "
    "updated_at, version) values "
    "('t1', 'd2', 'table', '', '', 'foundational', '[]', 10, null, 1, 1, 1), "
    "('v1', 'd2', 'two_products', '', '', 'value-added', '[]', null, "
    R"('{"sql":"select 1","ingredients":[{"alias":"a","product":"shop/air/rows"},{"alias":"b","product":"shop/air-more/rows"},)"
    R"({"alias":"t","element":"t1"}]}', 1, 1, 1), )"
    "('v2', 'd2', 'by_both_paths', '', '', 'value-added', '[]', null, "
    R"('{"sql":"select 1","ingredients":[{"alias":"a","product":"shop/air/rows"},{"alias":"b","product":"trade.old/air/rows"},)"
    R"({"alias":"c","product":"trade.old/air/other"}]}', 1, 1, 1), )"
    "('v3', 'd2', 'of_nothing_there', '', '', 'value-added', '[]', null, "
    R"('{"sql":"select 1","ingredients":[{"alias":"a","product":"gone/air/rows"},{"alias":"b","product":"shop/none/rows"}]}', 1, 1, 1), )"
    "('v4', 'd2', 'of_elements', '', '', 'value-added', '[]', null, "
    R"('{"sql":"select 1","ingredients":[{"alias":"t","element":"t1"}]}', 1, 1, 1))";

TEST_P(UpgradeTest, ViewsAreFoundByTheProductsThatTheyRead) {
  fill(10, {kUsers, kDomains, kAliases, kProducts, kElements});
  upgrade();
  EXPECT_EQ(rows("select element_id, source_product_id, source_port from view_product_inputs order by 1, 2, 3", 3),
            (Lines{"v1|p1|rows", "v1|p2|rows", "v2|p1|other", "v2|p1|rows"}));
}

TEST_P(UpgradeTest, SnapshotsOfOtherProductsDataOpenWithTheirNextRefreshOnly) {
  const std::string versions =
      "insert into product_versions (product_id, number, definition, published_at, published_by) values "
      "('p4', 1, '{}', 1, 'wanda'), ('p4', 2, '{}', 2, null)";
  const std::string inputs =
      "insert into product_inputs (product_id, number, port, element_id, source_product_id, source_port) values "
      "('p4', 1, 'first', null, 'p1', 'rows'), ('p4', 2, 'own', 't1', null, null), ('p4', 2, 'second', null, 'p3', 'rows')";
  fill(11,
       {kUsers, kDomains, kAliases, kProducts, kElements, versions, inputs,
        "insert into snapshots (id, product_id, product_version, number, created_at) values ('s1', 'p4', 1, 1, 1), ('s2', 'p4', 2, 2, 2)",
        "insert into snapshot_files (snapshot_id, port, file, row_count, byte_count) values ('s1', 'first', 'lake/a', 1, 2)"});
  upgrade();
  EXPECT_EQ(rows("select snapshot_id, port, source_product_id, reader_domain_id, subscription_id from snapshot_rights order by 1, 2", 5),
            (Lines{"s1|first|p1|d2|null", "s2|second|p3|d2|null"}))
      << "what is of the domain itself stays open";
  EXPECT_EQ(rows("select file from snapshot_files", 1), Lines{"lake/a"});
}

TEST_P(UpgradeTest, OldHitsCountAtTheirHour) {
  const auto hours = fmt::format(
      "insert into usage_hours (product_id, user_id, door, hour, hits, row_count, byte_count) values "
      "('p1', 'olivia', 'data', {0}, 5, 50, 500), ('p1', 'wanda', 'data', {0}, 2, 20, 0), ('p1', 'olivia', 'data', {1}, 1, 1, 1)",
      kHour, kHour + kHourMicros);
  fill(13, {kUsers, kDomains, kAliases, kProducts, hours});
  upgrade();
  const auto usage = make_sql_usage_store();
  const auto sums = [&](UsageBy by, std::optional<std::int64_t> from, std::optional<std::int64_t> to) {
    UsageFilter filter;
    filter.by = by;
    if (from) filter.from = Timestamp{*from};
    if (to) filter.to = Timestamp{*to};
    auto tx = database_->begin(TxMode::Read).value();
    const auto found = usage->sums(*tx, filter, {}).value();
    Lines lines;
    for (const auto& sum : found) {
      lines.push_back(fmt::format("{}: {} {} {}", sum.name, sum.hits, sum.rows, sum.bytes));
    }
    return lines;
  };
  EXPECT_EQ(sums(UsageBy::Domain, {}, {}), Lines{"shop: 8 71 501"});
  EXPECT_EQ(sums(UsageBy::Reader, {}, {}), (Lines{"olivia: 6 51 501", "wanda: 2 20 0"}));
  EXPECT_EQ(sums(UsageBy::Domain, kHour, kHour + 1), Lines{"shop: 7 70 500"});
  EXPECT_EQ(sums(UsageBy::Domain, kHour + 1, {}), Lines{"shop: 1 1 1"});
  EXPECT_EQ(sums(UsageBy::Domain, kHour + 1, kHour + kHourMicros), Lines{});
}

TEST_P(UpgradeTest, WhatStandsThereStays) {
  const auto grants =
      "insert into subscriptions (id, product_id, subject_user_id, subject_domain_id, requester_id, purpose, state, row_filter, "
      "hidden_columns, ends_at, comment, decided_by, requested_at, decided_at, ended_at, version) values "
      "('g1', 'p1', 'wanda', null, 'wanda', 'Work.', 'approved', 'a=eq.1', '[\"b\"]', 99, '', 'olivia', 1, 2, null, 2), "
      "('g2', 'p1', null, 'd2', 'wanda', 'Work.', 'pending', null, null, null, '', null, 1, null, null, 1)";
  const auto runs =
      "insert into runs (id, kind, object_id, domain_id, object_name, state, run_trigger, requested_by, input, attempts, row_count, "
      "failure, log, created_at, started_at, finished_at) values "
      "('r1', 'publish', 'p1', 'd1', 'air', 'succeeded', 'person', 'olivia', '{}', 1, 5, null, '[\"done\"]', 1, 2, 3), "
      "('r2', 'refresh-product', 'p1', 'd1', 'air', 'running', 'schedule', null, null, 1, 0, null, '[]', 4, 5, null)";
  fill(9, {kUsers, kDomains, kAliases, kProducts, kElements, grants, runs});
  upgrade();
  EXPECT_EQ(rows("select name, email, state, password_hash from users order by name", 4),
            (Lines{"olivia|olivia@example.org|active|hash", "wanda||disabled|null"}));
  EXPECT_EQ(rows("select id, subject_user_id, subject_domain_id, state, row_filter, hidden_columns, cast(ends_at as text) from "
                 "subscriptions order by id",
                 7),
            (Lines{"g1|wanda|null|approved|a=eq.1|[\"b\"]|99", "g2|null|d2|pending|null|null|null"}));
  EXPECT_EQ(rows("select id, state, log, cast(fence as text) from runs order by id", 4),
            (Lines{"r1|succeeded|[\"done\"]|null", "r2|running|[]|null"}));
  EXPECT_EQ(rows("select id, name from products order by id", 2), (Lines{"p1|air", "p2|air-more", "p3|air", "p4|derived"}));
  EXPECT_EQ(rows("select cast(exact_from as text) from usage_exactness", 1), Lines{"0"});
}

// Wherever one comes from: no migration rests on what another of the same upgrade left behind in its connection.
TEST_P(UpgradeTest, ComesFromFarAndNear) {
  for (const int version : {1, 4, 8, 12, 15}) {
    SCOPED_TRACE(version);
    const TestDatabase place(GetParam());
    auto old = open_or_throw(place.options(), migrations_up_to(version));
    auto tx = old->begin(TxMode::Write).value();
    ASSERT_TRUE(sql(*tx).execute({"test.fill", kUsers}, {}));
    ASSERT_TRUE(tx->commit());
    old.reset();
    const auto now = open_or_throw(place.options());
    EXPECT_EQ(sql(*now->begin(TxMode::Read).value()).query({"test.rows", "select id from users"}, {}).value().size(), 2U);
  }
}

}  // namespace
}  // namespace weft
