// Sends what waits in the outbox. Outside of any transaction: a slow mail server holds up nobody.
#pragma once

#include "mesh/notification/notification.h"
#include "platform/mail/mail.h"

namespace weft {

struct MailPorts {
  Transactor& transactor;
  Outbox& outbox;
  MailSender& sender;
  const Clock& clock;
  std::string public_url;
  std::function<void(MailState)> ended = {};  // one was sent, or is tried no more
};

// At most `limit` that are due; returns how many were tried. A crash between sending and noting it sends again, with the
// same Message-ID.
[[nodiscard]] Result<int> deliver_mails(const MailPorts& ports, int limit);

}  // namespace weft
