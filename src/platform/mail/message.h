// A mail as text: RFC 5322 head, MIME body (RFC 2045 to 2047), lines ended by CRLF. Pure.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "platform/mail/mail.h"

namespace weft {

struct Mailbox {
  std::string name;     // may be empty
  std::string address;  // ASCII, `local@domain`

  [[nodiscard]] std::string_view domain() const { return std::string_view(address).substr(address.rfind('@') + 1); }
};

// `weft@example.org` or `Weft <weft@example.org>`. Errors: `mail.invalid`.
[[nodiscard]] Result<Mailbox> parse_mailbox(std::string_view text);

// Errors: `mail.invalid` when an address, name, subject or id holds what would end its line, or is none.
[[nodiscard]] Result<std::string> format_message(const Mail& mail, const Mailbox& from, Timestamp at);

}  // namespace weft
