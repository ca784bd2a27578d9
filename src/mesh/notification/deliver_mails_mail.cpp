#include "mesh/notification/deliver_mails_mail.h"

namespace weft {

namespace {

void note_failure(OutboxMail& mail, const Error& error, Timestamp now) {
  mail.failure = error.message;
  const bool hopeless = is_permanent(error) || mail.attempts >= kMaxMailAttempts;
  mail.state = hopeless ? MailState::Failed : MailState::Waiting;
  mail.next_attempt_at = now.plus_seconds(mail_pause_seconds(mail.attempts));
}

}  // namespace

Result<int> deliver_mails(const MailPorts& ports, int limit) {
  auto reading = TRY(ports.transactor.begin(TxMode::Read));
  auto due = TRY(ports.outbox.due_mails(*reading, ports.clock.now(), limit));
  reading.reset();
  for (auto& mail : due) {
    const auto bodies = render_mail(mail.notification, mail.recipient_name, ports.public_url);
    const auto now = ports.clock.now();
    const auto sent = ports.sender.send(
        {mail.id.text(), mail.recipient, mail.recipient_name, mail.notification.subject, bodies.text, bodies.html}, mail.created_at);
    ++mail.attempts;
    if (sent) {
      mail.state = MailState::Sent;
      mail.sent_at = now;
      mail.failure.clear();
    } else {
      note_failure(mail, sent.error(), now);
    }
    CHECK(transact(ports.transactor, [&](Tx& tx) { return ports.outbox.note_attempt(tx, mail); }));
    if (ports.ended && mail.state != MailState::Waiting) ports.ended(mail.state);
  }
  return static_cast<int>(due.size());
}

}  // namespace weft
