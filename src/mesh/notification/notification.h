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

class Outbox {
 public:
  virtual ~Outbox() = default;
  // An inbox entry and a mail for each recipient. REQUIRES: a Write transaction.
  [[nodiscard]] virtual Result<void> notify(Tx& tx, const Context& context, const std::vector<User>& recipients, const Notification& notification) = 0;
};

}  // namespace weft
