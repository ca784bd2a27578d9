// What becomes of mails, and who hears of it.
#include "mesh/notification/deliver_mails_mail.h"

#include "mesh/door/mesh_fixture_test.h"
#include "mesh/notification/outbox_sql.h"

namespace weft {

namespace {

// Answers as it is told.
class ToldSender final : public MailSender {
 public:
  Result<void> send(const Mail&, Timestamp) override {
    if (failure) return fail(*failure);
    return {};
  }
  std::optional<Error> failure;
};

class DeliverMailsTest : public MeshTest {
 protected:
  void tell() {
    value_of(write_as(system, [&](Tx& tx, const Context& context) {
      return outbox->notify(tx, context, {bob}, {"test.happened", "It happened", "It did.", "/"});
    }));
  }
  int deliver() {
    const MailPorts ports{
        database(), *outbox, sender, clock, "https://mesh.example.org", [this](MailState state) { ended.push_back(state); }};
    return value_of(deliver_mails(ports, 10));
  }

  std::unique_ptr<Outbox> outbox = make_sql_outbox();
  ToldSender sender;
  std::vector<MailState> ended;
  User bob = add_user("bob", {});
};
INSTANTIATE_TEST_SUITE_P(Stores, DeliverMailsTest, kBothDialects, dialect_name);

TEST_P(DeliverMailsTest, TellsOfEachMailThatEndsOnce) {
  using States = std::vector<MailState>;
  tell();
  sender.failure = make_error(ErrorKind::Unavailable, "mail.unavailable", "Nobody answers.");
  EXPECT_EQ(deliver(), 1);
  EXPECT_EQ(deliver(), 0) << "it waits";
  EXPECT_EQ(ended, States{});
  clock.advance(mail_pause_seconds(1));
  sender.failure.reset();
  EXPECT_EQ(deliver(), 1);
  EXPECT_EQ(ended, States{MailState::Sent});

  tell();
  sender.failure = make_error(ErrorKind::Unprocessable, "mail.refused", "No such user here.");
  EXPECT_EQ(deliver(), 1);
  EXPECT_EQ(ended, (States{MailState::Sent, MailState::Failed}));
  clock.advance(1'000'000);
  EXPECT_EQ(deliver(), 0);
}

}  // namespace

}  // namespace weft
