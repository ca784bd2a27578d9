#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include "platform/mail/mail.h"
#include "platform/mail/scripted_smtp_test.h"

namespace weft {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using Script = ScriptedSmtp::Script;
using Tls = ScriptedSmtp::Tls;

class MailSmtpTest : public testing::Test {
 protected:
  MailSmtpTest() {
    std::string name = testing::TempDir() + "weft-smtp-XXXXXX";
    folder_ = ::mkdtemp(name.data());
  }
  ~MailSmtpTest() override { std::filesystem::remove_all(folder_); }

  static SmtpOptions options(const ScriptedSmtp& server, SmtpSecurity security) {
    SmtpOptions options;
    options.host = "127.0.0.1";
    options.port = server.port();
    options.security = security;
    options.ca_file = server.certificate_file();
    options.from = "Weft <weft@example.org>";
    return options;
  }
  static Result<void> send(const SmtpOptions& options) {
    auto sender = make_smtp_sender(options);
    EXPECT_TRUE(sender);
    return (*sender)->send({"0190-id", "ann@example.org", "Ann", "Hello", "One\n.two\n", ""}, {});
  }

  std::filesystem::path folder_;
};

TEST_F(MailSmtpTest, HandsOverAMail) {
  ScriptedSmtp server({}, folder_);
  auto sent = send(options(server, SmtpSecurity::None));
  ASSERT_TRUE(sent) << sent.error().message << sent.error().detail;
  auto seen = server.seen();
  EXPECT_THAT(seen.commands, Contains("EHLO example.org"));
  EXPECT_THAT(seen.commands, Contains("MAIL FROM:<weft@example.org>"));
  EXPECT_THAT(seen.commands, Contains("RCPT TO:<ann@example.org>"));
  ASSERT_EQ(seen.messages.size(), 1u);
  EXPECT_THAT(seen.messages[0], HasSubstr("Subject: Hello\r\n"));
  EXPECT_THAT(seen.messages[0], testing::EndsWith("\r\n\r\nOne\r\n.two\r\n"));
}

TEST_F(MailSmtpTest, OneSenderSendsMany) {
  ScriptedSmtp server({}, folder_);
  auto sender = make_smtp_sender(options(server, SmtpSecurity::None));
  for (std::string id : {"a", "b", "c"}) {
    EXPECT_TRUE((*sender)->send({id, "ann@example.org", "", "Hello", "text", ""}, {}));
  }
  EXPECT_EQ(server.seen().messages.size(), 3u);
}

TEST_F(MailSmtpTest, EncryptsBeforeItSaysAnythingOfWorth) {
  for (auto [tls, security] : {std::pair{Tls::WhenAsked, SmtpSecurity::StartTls}, {Tls::AtOnce, SmtpSecurity::Tls}}) {
    ScriptedSmtp server({.tls = tls, .extensions = {"AUTH PLAIN"}}, folder_);
    auto chosen = options(server, security);
    chosen.user = "weft";
    chosen.password = "hunter2";
    auto sent = send(chosen);
    ASSERT_TRUE(sent) << sent.error().message << sent.error().detail;
    auto seen = server.seen();
    EXPECT_THAT(seen.commands, Contains(testing::StartsWith("tls AUTH PLAIN")));
    EXPECT_THAT(seen.commands, Contains("tls MAIL FROM:<weft@example.org>"));
    EXPECT_EQ(seen.messages.size(), 1u);
  }
}

TEST_F(MailSmtpTest, DoesWithoutNoEncryptionThatWasWanted) {
  ScriptedSmtp server({.extensions = {"AUTH PLAIN"}}, folder_);
  auto chosen = options(server, SmtpSecurity::StartTls);
  chosen.user = "weft";
  chosen.password = "hunter2";
  auto sent = send(chosen);
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().id, "mail.unavailable");
  for (const auto& command : server.seen().commands) EXPECT_FALSE(command.starts_with("AUTH") || command.starts_with("MAIL"));
}

TEST_F(MailSmtpTest, TrustsNoStranger) {
  ScriptedSmtp server({.tls = Tls::WhenAsked}, folder_);
  auto chosen = options(server, SmtpSecurity::StartTls);
  chosen.ca_file.clear();  // the system's
  auto sent = send(chosen);
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().id, "mail.unavailable");
  EXPECT_THAT(sent.error().message, HasSubstr("certificate"));
  EXPECT_THAT(server.seen().messages, IsEmpty());
}

// What each refusal means: whether to try again, and whose fault it is.
TEST_F(MailSmtpTest, TellsPermanentFromTemporary) {
  struct Case {
    std::string what;
    Script script;
    std::string id;
    bool permanent;
    std::string words;
  };
  for (const auto& test : {
           Case{"no service", {.greeting = "554 go away"}, "mail.unavailable", false, "554 go away"},
           Case{"too busy", {.greeting = "421 later"}, "mail.unavailable", false, "421 later"},
           Case{"sender", {.replies = {{"MAIL", "550 5.7.1 not you"}}}, "mail.sender_refused", false, "550 5.7.1 not you"},
           Case{"sign in first", {.replies = {{"MAIL", "530 5.7.0 authenticate"}}}, "mail.sender_refused", false, "530"},
           Case{"sender later", {.replies = {{"MAIL", "451 later"}}}, "mail.unavailable", false, "451 later"},
           Case{"recipient", {.replies = {{"RCPT", "550 5.1.1 no such user"}}}, "mail.refused", true, "550 5.1.1 no such user"},
           Case{"greylisted", {.replies = {{"RCPT", "450 4.2.0 greylisted"}}}, "mail.unavailable", false, "450 4.2.0 greylisted"},
           Case{"no data", {.replies = {{"DATA", "554 no"}}}, "mail.refused", true, "554 no"},
           Case{"content", {.replies = {{".", "554 5.7.1 spam"}}}, "mail.refused", true, "554 5.7.1 spam"},
           Case{"disk full", {.replies = {{".", "452 4.3.1 disk full"}}}, "mail.unavailable", false, "452 4.3.1 disk full"},
           Case{"hung up at the recipient", {.replies = {{"RCPT", ""}}}, "mail.unavailable", false, ""},
           Case{"hung up after the data", {.replies = {{".", ""}}}, "mail.unavailable", false, ""},
           Case{"controls in the reply", {.replies = {{"RCPT", "550 no\x1b[31m\xff"}}}, "mail.refused", true, "550 no?[31m?"},
       }) {
    ScriptedSmtp server(test.script, folder_);
    auto sent = send(options(server, SmtpSecurity::None));
    ASSERT_FALSE(sent) << test.what;
    EXPECT_EQ(sent.error().id, test.id) << test.what << ": " << sent.error().message << "; " << sent.error().detail;
    EXPECT_EQ(is_permanent(sent.error()), test.permanent) << test.what;
    EXPECT_THAT(sent.error().message, HasSubstr(test.words)) << test.what;
  }
}

TEST_F(MailSmtpTest, AWrongPasswordIsNotTheMailsFault) {
  ScriptedSmtp server({.tls = Tls::AtOnce, .extensions = {"AUTH PLAIN"}, .replies = {{"AUTH", "535 5.7.8 wrong"}}}, folder_);
  auto chosen = options(server, SmtpSecurity::Tls);
  chosen.user = "weft";
  chosen.password = "hunter2";
  auto sent = send(chosen);
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().id, "mail.login_refused");
  EXPECT_FALSE(is_permanent(sent.error()));
  for (const auto& text : {sent.error().message, sent.error().detail, sent.error().hint}) {
    EXPECT_THAT(text, Not(HasSubstr("hunter2")));
    EXPECT_THAT(text, Not(HasSubstr("AHdlZnQAaHVudGVyMg")));  // the same in base64
  }
}

TEST_F(MailSmtpTest, NobodyListens) {
  int port = 0;
  {
    ScriptedSmtp server({}, folder_);
    port = server.port();
  }
  SmtpOptions chosen;
  chosen.host = "127.0.0.1";
  chosen.port = port;
  chosen.security = SmtpSecurity::None;
  chosen.from = "weft@example.org";
  auto sent = send(chosen);
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().id, "mail.unavailable");
  EXPECT_THAT(sent.error().message, HasSubstr("could not be reached"));
}

TEST_F(MailSmtpTest, WaitsOnlySoLongForAServerThatIsNone) {
  ScriptedSmtp server({.greeting = "HTTP/1.1 400 Bad Request"}, folder_);
  auto chosen = options(server, SmtpSecurity::None);
  chosen.total_timeout = std::chrono::seconds(1);
  auto sent = send(chosen);
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().id, "mail.unavailable");
}

TEST_F(MailSmtpTest, AnInvalidMailIsNotSent) {
  ScriptedSmtp server({}, folder_);
  auto sender = make_smtp_sender(options(server, SmtpSecurity::None));
  auto sent = (*sender)->send({"id", "ann@example.org>\r\nRCPT TO:<eve@example.org", "", "s", "t", ""}, {});
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().id, "mail.invalid");
  EXPECT_THAT(server.seen().commands, IsEmpty());
}

TEST_F(MailSmtpTest, RefusesABadSender) {
  EXPECT_EQ(make_smtp_sender({.host = "127.0.0.1", .from = "nobody"}).error().id, "mail.bad_sender");
}

}  // namespace
}  // namespace weft
