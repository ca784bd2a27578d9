// What every Outbox keeps of inboxes and mails, and for how long.
#include "mesh/notification/outbox_sql.h"

#include "mesh/door/mesh_fixture_test.h"

namespace weft {

namespace {

class OutboxTest : public MeshTest {
 protected:
  void tell(const User& user, const std::string& subject) {
    value_of(write_as(system, [&](Tx& tx, const Context& context) {
      return outbox->notify(tx, context, {user}, {"test.happened", subject, "It happened.", "/"});
    }));
    clock.advance(60);
  }
  void send(const std::string& subject, MailState state) {
    value_of(write_as(system, [&](Tx& tx, const Context& context) -> Result<void> {
      for (auto& mail : TRY(outbox->mails(tx, std::nullopt, {}))) {
        if (mail.notification.subject != subject) continue;
        mail.state = state;
        if (state == MailState::Sent) mail.sent_at = context.now;
        CHECK(outbox->note_attempt(tx, mail));
      }
      return {};
    }));
  }
  std::int64_t sweep(Timestamp before, int limit) {
    return value_of(write_as(system, [&](Tx& tx, const Context&) { return outbox->sweep(tx, before, limit); }));
  }
  std::vector<std::string> inbox(const User& user) {
    auto tx = begin(TxMode::Read);
    std::vector<std::string> subjects;
    for (const auto& entry : value_of(outbox->inbox(*tx, user.id, {}))) subjects.push_back(entry.notification.subject);
    return subjects;
  }
  std::vector<std::string> mails() {
    auto tx = begin(TxMode::Read);
    std::vector<std::string> subjects;
    for (const auto& mail : value_of(outbox->mails(*tx, std::nullopt, {}))) subjects.push_back(mail.notification.subject);
    return subjects;
  }

  std::unique_ptr<Outbox> outbox = make_sql_outbox();
  User ann = add_user("ann", {}), bob = add_user("bob", {});
};
INSTANTIATE_TEST_SUITE_P(Stores, OutboxTest, kBothDialects, dialect_name);

TEST_P(OutboxTest, SweepsWhatIsOldButNoMailThatWaits) {
  using Subjects = std::vector<std::string>;
  ann.email.clear();
  tell(ann, "without a mail");
  for (const auto* subject : {"sent", "failed", "waits", "sent later"}) tell(bob, subject);
  send("sent", MailState::Sent);
  send("failed", MailState::Failed);
  send("sent later", MailState::Sent);
  const auto before = clock.now().plus_seconds(-60);  // when the last one was made
  EXPECT_EQ(sweep(before, 1), 1);
  EXPECT_EQ(sweep(before, 100), 2);
  EXPECT_EQ(sweep(before, 100), 0);
  EXPECT_EQ(inbox(ann), Subjects{});
  EXPECT_EQ(inbox(bob), (Subjects{"sent later", "waits"}));
  EXPECT_EQ(mails(), (Subjects{"sent later", "waits"}));
  send("waits", MailState::Sent);
  EXPECT_EQ(sweep(before, 100), 1);
  EXPECT_EQ(mails(), Subjects{"sent later"});
}

TEST_P(OutboxTest, CountsWhatWaits) {
  const auto waiting = [this] {
    auto tx = begin(TxMode::Read);
    return value_of(outbox->count_waiting(*tx));
  };
  EXPECT_EQ(waiting(), 0);
  for (const auto* subject : {"one", "two", "three"}) tell(bob, subject);
  EXPECT_EQ(waiting(), 3);
  send("one", MailState::Sent);
  send("two", MailState::Failed);
  EXPECT_EQ(waiting(), 1);
}

}  // namespace

}  // namespace weft
