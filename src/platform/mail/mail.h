// Sending mail: to a mail server, or as .eml files into a folder where there is none. One recipient per mail. Which
// mails are due, and trying again, is the outbox's business (mesh/notification).
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>

#include "base/result.h"
#include "base/setting_choice.h"
#include "base/time.h"

namespace weft {

struct Mail {
  // The outbox's own id: becomes Message-ID and the file's name, so that a mail that is delivered twice, after a crash
  // between sending and noting it, can be told to be the same. `[A-Za-z0-9][A-Za-z0-9._-]{0,127}`.
  std::string id;
  std::string to;       // an address: `ann@example.org`
  std::string to_name;  // may be empty
  std::string subject;  // one line
  std::string text;     // plain
  std::string html;     // may be empty
};

// Thread-safe.
class MailSender {
 public:
  virtual ~MailSender() = default;
  // Blocks until the server took the mail (or the file is on the disk), bounded by a time-out. `at` is its Date.
  // Errors, permanent (never try the same mail again): `mail.invalid` (Invalid) — it can't be written without breaking
  // its head; `mail.refused` (Unprocessable) — the server will not have this recipient or content.
  // Errors, temporary: `mail.unavailable`, `mail.login_refused`, `mail.sender_refused` (Unavailable) — the connection,
  // our name or our sender's address failed; the administrator may mend the settings. The server's words are in the
  // message.
  [[nodiscard]] virtual Result<void> send(const Mail& mail, Timestamp at) = 0;
};

[[nodiscard]] inline bool is_permanent(const Error& mail_error) { return mail_error.kind != ErrorKind::Unavailable; }

struct SmtpOptions {
  std::string host;
  int port = 587;
  SmtpSecurity security = SmtpSecurity::StartTls;
  std::string user, password;  // empty user: without signing in
  std::string ca_file;         // empty: the system's
  std::string from;            // `weft@example.org` or `Weft <weft@example.org>`
  std::string client_name;     // what we call ourselves in EHLO; empty: the domain of `from`
  std::chrono::seconds connect_timeout{10};
  std::chrono::seconds total_timeout{60};
};
// Does not connect yet. Errors: `mail.bad_sender` (Invalid).
[[nodiscard]] Result<std::unique_ptr<MailSender>> make_smtp_sender(SmtpOptions options);

// Writes `<folder>/<id>.eml`, mode 0600; ids that sort by time give files that do. The folder is made when missing. It
// keeps the last `keep` mails by the order of their names.
// Errors: `mail.bad_sender` (Invalid), `mail.folder` (Internal).
[[nodiscard]] Result<std::unique_ptr<MailSender>> make_folder_sender(std::filesystem::path folder, std::string from, int keep = 1000);

}  // namespace weft
