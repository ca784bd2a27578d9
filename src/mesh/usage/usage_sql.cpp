#include "mesh/usage/usage_sql.h"

#include "mesh/domain/within_sql.h"
#include "mesh/usage/usage_window.h"
#include "platform/db/sql.h"

namespace weft {

namespace {

constexpr Statement kPosition{"usage.position", "select segment, byte_offset from usage_journals where replica = ?"};
constexpr Statement kFirst{"usage.first_position", "insert into usage_journals (replica, segment, byte_offset) values (?, ?, ?)",
                           Verdicts::Untouched};
constexpr Statement kMove{"usage.move_position",
                          "update usage_journals set segment = ?, byte_offset = ? where replica = ? and segment = ? and byte_offset = ?",
                          Verdicts::Untouched};
// A hit on a product or by a user that the store does not know (a restored older store, say) is left out.
constexpr Statement kAdd{
    "usage.add",
    "insert into usage_hours (product_id, user_id, door, hour, hits, row_count, byte_count) "
    "select p.id, u.id, ?, ?, ?, ?, ? from products p, users u where p.id = ? and u.id = ? "
    "on conflict (product_id, user_id, door, hour) do update set hits = usage_hours.hits + excluded.hits, "
    "row_count = usage_hours.row_count + excluded.row_count, byte_count = usage_hours.byte_count + excluded.byte_count",
    Verdicts::Untouched};
constexpr Statement kAddSecond{
    "usage.add_second",
    "insert into usage_seconds (product_id, user_id, door, second, hits, row_count, byte_count, instants) "
    "select p.id, u.id, ?, ?, ?, ?, ?, ? from products p, users u where p.id = ? and u.id = ? "
    "on conflict (product_id, user_id, door, second) do update set hits = usage_seconds.hits + excluded.hits, "
    "row_count = usage_seconds.row_count + excluded.row_count, byte_count = usage_seconds.byte_count + excluded.byte_count, "
    "instants = usage_seconds.instants || excluded.instants",
    Verdicts::Untouched};

constexpr Statement kExactFrom{"usage.exact_from", "select exact_from from usage_exactness"};
constexpr Statement kMoveExactFrom{"usage.move_exact_from", "update usage_exactness set exact_from = ? where exact_from < ?"};
constexpr Statement kForgetSeconds{
    "usage.forget_seconds",
    "delete from usage_seconds where (product_id, user_id, door, second) in "
    "(select product_id, user_id, door, second from usage_seconds where second < ? order by second limit ?)"};

// Who read what through which door, in which hour or second.
using Place = std::tuple<std::string, std::string, std::string, std::int64_t>;

struct Counts {
  std::int64_t hits = 0, rows = 0, bytes = 0;
  void add(const Counts& other) {
    hits += other.hits;
    rows += other.rows;
    bytes += other.bytes;
  }
};

struct SecondCounts {
  Counts counts;
  std::map<std::int64_t, Counts> instants;
};

std::string_view key_of(UsageBy by) {
  switch (by) {
    case UsageBy::Domain: return "d.path";
    case UsageBy::Product: return "p.id";
    case UsageBy::Reader: return "u.name";
    case UsageBy::Hour: return "h.at - h.at % 3600000000";
    case UsageBy::Day: return "h.at - h.at % 86400000000";
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
    std::map<Place, Counts> hours;
    std::map<Place, SecondCounts> seconds;
    for (const auto& hit : batch.hits) {
      const Counts counts{1, hit.rows, hit.bytes};
      const auto offset = hit.at.micros % kSecondMicros;
      hours[{hit.product.text(), hit.user.text(), hit.door, hit.at.micros - hit.at.micros % kHourMicros}].add(counts);
      auto& second = seconds[{hit.product.text(), hit.user.text(), hit.door, hit.at.micros - offset}];
      second.counts.add(counts);
      second.instants[offset].add(counts);
    }
    for (const auto& [place, sum] : hours) {
      const auto& [product, user, door, hour] = place;
      CHECK(sql(tx).execute(kAdd, {door, hour, sum.hits, sum.rows, sum.bytes, product, user}));
    }
    for (const auto& [place, sum] : seconds) {
      const auto& [product, user, door, second] = place;
      std::vector<InstantSum> instants;
      for (const auto& [offset, counts] : sum.instants) instants.push_back({offset, counts.hits, counts.rows, counts.bytes});
      CHECK(sql(tx).execute(kAddSecond,
                            {door, second, sum.counts.hits, sum.counts.rows, sum.counts.bytes, to_text(instants), product, user}));
    }
    return {};
  }

  Result<std::vector<UsageSum>> sums(Tx& tx, const UsageFilter& filter, const PageRequest& page) override {
    const auto window = usage_window(filter.from, filter.to, TRY(exact_from(tx)));
    std::map<std::string, UsageSum> sums;  // all keys are ASCII texts whose order is that of the store
    CHECK(add_whole(tx, filter, page, window, sums));
    CHECK(add_edges(tx, filter, page, window, sums));
    std::vector<UsageSum> result;
    for (auto& [key, sum] : sums) {
      if (result.size() > static_cast<std::size_t>(page.limit)) break;
      result.push_back(std::move(sum));
    }
    return result;
  }

  Result<Timestamp> exact_from(Tx& tx) override {
    const auto row = TRY(sql(tx).query_one(kExactFrom, {}));
    return row ? row->time(0) : Timestamp{};
  }

  // The instant moves first, in the same transaction: whatever seconds are left before it are read by nobody.
  Result<std::int64_t> forget_seconds(Tx& tx, Timestamp before, int limit) override {
    const auto hour = before.micros - before.micros % kHourMicros;
    CHECK(sql(tx).execute(kMoveExactFrom, {hour, hour}));
    return sql(tx).execute(kForgetSeconds, {hour, limit});
  }

 private:
  struct Query {
    std::string text;
    SqlParams params;
    void add(std::string_view condition, SqlValue value) {
      text += condition;
      params.push_back(std::move(value));
    }
    void within(const std::vector<std::string>& paths) {
      text += " and ";
      append_within(text, params, paths);
    }
  };

  static bool by_time(UsageBy by) { return by == UsageBy::Hour || by == UsageBy::Day; }

  // The key as people see it, from the first two columns.
  static UsageSum sum_of(UsageBy by, const SqlRow& row) {
    UsageSum sum{by_time(by) ? to_rfc3339(row.time(0)) : row.text(0), row.text(1)};
    if (sum.name.empty()) sum.name = sum.key;
    return sum;
  }

  static std::string_view name_of(UsageBy by) { return by == UsageBy::Product ? "d.path || '/' || p.name" : "''"; }

  static constexpr std::string_view kJoins =
      "join products p on p.id = h.product_id join domains d on d.id = p.domain_id join users u on u.id = h.user_id where 1 = 1";

  static Result<void> narrow(Query& query, const UsageFilter& filter, const PageRequest& page) {
    if (filter.within) query.within({*filter.within});
    if (filter.product) query.add(" and p.id = ?", *filter.product);
    if (filter.visible_domains) query.within(*filter.visible_domains);
    if (!page.after) return {};
    const auto after = fmt::format(" and {} > ?", key_of(filter.by));
    if (by_time(filter.by)) {
      query.add(after, TRY(parse_rfc3339(*page.after)));
    } else {
      query.add(after, *page.after);
    }
    return {};
  }

  // The first keys of the page, from whole hours and seconds.
  static Result<void> add_whole(Tx& tx, const UsageFilter& filter, const PageRequest& page, const UsageWindow& window,
                                std::map<std::string, UsageSum>& sums) {
    const auto key = key_of(filter.by);
    Query query;
    query.text = fmt::format("select {}, min({}), sum(h.hits), sum(h.row_count), sum(h.byte_count) from (", key, name_of(filter.by));
    query.text += "select product_id, user_id, hour as at, hits, row_count, byte_count from usage_hours";
    query.add(" where hour >= ?", window.hours.begin);
    query.add(" and hour < ?", window.hours.end);
    for (const auto& range : window.seconds) {
      query.text += " union all select product_id, user_id, second as at, hits, row_count, byte_count from usage_seconds";
      query.add(" where second >= ?", range.begin);
      query.add(" and second < ?", range.end);
    }
    query.text += fmt::format(") h {}", kJoins);
    CHECK(narrow(query, filter, page));
    query.text += fmt::format(" group by {0} order by {0}", key);
    query.add(" limit ?", page.limit + 1);
    for (const auto& row : TRY(sql(tx).query({"usage.sums", query.text}, query.params))) {
      auto sum = sum_of(filter.by, row);
      sum.hits = row.integer(2);
      sum.rows = row.integer(3);
      sum.bytes = row.integer(4);
      sums[sum.key] = std::move(sum);
    }
    return {};
  }

  // Single hits of the at most two seconds that are cut.
  static Result<void> add_edges(Tx& tx, const UsageFilter& filter, const PageRequest& page, const UsageWindow& window,
                                std::map<std::string, UsageSum>& sums) {
    for (const auto& edge : window.edges) {
      const auto second = edge.begin - edge.begin % kSecondMicros;
      Query query;
      query.text = fmt::format("select {}, {}, h.instants from (select product_id, user_id, second as at, instants from usage_seconds",
                               key_of(filter.by), name_of(filter.by));
      query.add(" where second = ?", second);
      query.text += fmt::format(") h {}", kJoins);
      CHECK(narrow(query, filter, page));
      for (const auto& row : TRY(sql(tx).query({"usage.edge", query.text}, query.params))) {
        auto found = sum_of(filter.by, row);
        for (const auto& instant : parse_instants(row.text(2))) {
          const auto at = second + instant.offset;
          if (at < edge.begin || at >= edge.end) continue;
          found.hits += instant.hits;
          found.rows += instant.rows;
          found.bytes += instant.bytes;
        }
        if (found.hits == 0) continue;
        auto& sum = sums.try_emplace(found.key, UsageSum{found.key, found.name}).first->second;
        sum.hits += found.hits;
        sum.rows += found.rows;
        sum.bytes += found.bytes;
      }
    }
    return {};
  }
};

}  // namespace

std::unique_ptr<UsageStore> make_sql_usage_store() { return std::make_unique<SqlUsageStore>(); }

}  // namespace weft
