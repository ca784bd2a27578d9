#include "platform/mail/message.h"

#include <fmt/format.h>

#include <algorithm>
#include <ctime>

namespace weft {

namespace {

constexpr std::size_t kMaxHeadTextBytes = 998;    // a subject or name that is longer is none
constexpr std::size_t kMaxBodyBytes = 1 << 20;    // of each part
constexpr std::size_t kMaxAddressBytes = 254;     // RFC 5321
constexpr std::size_t kMaxLineBytes = 998;        // RFC 5322, without CRLF
constexpr std::size_t kSoftLineBytes = 76;        // quoted-printable and folded heads
constexpr std::size_t kMaxEncodedWordBytes = 45;  // before base64: 60 characters after it, 75 with `=?UTF-8?B?…?=`

std::unexpected<Error> refuse(std::string message) { return fail(ErrorKind::Invalid, "mail.invalid", std::move(message)); }

bool is_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](unsigned char c) { return c < 0x80; });
}

bool has_control_characters(std::string_view text) {
  return std::ranges::any_of(text, [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

bool is_letter_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

Result<void> check_head_text(std::string_view what, std::string_view text) {
  // CR and LF would end the line and start a head of the writer's choice.
  if (has_control_characters(text)) return refuse(fmt::format("the {} holds control characters", what));
  if (text.size() > kMaxHeadTextBytes) return refuse(fmt::format("the {} is too long", what));
  return {};
}

Result<void> check_address(std::string_view address) {
  auto at = address.find('@');
  bool plain = std::ranges::all_of(address, [](unsigned char c) {
    constexpr std::string_view kSpecials = "<>()[]\\,;:\"";
    return c > 0x20 && c < 0x7f && kSpecials.find(static_cast<char>(c)) == std::string_view::npos;
  });
  bool domain = at != std::string_view::npos && at + 1 < address.size() && std::ranges::all_of(address.substr(at + 1), [](char c) {
                  return is_letter_or_digit(c) || c == '.' || c == '-' || c == '_';
                });
  if (!domain || at == 0 || !plain || address.size() > kMaxAddressBytes) {
    return refuse("this is no mail address that we can write to");
  }
  return {};
}

std::string base64(std::string_view bytes) {
  constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    auto byte = [&](std::size_t at) { return at < bytes.size() ? static_cast<unsigned char>(bytes[at]) : std::uint32_t{0}; };
    std::uint32_t group = byte(i) << 16 | byte(i + 1) << 8 | byte(i + 2);
    out += kLetters[group >> 18];
    out += kLetters[group >> 12 & 63];
    out += i + 1 < bytes.size() ? kLetters[group >> 6 & 63] : '=';
    out += i + 2 < bytes.size() ? kLetters[group & 63] : '=';
  }
  return out;
}

// Folded `Name: text`; text beyond ASCII as encoded words (RFC 2047), none of which cuts a character in two.
std::string text_head(std::string_view name, std::string_view text) {
  auto head = fmt::format("{}:", name);
  // What looks like an encoded word is one, or it would be read as what it does not say.
  if (is_ascii(text) && text.find("=?") == std::string_view::npos) {
    std::size_t line = head.size();
    for (std::size_t at = 0; at < text.size();) {
      auto end = std::min(text.find(' ', at + 1), text.size());
      // A line of blanks alone would be none of the head.
      if (at > 0 && line + (end - at) > kSoftLineBytes && text.find_first_not_of(' ', at) < end) {
        head += "\r\n";
        line = 0;
      }
      if (at == 0) head += ' ';
      head += text.substr(at, end - at);
      line += end - at + (at == 0 ? 1 : 0);
      at = end;
    }
    return head + "\r\n";
  }
  for (std::string_view separator = " "; !text.empty(); separator = "\r\n ") {
    auto size = std::min(text.size(), kMaxEncodedWordBytes);
    while (size < text.size() && size > 1 && (static_cast<unsigned char>(text[size]) & 0xC0) == 0x80) --size;
    head += fmt::format("{}=?UTF-8?B?{}?=", separator, base64(text.substr(0, size)));
    text.remove_prefix(size);
  }
  return head + "\r\n";
}

// `"Ann \"A.\" Smith" <ann@example.org>`
std::string mailbox_head(std::string_view name, const Mailbox& mailbox) {
  if (mailbox.name.empty()) return fmt::format("{}: {}\r\n", name, mailbox.address);
  if (is_ascii(mailbox.name) && mailbox.name.find("=?") == std::string::npos && mailbox.name.size() <= kSoftLineBytes) {
    std::string quoted;
    for (char c : mailbox.name) {
      if (c == '"' || c == '\\') quoted += '\\';
      quoted += c;
    }
    return fmt::format("{}: \"{}\"\r\n <{}>\r\n", name, quoted, mailbox.address);
  }
  auto head = text_head(name, mailbox.name);
  head.resize(head.size() - 2);
  return fmt::format("{}\r\n <{}>\r\n", head, mailbox.address);
}

std::string date_head(Timestamp at) {
  std::time_t seconds = at.micros / 1'000'000 - (at.micros % 1'000'000 < 0 ? 1 : 0);
  std::tm time{};
  ::gmtime_r(&seconds, &time);
  constexpr std::string_view kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::string_view kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  return fmt::format("Date: {}, {} {} {} {:02}:{:02}:{:02} +0000\r\n", kDays[time.tm_wday], time.tm_mday, kMonths[time.tm_mon],
                     time.tm_year + 1900, time.tm_hour, time.tm_min, time.tm_sec);
}

// Any of CRLF, LF, CR → CRLF, with one at the end.
std::string with_crlf(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\r' || text[i] == '\n') {
      if (text[i] == '\r' && i + 1 < text.size() && text[i + 1] == '\n') ++i;
      out += "\r\n";
    } else {
      out += text[i];
    }
  }
  if (!out.ends_with("\r\n")) out += "\r\n";
  return out;
}

// Whether the text may travel as it is: then links in it stay whole for whoever reads the raw file.
bool is_seven_bit(std::string_view text) {
  std::size_t line = 0;
  for (unsigned char c : text) {
    line = c == '\n' ? 0 : line + (c == '\r' ? 0 : 1);
    if (line > kMaxLineBytes || c >= 0x80 || c == 0) return false;
  }
  return true;
}

std::string quoted_printable(std::string_view text) {
  std::string out;
  std::size_t line = 0;
  auto put = [&](std::string_view piece) {
    if (line + piece.size() > kSoftLineBytes - 1) {
      out += "=\r\n";
      line = 0;
    }
    out += piece;
    line += piece.size();
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    auto c = static_cast<unsigned char>(text[i]);
    if (text.substr(i).starts_with("\r\n")) {
      out += "\r\n";
      line = 0;
      ++i;
    } else if ((c > 0x20 && c < 0x7f && c != '=') || ((c == ' ' || c == '\t') && !text.substr(i + 1).starts_with("\r\n"))) {
      put(text.substr(i, 1));
    } else {
      put(fmt::format("={:02X}", c));
    }
  }
  return out;
}

std::string part(std::string_view type, std::string_view body) {
  auto text = with_crlf(body);
  bool plain = is_seven_bit(text);
  return fmt::format("Content-Type: {}; charset={}\r\nContent-Transfer-Encoding: {}\r\n\r\n{}", type, plain ? "us-ascii" : "utf-8",
                     plain ? "7bit" : "quoted-printable", plain ? text : quoted_printable(text));
}

bool is_mail_id(std::string_view id) {
  return !id.empty() && id.size() <= 128 && is_letter_or_digit(id.front()) &&
         std::ranges::all_of(id, [](char c) { return is_letter_or_digit(c) || c == '.' || c == '_' || c == '-'; });
}

}  // namespace

Result<Mailbox> parse_mailbox(std::string_view text) {
  Mailbox mailbox;
  mailbox.address = text;
  if (auto open = text.rfind('<'); open != std::string_view::npos && text.ends_with('>')) {
    mailbox.address = text.substr(open + 1, text.size() - open - 2);
    auto name = text.substr(0, open);
    while (name.ends_with(' ')) name.remove_suffix(1);
    if (name.size() >= 2 && name.starts_with('"') && name.ends_with('"')) name = name.substr(1, name.size() - 2);
    mailbox.name = name;
  }
  CHECK(check_address(mailbox.address));
  CHECK(check_head_text("name", mailbox.name));
  return mailbox;
}

Result<std::string> format_message(const Mail& mail, const Mailbox& from, Timestamp at) {
  if (!is_mail_id(mail.id)) return refuse("the mail's id is none");
  CHECK(check_address(mail.to));
  CHECK(check_head_text("recipient's name", mail.to_name));
  CHECK(check_head_text("subject", mail.subject));
  if (mail.text.size() > kMaxBodyBytes || mail.html.size() > kMaxBodyBytes) return refuse("the mail is too long");

  auto message = date_head(at) + mailbox_head("From", from) + mailbox_head("To", {mail.to_name, mail.to}) +
                 text_head("Subject", mail.subject) + fmt::format("Message-ID: <{}@{}>\r\n", mail.id, from.domain()) +
                 // Nobody's holiday notice should answer (RFC 3834).
                 "Auto-Submitted: auto-generated\r\n"
                 "MIME-Version: 1.0\r\n";
  auto text = part("text/plain", mail.text);
  if (mail.html.empty()) return message + text;

  auto html = part("text/html", mail.html);
  auto boundary = "weft-" + mail.id.substr(0, 60);
  while (text.find(boundary) != std::string::npos || html.find(boundary) != std::string::npos) boundary += "-";
  return message + fmt::format(
                       "Content-Type: multipart/alternative; boundary=\"{0}\"\r\n\r\n"
                       "--{0}\r\n{1}\r\n--{0}\r\n{2}\r\n--{0}--\r\n",
                       boundary, text, html);
}

}  // namespace weft
