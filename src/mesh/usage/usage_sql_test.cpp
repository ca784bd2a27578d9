// The contract that every UsageStore keeps: what a range of time counts, before and after seconds were forgotten.
#include "mesh/usage/usage_sql.h"

#include <random>

#include "mesh/door/mesh_fixture_test.h"
#include "mesh/product/product_sql.h"
#include "mesh/usage/usage_window.h"

namespace weft {

namespace {

constexpr std::int64_t kNoon = 1'772'366'400 * kSecondMicros;  // an hour's beginning, and where the clock stands
constexpr UsageBy kAll[] = {UsageBy::Domain, UsageBy::Product, UsageBy::Reader, UsageBy::Hour, UsageBy::Day};

class UsageStoreTest : public MeshTest {
 protected:
  ProductId add_product(const std::string& name) {
    Product product;
    product.id = ProductId::make(clock.now());
    product.domain = shop.id;
    product.domain_path = shop.path;
    product.name = name;
    value_of(write_as(system, [&](Tx& tx, const Context&) { return products->insert(tx, product); }));
    clock.advance(1);
    return product.id;
  }

  void fold(std::vector<Hit> hits) {
    const auto from = end_;
    end_.offset += 1;
    value_of(write_as(system, [&](Tx& tx, const Context&) { return usage->fold(tx, "replica", from, {std::move(hits), end_}); }));
  }
  Hit hit(std::int64_t at, const User& user) { return {{at}, flights, "port", user.id, "data", at % 7 + 1, at % 100 + 1}; }

  std::vector<std::string> sums(UsageBy by, std::optional<std::int64_t> from, std::optional<std::int64_t> to) {
    UsageFilter filter;
    filter.by = by;
    if (from) filter.from = Timestamp{*from};
    if (to) filter.to = Timestamp{*to};
    auto tx = begin(TxMode::Read);
    std::vector<std::string> texts;
    for (const auto& sum : value_of(usage->sums(*tx, filter, {}))) {
      texts.push_back(fmt::format("{} {} {} {}", sum.key, sum.hits, sum.rows, sum.bytes));
    }
    return texts;
  }
  std::int64_t hits(std::optional<std::int64_t> from, std::optional<std::int64_t> to) {
    UsageFilter filter;
    if (from) filter.from = Timestamp{*from};
    if (to) filter.to = Timestamp{*to};
    auto tx = begin(TxMode::Read);
    std::int64_t count = 0;
    for (const auto& sum : value_of(usage->sums(*tx, filter, {}))) count += sum.hits;
    return count;
  }
  std::int64_t forget(std::int64_t before, int limit) {
    return value_of(write_as(system, [&](Tx& tx, const Context&) { return usage->forget_seconds(tx, {before}, limit); }));
  }
  std::int64_t seconds_left() { return value_of(query("select count(*) from usage_seconds", {})).front().integer(0); }

  std::unique_ptr<ProductStore> products = make_sql_product_store();
  std::unique_ptr<UsageStore> usage = make_sql_usage_store();
  User ann = add_user("ann", {}), bob = add_user("bob", {});
  Domain shop = add_domain("shop");
  ProductId flights = add_product("flights");

 private:
  HitJournal::Position end_;
};
INSTANTIATE_TEST_SUITE_P(Stores, UsageStoreTest, kBothDialects, dialect_name);

TEST_P(UsageStoreTest, SumsOverWholeHoursOutliveTheirSeconds) {
  std::mt19937_64 random(20261201);
  std::vector<Hit> made;
  for (int i = 0; i < 400; ++i) {
    // Each in a second of its own, all within thirty hours.
    const auto at = kNoon + i * 270 * kSecondMicros + std::uniform_int_distribution<std::int64_t>(0, 269 * kSecondMicros)(random);
    made.push_back(hit(at, i % 3 == 0 ? ann : bob));
  }
  fold(made);
  std::vector<std::pair<std::optional<std::int64_t>, std::optional<std::int64_t>>> ranges = {{{}, {}}, {kNoon + 5 * kHourMicros, {}}};
  for (int from = 0; from < 30; from += 3) ranges.emplace_back(kNoon + from * kHourMicros, kNoon + (from * 7 % 30) * kHourMicros);
  const auto all = [&] {
    std::vector<std::vector<std::string>> found;
    for (const auto by : kAll) {
      for (const auto& [from, to] : ranges) found.push_back(sums(by, from, to));
    }
    return found;
  };
  const auto before = all();
  EXPECT_EQ(hits({}, {}), 400);

  // In many small transactions, each of which may be the last one: in between, and when it is done.
  const auto until = kNoon + 20 * kHourMicros;
  const auto old = std::ranges::count_if(made, [&](const Hit& one) { return one.at.micros < until; });
  std::int64_t forgotten = 0;
  for (std::int64_t gone = -1; gone != 0; forgotten += gone) {
    gone = forget(until + 1'234'567, 50);
    EXPECT_LE(gone, 50);
    ASSERT_EQ(all(), before) << "after " << forgotten;
  }
  EXPECT_EQ(forgotten, old);
  EXPECT_EQ(seconds_left(), 400 - old);
  auto tx = begin(TxMode::Read);
  EXPECT_EQ(value_of(usage->exact_from(*tx)).micros, until);
}

TEST_P(UsageStoreTest, ARangeThatCutsAnOldHourCountsItWhereItBegins) {
  const auto later = kNoon + kHourMicros;
  fold({hit(kNoon + 10 * kSecondMicros, ann), hit(kNoon + 20 * kSecondMicros, bob), hit(later + 10 * kSecondMicros, ann),
        hit(later + 20 * kSecondMicros, bob)});
  EXPECT_EQ(hits(kNoon + 15 * kSecondMicros, {}), 3);
  forget(later, 1);  // one second of the two is still there: it must not count any more
  EXPECT_EQ(seconds_left(), 3);
  const auto cut = kNoon + 15 * kSecondMicros;
  EXPECT_EQ(hits({}, cut), 2);
  EXPECT_EQ(hits(cut, {}), 2);
  EXPECT_EQ(hits(cut, later), 0);
  EXPECT_EQ(hits(kNoon, kNoon + 1), 2);
  EXPECT_EQ(hits(cut, later + 15 * kSecondMicros), 1) << "what is young is exact";
  EXPECT_EQ(hits(later + 10 * kSecondMicros, later + 20 * kSecondMicros), 1);
  EXPECT_EQ(sums(UsageBy::Reader, kNoon, later),
            (std::vector<std::string>{fmt::format("ann 1 {} {}", (kNoon + 10 * kSecondMicros) % 7 + 1, 1),
                                      fmt::format("bob 1 {} {}", (kNoon + 20 * kSecondMicros) % 7 + 1, 1)}));
}

TEST_P(UsageStoreTest, TheInstantNeverGoesBackAndLateHitsCount) {
  fold({hit(kNoon, ann)});
  EXPECT_EQ(forget(kNoon + 5 * kHourMicros, 10), 1);
  EXPECT_EQ(forget(kNoon, 10), 0);
  fold({hit(kNoon + 7 * kSecondMicros, bob)});  // from a journal that was away
  EXPECT_EQ(hits(kNoon, kNoon + kHourMicros), 2);
  EXPECT_EQ(hits({}, {}), 2);
  EXPECT_EQ(forget(kNoon + 5 * kHourMicros, 10), 1);
  EXPECT_EQ(hits({}, {}), 2);
  EXPECT_EQ(seconds_left(), 0);
  auto tx = begin(TxMode::Read);
  EXPECT_EQ(value_of(usage->exact_from(*tx)).micros, kNoon + 5 * kHourMicros);
}

}  // namespace

}  // namespace weft
