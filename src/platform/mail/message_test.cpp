#include "platform/mail/message.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weft {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr Timestamp kTime{1'772'368'200'000'000};  // 2026-03-01T12:30:00Z, a Sunday

Mail plain_mail() { return {"0190-id", "ann@example.org", "", "Hello", "Line one\nLine two", ""}; }

std::string format(const Mail& mail, const Mailbox& from = {"Weft", "weft@example.org"}) {
  auto message = format_message(mail, from, kTime);
  EXPECT_TRUE(message) << message.error().message;
  return message.value_or("");
}

TEST(MailMessage, WritesAPlainMail) {
  EXPECT_EQ(format(plain_mail()),
            "Date: Sun, 1 Mar 2026 12:30:00 +0000\r\n"
            "From: \"Weft\"\r\n <weft@example.org>\r\n"
            "To: ann@example.org\r\n"
            "Subject: Hello\r\n"
            "Message-ID: <0190-id@example.org>\r\n"
            "Auto-Submitted: auto-generated\r\n"
            "MIME-Version: 1.0\r\n"
            "Content-Type: text/plain; charset=us-ascii\r\n"
            "Content-Transfer-Encoding: 7bit\r\n"
            "\r\n"
            "Line one\r\nLine two\r\n");
}

TEST(MailMessage, WritesBothParts) {
  auto mail = plain_mail();
  mail.text = "weft-0190-id is in the text";
  mail.html = "<p>Grüße</p>";
  auto message = format(mail);
  EXPECT_THAT(message, HasSubstr("multipart/alternative; boundary=\"weft-0190-id-\"\r\n\r\n--weft-0190-id-\r\n"));
  EXPECT_THAT(message, HasSubstr("Content-Type: text/plain; charset=us-ascii\r\n"));
  EXPECT_THAT(message, HasSubstr("Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: "
                                 "quoted-printable\r\n\r\n<p>Gr=C3=BC=C3=9Fe</p>\r\n"));
  EXPECT_TRUE(message.ends_with("\r\n--weft-0190-id---\r\n"));
}

TEST(MailMessage, EncodesHeads) {
  struct Case {
    std::string_view subject, head;
  };
  for (const auto& [subject, head] : std::initializer_list<Case>{
           {"", "Subject:\r\n"},
           {"Access to sales.emea/flights", "Subject: Access to sales.emea/flights\r\n"},
           {"Zugriff für Köln", "Subject: =?UTF-8?B?WnVncmlmZiBmw7xyIEvDtmxu?=\r\n"},
           {"=?UTF-8?B?WA==?=", "Subject: =?UTF-8?B?PT9VVEYtOD9CP1dBPT0/PQ==?=\r\n"},
           // 44 letters and a character of 3 bytes: the first word ends before it.
           {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa€b",
            "Subject: =?UTF-8?B?YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWE=?=\r\n =?UTF-8?B?4oKsYg==?=\r\n"},
       }) {
    auto mail = plain_mail();
    mail.subject = subject;
    EXPECT_THAT(format(mail), HasSubstr("\r\n" + std::string(head))) << subject;
  }
}

TEST(MailMessage, FoldsLongSubjects) {
  auto mail = plain_mail();
  std::string words;
  for (int i = 0; i < 60; ++i) words += (i == 0 ? "" : " ") + std::string("word") + std::to_string(i);
  mail.subject = words;
  auto message = format(mail);
  auto start = message.find("Subject: ");
  auto head = message.substr(start, message.find("\r\nMessage-ID") - start);
  std::string unfolded;
  for (std::size_t at = 0; at < head.size();) {
    auto end = std::min(head.find("\r\n", at), head.size());
    EXPECT_LE(end - at, 78u);
    unfolded += head.substr(at, end - at);
    at = end + 2;
  }
  EXPECT_EQ(unfolded, "Subject: " + words);
  mail.subject = "a" + std::string(200, ' ') + "b";  // no line of blanks alone
  EXPECT_THAT(format(mail), HasSubstr("Subject: a" + std::string(199, ' ') + "\r\n b\r\n"));
}

TEST(MailMessage, QuotesNames) {
  auto mail = plain_mail();
  mail.to_name = "Ann \"A.\" O\\Neil, Dr.";
  EXPECT_THAT(format(mail), HasSubstr("To: \"Ann \\\"A.\\\" O\\\\Neil, Dr.\"\r\n <ann@example.org>\r\n"));
  mail.to_name = "Jürgen";
  EXPECT_THAT(format(mail), HasSubstr("To: =?UTF-8?B?SsO8cmdlbg==?=\r\n <ann@example.org>\r\n"));
}

TEST(MailMessage, QuotedPrintableKeepsLinesShortAndTextWhole) {
  auto mail = plain_mail();
  mail.text = std::string(200, 'x') + " ü = \t\nlast ";
  auto message = format(mail);
  auto body = message.substr(message.find("\r\n\r\n") + 4);
  std::string decoded;
  for (std::size_t at = 0; at < body.size();) {
    auto end = body.find("\r\n", at);
    auto line = body.substr(at, end - at);
    EXPECT_LE(line.size(), 76u);
    EXPECT_FALSE(line.ends_with(' ') || line.ends_with('\t'));
    for (std::size_t i = 0; i < line.size(); ++i) {
      if (line[i] != '=') {
        decoded += line[i];
      } else if (i + 1 < line.size()) {
        decoded += static_cast<char>(std::stoi(line.substr(i + 1, 2), nullptr, 16));
        i += 2;
      }
    }
    if (!line.ends_with('=')) decoded += '\n';
    at = end + 2;
  }
  EXPECT_EQ(decoded, mail.text + "\n");
}

TEST(MailMessage, LinksStayWholeInPlainMails) {
  auto mail = plain_mail();
  mail.text = "https://mesh.example.org/reset?token=" + std::string(200, 'x') + "\r\n";
  EXPECT_THAT(format(mail), HasSubstr(mail.text));
}

TEST(MailMessage, LongLinesAndNulAreEncoded) {
  auto mail = plain_mail();
  mail.text = std::string(999, 'x');
  EXPECT_THAT(format(mail), HasSubstr("quoted-printable"));
  mail.text = std::string("a\0b", 3);
  EXPECT_THAT(format(mail), HasSubstr("a=00b"));
  mail.text = std::string(998, 'x');
  EXPECT_THAT(format(mail), Not(HasSubstr("quoted-printable")));
}

TEST(MailMessage, RefusesWhatWouldBreakTheHead) {
  auto refused = [](auto change) {
    auto mail = plain_mail();
    change(mail);
    auto message = format_message(mail, {"", "weft@example.org"}, kTime);
    return !message && message.error().id == "mail.invalid" && is_permanent(message.error());
  };
  for (std::string_view text : {"a\r\nBcc: eve@example.org", "a\nb", "a\rb", "a\x7f", "a%b"}) {
    std::string bad(text);
    std::ranges::replace(bad, '%', '\0');
    EXPECT_TRUE(refused([&](Mail& mail) { mail.subject = bad; })) << bad;
    EXPECT_TRUE(refused([&](Mail& mail) { mail.to_name = bad; })) << bad;
    EXPECT_TRUE(refused([&](Mail& mail) { mail.to = bad + "@example.org"; })) << bad;
    EXPECT_TRUE(refused([&](Mail& mail) { mail.id = bad; })) << bad;
  }
  for (std::string bad : {"", "ann", "@example.org", "ann@", "a@b@c", "a b@c", "a@b>", "<a@b", "ann@example.org,eve@example.org",
                          "ann@example.org> SIZE=1", "jürgen@example.org", "a@ex/ample"}) {
    EXPECT_TRUE(refused([&](Mail& mail) { mail.to = bad; })) << bad;
  }
  for (std::string bad : {"", "../x", ".x", "a/b", "a b", "a>"}) {
    EXPECT_TRUE(refused([&](Mail& mail) { mail.id = bad; })) << bad;
  }
  EXPECT_TRUE(refused([](Mail& mail) { mail.subject = std::string(999, 'x'); }));
  EXPECT_TRUE(refused([](Mail& mail) { mail.text = std::string((1 << 20) + 1, 'x'); }));
}

TEST(Mailbox, Parses) {
  struct Case {
    std::string_view text, name, address;
  };
  for (const auto& [text, name, address] : std::initializer_list<Case>{
           {"weft@example.org", "", "weft@example.org"},
           {"<weft@example.org>", "", "weft@example.org"},
           {"Weft <weft@example.org>", "Weft", "weft@example.org"},
           {"\"Weft, Inc.\" <weft@localhost>", "Weft, Inc.", "weft@localhost"},
       }) {
    auto mailbox = parse_mailbox(text);
    ASSERT_TRUE(mailbox) << text;
    EXPECT_EQ(mailbox->name, name);
    EXPECT_EQ(mailbox->address, address);
  }
  for (std::string_view text : {"", "Weft", "Weft <weft>", "a\n <weft@example.org>", "weft@example.org>"}) {
    EXPECT_FALSE(parse_mailbox(text)) << text;
  }
}

}  // namespace
}  // namespace weft
