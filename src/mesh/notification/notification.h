// Telling people: an inbox entry and an e-mail for each, written to the outbox in the transaction of what they tell of.
// A job delivers the mail; delivery is tried again with growing pauses and never doubles an inbox entry.
#pragma once

#include "base/page.h"
#include "base/transaction.h"
#include "mesh/identity/user.h"

namespace weft {

using NotificationId = Id<struct NotificationTag>;

struct Notification {
  std::string kind;     // `subscription.requested`
  std::string subject;  // one line
  std::string text;     // plain text; the mail's HTML is made from it
  std::string link;     // path in the web UI, such as `/requests/<id>`; the public URL is put before it
};

// As it stands in somebody's inbox.
struct InboxEntry {
  NotificationId id;
  Notification notification;
  Timestamp created_at;
  std::optional<Timestamp> read_at;
};

enum class MailState { Waiting, Sent, Failed };
[[nodiscard]] std::string_view to_text(MailState state);  // `waiting`, `sent`, `failed`
[[nodiscard]] Result<MailState> parse_mail_state(std::string_view text);

struct OutboxMail {
  NotificationId id;
  Notification notification;
  std::string recipient, recipient_name;
  MailState state = MailState::Waiting;
  int attempts = 0;
  Timestamp created_at, next_attempt_at;
  std::optional<Timestamp> sent_at;
  std::string failure;  // of the last attempt
};

class Outbox {
 public:
  virtual ~Outbox() = default;
  // An inbox entry and a mail for each recipient. REQUIRES: a Write transaction.
  [[nodiscard]] virtual Result<void> notify(Tx& tx, const Context& context, const std::vector<User>& recipients,
                                            const Notification& notification) = 0;

  // Newest first.
  [[nodiscard]] virtual Result<std::vector<InboxEntry>> inbox(Tx& tx, const UserId& user, const PageRequest& page) = 0;
  [[nodiscard]] virtual Result<std::int64_t> count_unread(Tx& tx, const UserId& user) = 0;
  // False when the user has no such entry.
  [[nodiscard]] virtual Result<bool> mark_read(Tx& tx, const NotificationId& id, const UserId& user, Timestamp now) = 0;

  [[nodiscard]] virtual Result<std::vector<OutboxMail>> mails(Tx& tx, std::optional<MailState> state, const PageRequest& page) = 0;
  [[nodiscard]] virtual Result<std::optional<OutboxMail>> find_mail(Tx& tx, const NotificationId& id) = 0;
  // Waiting ones whose time has come, oldest first.
  [[nodiscard]] virtual Result<std::vector<OutboxMail>> due_mails(Tx& tx, Timestamp now, int limit) = 0;
  [[nodiscard]] virtual Result<std::int64_t> count_waiting(Tx& tx) = 0;
  // Writes state, attempts, next attempt, failure.
  [[nodiscard]] virtual Result<void> note_attempt(Tx& tx, const OutboxMail& mail) = 0;

  // Removes inbox entries made before `before`, read or not, with their mails, at most `limit`; returns how many. What still
  // waits to be sent stays. REQUIRES: Write.
  [[nodiscard]] virtual Result<std::int64_t> sweep(Tx& tx, Timestamp before, int limit) = 0;
};

// The pause before attempt number `attempts` + 1: a minute, doubling up to six hours; after kMaxMailAttempts it failed.
inline constexpr int kMaxMailAttempts = 12;
[[nodiscard]] std::int64_t mail_pause_seconds(int attempts);

// The mail's two bodies. Everything that came from users is escaped in the HTML.
struct MailBodies {
  std::string text, html;
};
[[nodiscard]] MailBodies render_mail(const Notification& notification, std::string_view recipient_name, std::string_view public_url);

}  // namespace weft
