#include "mesh/notification/outbox_sql.h"

#include "platform/db/sql.h"

namespace weft {

namespace {

#define WEFT_MAIL_SELECT                                                                                               \
  "select o.id, n.kind, n.subject, n.body, n.link, o.recipient, o.recipient_name, o.state, o.attempts, n.created_at, " \
  "o.next_attempt_at, o.sent_at, o.failure from outbox o join notifications n on n.id = o.id "

constexpr Statement kInsertEntry{
    "notification.insert", "insert into notifications (id, user_id, kind, subject, body, link, created_at) values (?, ?, ?, ?, ?, ?, ?)",
    Verdicts::Untouched};
constexpr Statement kInsertMail{
    "outbox.insert",
    "insert into outbox (id, recipient, recipient_name, state, attempts, next_attempt_at, failure) values (?, ?, ?, 'waiting', 0, ?, '')",
    Verdicts::Untouched};
constexpr Statement kInbox{
    "notification.inbox",
    "select id, kind, subject, body, link, created_at, read_at from notifications where user_id = ? order by id desc limit ?"};
constexpr Statement kInboxAfter{
    "notification.inbox_after",
    "select id, kind, subject, body, link, created_at, read_at from notifications where user_id = ? and id < ? order by id desc limit ?"};
constexpr Statement kUnread{"notification.count_unread", "select count(*) from notifications where user_id = ? and read_at is null"};
constexpr Statement kMarkRead{"notification.mark_read",
                              "update notifications set read_at = coalesce(read_at, ?) where id = ? and user_id = ?", Verdicts::Untouched};
constexpr Statement kFindMail{"outbox.find", WEFT_MAIL_SELECT "where o.id = ?"};
constexpr Statement kDue{"outbox.due",
                         WEFT_MAIL_SELECT "where o.state = 'waiting' and o.next_attempt_at <= ? order by o.next_attempt_at, o.id limit ?"};
constexpr Statement kNote{"outbox.note_attempt",
                          "update outbox set state = ?, attempts = ?, next_attempt_at = ?, sent_at = ?, failure = ? where id = ?",
                          Verdicts::Untouched};
constexpr Statement kCountWaiting{"outbox.count_waiting", "select count(*) from outbox where state = 'waiting'"};

constexpr Statement kSweepable{"notification.sweepable",
                               "select n.id from notifications n where n.created_at < ? "
                               "and not exists (select 1 from outbox o where o.id = n.id and o.state = 'waiting') "
                               "order by n.created_at limit ?"};
constexpr Statement kRemoveMail{"outbox.remove", "delete from outbox where id = ?", Verdicts::Untouched};
constexpr Statement kRemoveEntry{"notification.remove", "delete from notifications where id = ?", Verdicts::Untouched};

Notification notification_at(const SqlRow& row, std::size_t first) {
  return {row.text(first), row.text(first + 1), row.text(first + 2), row.text(first + 3)};
}

OutboxMail mail_from(const SqlRow& row) {
  OutboxMail mail;
  mail.id = row.id<NotificationId>(0);
  mail.notification = notification_at(row, 1);
  mail.recipient = row.text(5);
  mail.recipient_name = row.text(6);
  mail.state = *parse_mail_state(row.text(7));
  mail.attempts = static_cast<int>(row.integer(8));
  mail.created_at = row.time(9);
  mail.next_attempt_at = row.time(10);
  mail.sent_at = row.optional_time(11);
  mail.failure = row.text(12);
  return mail;
}

class SqlOutbox final : public Outbox {
 public:
  Result<void> notify(Tx& tx, const Context& context, const std::vector<User>& recipients, const Notification& notification) override {
    for (const auto& recipient : recipients) {
      const auto id = NotificationId::make(context.now);
      CHECK(sql(tx).execute(
          kInsertEntry, {id, recipient.id, notification.kind, notification.subject, notification.text, notification.link, context.now}));
      if (!recipient.email.empty()) CHECK(sql(tx).execute(kInsertMail, {id, recipient.email, recipient.name, context.now}));
    }
    return {};
  }

  Result<std::vector<InboxEntry>> inbox(Tx& tx, const UserId& user, const PageRequest& page) override {
    auto rows =
        page.after ? sql(tx).query(kInboxAfter, {user, *page.after, page.limit + 1}) : sql(tx).query(kInbox, {user, page.limit + 1});
    if (!rows) return fail(rows.error());
    std::vector<InboxEntry> entries;
    for (const auto& row : *rows)
      entries.push_back({row.id<NotificationId>(0), notification_at(row, 1), row.time(5), row.optional_time(6)});
    return entries;
  }

  Result<std::int64_t> count_unread(Tx& tx, const UserId& user) override { return TRY(sql(tx).query_one(kUnread, {user}))->integer(0); }

  Result<bool> mark_read(Tx& tx, const NotificationId& id, const UserId& user, Timestamp now) override {
    return TRY(sql(tx).execute(kMarkRead, {now, id, user})) == 1;
  }

  Result<std::vector<OutboxMail>> mails(Tx& tx, std::optional<MailState> state, const PageRequest& page) override {
    std::string text = WEFT_MAIL_SELECT "where 1 = 1";
    SqlParams params;
    if (state) {
      text += " and o.state = ?";
      params.emplace_back(to_text(*state));
    }
    if (page.after) {
      text += " and o.id < ?";
      params.emplace_back(*page.after);
    }
    text += " order by o.id desc limit ?";
    params.emplace_back(page.limit + 1);
    return all_of<OutboxMail>(sql(tx).query({"outbox.list", text}, params), mail_from);
  }

  Result<std::optional<OutboxMail>> find_mail(Tx& tx, const NotificationId& id) override {
    auto row = TRY(sql(tx).query_one(kFindMail, {id}));
    if (!row) return std::nullopt;
    return mail_from(*row);
  }

  Result<std::vector<OutboxMail>> due_mails(Tx& tx, Timestamp now, int limit) override {
    return all_of<OutboxMail>(sql(tx).query(kDue, {now, limit}), mail_from);
  }

  Result<std::int64_t> count_waiting(Tx& tx) override { return TRY(sql(tx).query_one(kCountWaiting, {}))->integer(0); }

  Result<void> note_attempt(Tx& tx, const OutboxMail& mail) override {
    CHECK(sql(tx).execute(kNote, {to_text(mail.state), mail.attempts, mail.next_attempt_at, mail.sent_at, mail.failure, mail.id}));
    return {};
  }

  Result<std::int64_t> sweep(Tx& tx, Timestamp before, int limit) override {
    const auto rows = TRY(sql(tx).query(kSweepable, {before, limit}));
    for (const auto& row : rows) {
      CHECK(sql(tx).execute(kRemoveMail, {row.text(0)}));
      CHECK(sql(tx).execute(kRemoveEntry, {row.text(0)}));
    }
    return static_cast<std::int64_t>(rows.size());
  }

 private:
};

}  // namespace

std::unique_ptr<Outbox> make_sql_outbox() { return std::make_unique<SqlOutbox>(); }

}  // namespace weft
