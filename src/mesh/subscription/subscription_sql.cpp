#include "mesh/subscription/subscription_sql.h"

#include "mesh/domain/within_sql.h"
#include "platform/db/sql.h"

namespace weft {

namespace {

#define WEFT_SUBSCRIPTION_SELECT                                                                                           \
  "select s.id, s.product_id, p.name, pd.path, s.subject_user_id, su.name, s.subject_domain_id, sd.path, s.requester_id, " \
  "r.name, s.purpose, s.state, s.row_filter, s.hidden_columns, s.ends_at, s.comment, s.decided_by, d.name, "               \
  "s.requested_at, s.decided_at, s.ended_at, s.version, s.ended_by, e.name, s.end_reason from subscriptions s "            \
  "join products p on p.id = s.product_id join domains pd on pd.id = p.domain_id "                                         \
  "join users r on r.id = s.requester_id left join users su on su.id = s.subject_user_id "                                 \
  "left join domains sd on sd.id = s.subject_domain_id left join users d on d.id = s.decided_by "                          \
  "left join users e on e.id = s.ended_by "

constexpr Statement kFind{"subscription.find", WEFT_SUBSCRIPTION_SELECT "where s.id = ?"};
constexpr Statement kFindGrant{"subscription.find_grant", WEFT_SUBSCRIPTION_SELECT
                               "where s.product_id = ? and s.subject_user_id = ? and s.state = 'approved' "
                               "and (s.ends_at is null or s.ends_at > ?)"};
constexpr Statement kOverdue{"subscription.overdue",
                             WEFT_SUBSCRIPTION_SELECT "where s.state = 'approved' and s.ends_at <= ? order by s.id limit ?"};
constexpr Statement kNextEnd{"subscription.next_end",
                             "select min(ends_at) from subscriptions where state = 'approved' and ends_at is not null"};
constexpr Statement kInsert{"subscription.insert",
                            "insert into subscriptions (id, product_id, subject_user_id, subject_domain_id, requester_id, purpose, "
                            "state, comment, requested_at, version) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"};
constexpr Statement kTransition{"subscription.transition",
                                "update subscriptions set state = ?, row_filter = ?, hidden_columns = ?, ends_at = ?, comment = ?, "
                                "decided_by = ?, decided_at = ?, ended_at = ?, ended_by = ?, end_reason = ?, version = version + 1 "
                                "where id = ? and state = ?"};

constexpr Statement kFindSettled{"subscription.find_settled",
                                 "select settled_limits from subscriptions where id = ? and settled_limits is not null"};
constexpr Statement kKeepSettled{"subscription.keep_settled", "update subscriptions set settled_limits = ? where id = ?"};

Subscription from_row(const SqlRow& row) {
  Subscription subscription;
  subscription.id = row.id<SubscriptionId>(0);
  subscription.product = row.id<ProductId>(1);
  subscription.product_name = row.text(2);
  subscription.product_domain = row.text(3);
  if (auto user = row.optional_text(4)) {
    subscription.subject.user = UserId(*user);
    subscription.subject.name = row.text(5);
  } else {
    subscription.subject.domain = row.id<DomainId>(6);
    subscription.subject.name = row.text(7);
  }
  subscription.requester = row.id<UserId>(8);
  subscription.requester_name = row.text(9);
  subscription.purpose = row.text(10);
  subscription.state = *parse_subscription_state(row.text(11));
  if (auto hidden = row.optional_text(13)) {
    Limits limits;
    limits.row_filter = row.optional_text(12).value_or("");
    const auto columns = json::parse(*hidden);  // our own text
    for (const auto& column : columns.as_array()) limits.hidden_columns.emplace_back(column.as_string());
    limits.ends_at = row.optional_time(14);
    subscription.limits = std::move(limits);
  }
  subscription.comment = row.text(15);
  if (auto by = row.optional_text(16)) subscription.decided_by = OwnerName{UserId(*by), row.text(17)};
  subscription.requested_at = row.time(18);
  subscription.decided_at = row.optional_time(19);
  subscription.ended_at = row.optional_time(20);
  subscription.version = row.integer(21);
  if (auto by = row.optional_text(22)) subscription.ended_by = OwnerName{UserId(*by), row.text(23)};
  subscription.end_reason = row.text(24);
  return subscription;
}

class SqlSubscriptionStore final : public SubscriptionStore {
 public:
  Result<std::optional<Subscription>> find(Tx& tx, const SubscriptionId& id) override {
    return optional_of(sql(tx).query_one(kFind, {id}));
  }

  Result<std::vector<Subscription>> list(Tx& tx, const SubscriptionFilter& filter, const PageRequest& page) override {
    std::string text = WEFT_SUBSCRIPTION_SELECT "where 1 = 1";
    SqlParams params;
    auto narrow = [&](std::string_view condition, SqlValue value) {
      text += condition;
      params.push_back(std::move(value));
    };
    if (filter.product) narrow(" and s.product_id = ?", *filter.product);
    if (filter.state) narrow(" and s.state = ?", to_text(*filter.state));
    if (filter.visible) {
      narrow(" and (s.requester_id = ?", filter.visible->user);
      narrow(" or s.subject_user_id = ?", filter.visible->user);
      for (std::string_view path : {"pd.path", "sd.path"}) {
        text += " or ";
        append_within(text, params, filter.visible->domains, path);
      }
      text += ")";
    }
    if (page.after) narrow(" and s.id < ?", *page.after);
    narrow(" order by s.id desc limit ?", page.limit + 1);
    return all_of(sql(tx).query({"subscription.list", text}, params));
  }

  Result<void> insert(Tx& tx, const Subscription& subscription) override {
    auto inserted = sql(tx).execute(kInsert, {subscription.id, subscription.product, subscription.subject.user, subscription.subject.domain,
                                              subscription.requester, subscription.purpose, to_text(subscription.state),
                                              subscription.comment, subscription.requested_at, subscription.version});
    if (inserted) return {};
    if (inserted.error().id == "store.duplicate") {
      return fail(ErrorKind::Conflict, "subscription.already_open",
                  fmt::format("{} has an open request for this product, or may read it already.", subscription.subject.name),
                  "See it under GET /api/v1/subscriptions?product=…; after it ended one may ask again.");
    }
    return fail(inserted.error());
  }

  Result<void> transition(Tx& tx, const Subscription& next, SubscriptionState from) override {
    SqlValue row_filter, hidden, ends_at;
    if (next.limits) {
      row_filter = SqlValue(next.limits->row_filter);
      hidden = SqlValue(json::serialize(json::array(next.limits->hidden_columns.begin(), next.limits->hidden_columns.end())));
      ends_at = SqlValue(next.limits->ends_at);
    }
    auto id_of = [](const std::optional<OwnerName>& who) { return who ? std::optional(who->id) : std::nullopt; };
    auto changed =
        TRY(sql(tx).execute(kTransition, {to_text(next.state), row_filter, hidden, ends_at, next.comment, id_of(next.decided_by),
                                          next.decided_at, next.ended_at, id_of(next.ended_by), next.end_reason, next.id, to_text(from)}));
    if (changed == 1) return {};
    return fail(ErrorKind::Conflict, "subscription.already_decided", fmt::format("The subscription is no longer {}.", to_text(from)),
                "Somebody was faster. Read it again to see what happened.");
  }

  Result<std::optional<SettledLimits>> find_settled(Tx& tx, const SubscriptionId& id) override {
    const auto row = TRY(sql(tx).query_one(kFindSettled, {id}));
    if (!row) return std::nullopt;
    return parse_settled_limits(json::parse(row->text(0)));  // our own text
  }

  Result<void> keep_settled(Tx& tx, const SubscriptionId& id, const SettledLimits& settled) override {
    CHECK(sql(tx).execute(kKeepSettled, {json::serialize(to_json(settled)), id}));
    return {};
  }

  Result<std::optional<Subscription>> find_grant(Tx& tx, const ProductId& product, const UserId& user, Timestamp now) override {
    return optional_of(sql(tx).query_one(kFindGrant, {product, user, now}));
  }

  Result<std::optional<Subscription>> find_domain_grant(Tx& tx, const ProductId& product, std::string_view domain_path,
                                                        Timestamp now) override {
    auto paths = self_and_ancestors(domain_path);
    std::string marks;
    SqlParams params{product, now};
    for (auto& path : paths) {
      marks += marks.empty() ? "?" : ", ?";
      params.emplace_back(std::move(path));
    }
    // The nearest domain's grant counts.
    return optional_of(sql(tx).query_one(
        {"subscription.find_domain_grant",
         fmt::format(WEFT_SUBSCRIPTION_SELECT "where s.product_id = ? and s.state = 'approved' and (s.ends_at is null or s.ends_at > ?) "
                                              "and sd.path in ({}) order by length(sd.path) desc limit 1",
                     marks)},
        params));
  }

  Result<std::vector<Subscription>> overdue(Tx& tx, Timestamp now, int limit) override {
    return all_of(sql(tx).query(kOverdue, {now, limit}));
  }

  Result<std::optional<Timestamp>> next_end(Tx& tx) override { return TRY(sql(tx).query_one(kNextEnd, {}))->optional_time(0); }

 private:
  static Result<std::optional<Subscription>> optional_of(Result<std::optional<SqlRow>> row) {
    if (!row) return fail(row.error());
    if (!*row) return std::nullopt;
    return from_row(**row);
  }
  static Result<std::vector<Subscription>> all_of(Result<std::vector<SqlRow>> rows) {
    if (!rows) return fail(rows.error());
    std::vector<Subscription> subscriptions;
    subscriptions.reserve(rows->size());
    for (const auto& row : *rows) subscriptions.push_back(from_row(row));
    return subscriptions;
  }
};

}  // namespace

std::unique_ptr<SubscriptionStore> make_sql_subscription_store() { return std::make_unique<SqlSubscriptionStore>(); }

}  // namespace weft
