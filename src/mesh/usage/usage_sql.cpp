#include "mesh/usage/usage_sql.h"

#include "mesh/domain/within_sql.h"
#include "platform/db/sql.h"

namespace weft {

namespace {

constexpr std::int64_t kHour = 3'600'000'000;

constexpr Statement kPosition{"usage.position", "select segment, byte_offset from usage_journals where replica = ?"};
constexpr Statement kFirst{"usage.first_position", "insert into usage_journals (replica, segment, byte_offset) values (?, ?, ?)"};
constexpr Statement kMove{"usage.move_position",
                          "update usage_journals set segment = ?, byte_offset = ? where replica = ? and segment = ? and byte_offset = ?"};
// A hit on a product or by a user that the store does not know (a restored older store, say) is left out.
constexpr Statement kAdd{
    "usage.add",
    "insert into usage_hours (product_id, user_id, door, hour, hits, row_count, byte_count) "
    "select p.id, u.id, ?, ?, ?, ?, ? from products p, users u where p.id = ? and u.id = ? "
    "on conflict (product_id, user_id, door, hour) do update set hits = usage_hours.hits + excluded.hits, "
    "row_count = usage_hours.row_count + excluded.row_count, byte_count = usage_hours.byte_count + excluded.byte_count"};

std::string_view key_of(UsageBy by) {
  switch (by) {
    case UsageBy::Domain: return "d.path";
    case UsageBy::Product: return "p.id";
    case UsageBy::Reader: return "u.name";
    case UsageBy::Hour: return "h.hour";
    case UsageBy::Day: return "h.hour - h.hour % 86400000000";
  }
  return "";
}

class SqlUsageStore final : public UsageStore {
 public:
  Result<HitJournal::Position> position(Tx& tx, std::string_view replica) override {
    auto row = TRY(sql(tx).query_one(kPosition, {replica}));
    if (!row) return HitJournal::Position{};
    return HitJournal::Position{row->integer(0), row->integer(1)};
  }

  Result<void> fold(Tx& tx, std::string_view replica, HitJournal::Position from, const HitJournal::Batch& batch) override {
    auto moved = TRY(sql(tx).execute(kMove, {batch.end.segment, batch.end.offset, replica, from.segment, from.offset}));
    if (moved == 0 && from == HitJournal::Position{}) {
      auto first = sql(tx).execute(kFirst, {replica, batch.end.segment, batch.end.offset});
      if (!first && first.error().id != "store.duplicate") return fail(first.error());
      moved = first ? 1 : 0;
    }
    if (moved == 0) return fail(ErrorKind::Conflict, "usage.folded_elsewhere", "Another fold was faster.");
    struct Sum {
      std::int64_t hits = 0, rows = 0, bytes = 0;
    };
    std::map<std::tuple<std::string, std::string, std::string, std::int64_t>, Sum> sums;
    for (const auto& hit : batch.hits) {
      auto& sum = sums[{hit.product.text(), hit.user.text(), hit.door, hit.at.micros - hit.at.micros % kHour}];
      ++sum.hits;
      sum.rows += hit.rows;
      sum.bytes += hit.bytes;
    }
    for (const auto& [key, sum] : sums) {
      const auto& [product, user, door, hour] = key;
      CHECK(sql(tx).execute(kAdd, {door, hour, sum.hits, sum.rows, sum.bytes, product, user}));
    }
    return {};
  }

  Result<std::vector<UsageSum>> sums(Tx& tx, const UsageFilter& filter, const PageRequest& page) override {
    const bool by_time = filter.by == UsageBy::Hour || filter.by == UsageBy::Day;
    const auto key = key_of(filter.by);
    std::string name = "''";
    if (filter.by == UsageBy::Product) name = "min(d.path || '/' || p.name)";
    std::string text = fmt::format(
        "select {}, {}, sum(h.hits), sum(h.row_count), sum(h.byte_count) from usage_hours h join products p on p.id = h.product_id "
        "join domains d on d.id = p.domain_id join users u on u.id = h.user_id where 1 = 1",
        key, name);
    SqlParams params;
    auto narrow = [&](std::string_view condition, SqlValue value) {
      text += condition;
      params.push_back(std::move(value));
    };
    auto within = [&](const std::vector<std::string>& paths) {
      text += " and ";
      append_within(text, params, paths);
    };
    if (filter.from) narrow(" and h.hour >= ?", filter.from->micros - filter.from->micros % kHour);
    if (filter.to) narrow(" and h.hour < ?", *filter.to);
    if (filter.within) within({*filter.within});
    if (filter.product) narrow(" and p.id = ?", *filter.product);
    if (filter.visible_domains) within(*filter.visible_domains);
    if (page.after) {
      if (by_time) {
        auto after = TRY(parse_rfc3339(*page.after));
        narrow(fmt::format(" and {} > ?", key), after);
      } else {
        narrow(fmt::format(" and {} > ?", key), *page.after);
      }
    }
    text += fmt::format(" group by {} order by {}", key, key);
    narrow(" limit ?", page.limit + 1);
    std::vector<UsageSum> sums;
    for (const auto& row : TRY(sql(tx).query({"usage.sums", text}, params))) {
      UsageSum sum{by_time ? to_rfc3339(row.time(0)) : row.text(0), row.text(1), row.integer(2), row.integer(3), row.integer(4)};
      if (sum.name.empty()) sum.name = sum.key;
      sums.push_back(std::move(sum));
    }
    return sums;
  }
};

}  // namespace

std::unique_ptr<UsageStore> make_sql_usage_store() { return std::make_unique<SqlUsageStore>(); }

}  // namespace weft
