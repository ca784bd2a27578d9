#include "mesh/notification/notification.h"

#include <gtest/gtest.h>

namespace weft {
namespace {

TEST(NotificationTest, MailIsTriedAgainAfterGrowingPauses) {
  const std::pair<int, std::int64_t> cases[] = {
      {-1, 60}, {0, 60}, {1, 60}, {2, 120}, {3, 240}, {9, 15360}, {10, 21600}, {kMaxMailAttempts, 21600}, {1000, 21600}};
  for (const auto& [attempts, seconds] : cases) EXPECT_EQ(mail_pause_seconds(attempts), seconds) << attempts;
}

TEST(NotificationTest, HasWordsForAMailsState) {
  for (const auto state : {MailState::Waiting, MailState::Sent, MailState::Failed})
    EXPECT_EQ(parse_mail_state(to_text(state)).value(), state);
  EXPECT_EQ(parse_mail_state("lost").error().id, "outbox.unknown_state");
}

TEST(NotificationTest, WhatUsersWroteIsNoHtmlInAMail) {
  const Notification notification{"k", "A <b>subject</b>", "First & foremost\nsecond \"line\"\n\n<script>alert('x')</script>",
                                  "/requests/1?a=1&b=2"};
  const auto mail = render_mail(notification, "<i>dana</i>", "https://mesh.example.org");
  EXPECT_EQ(mail.text,
            "Hello <i>dana</i>,\n\nFirst & foremost\nsecond \"line\"\n\n<script>alert('x')</script>\n\n"
            "https://mesh.example.org/requests/1?a=1&b=2\n\n-- \nWeft\n");
  for (const auto* raw : {"<script>", "<b>", "<i>", "'x'", "a=1&b=2"}) EXPECT_EQ(mail.html.find(raw), std::string::npos) << raw;
  for (const auto* escaped :
       {"<p>First &amp; foremost<br>\nsecond &quot;line&quot;</p>", "<p>&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;</p>",
        "Hello &lt;i&gt;dana&lt;/i&gt;", "href=\"https://mesh.example.org/requests/1?a=1&amp;b=2\""})
    EXPECT_NE(mail.html.find(escaped), std::string::npos) << escaped << "\n" << mail.html;
}

TEST(NotificationTest, AMailWithoutTextIsStillAMail) {
  const auto mail = render_mail({}, "", "");
  EXPECT_EQ(mail.html.find("<p></p>"), std::string::npos);
  EXPECT_NE(mail.html.find("Open in Weft"), std::string::npos);
}

}  // namespace
}  // namespace weft
