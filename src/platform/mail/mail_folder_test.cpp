#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <fstream>
#include <iterator>

#include "platform/mail/mail.h"

namespace weft {
namespace {

using testing::HasSubstr;

class MailFolderTest : public testing::Test {
 protected:
  MailFolderTest() {
    std::string name = testing::TempDir() + "weft-mail-XXXXXX";
    folder_ = ::mkdtemp(name.data());
  }
  ~MailFolderTest() override { std::filesystem::remove_all(folder_); }

  static std::string read(const std::filesystem::path& file) {
    std::ifstream stream(file);
    return {std::istreambuf_iterator<char>(stream), {}};
  }

  std::filesystem::path folder_;
};

TEST_F(MailFolderTest, WritesOneFilePerMail) {
  auto sender = make_folder_sender(folder_ / "mail", "weft@example.org");
  ASSERT_TRUE(sender);
  Mail mail{"0190-a", "ann@example.org", "Ann", "Hello", "text", "<p>text</p>"};
  for (int delivery = 0; delivery < 2; ++delivery) EXPECT_TRUE((*sender)->send(mail, {}));  // the second replaces
  mail.id = "0190-b";
  EXPECT_TRUE((*sender)->send(mail, {}));

  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder_ / "mail")) names.push_back(entry.path().filename());
  EXPECT_THAT(names, testing::UnorderedElementsAre("0190-a.eml", "0190-b.eml"));
  EXPECT_THAT(read(folder_ / "mail/0190-a.eml"), HasSubstr("To: \"Ann\"\r\n <ann@example.org>\r\nSubject: Hello\r\n"));
  struct stat status{};
  ASSERT_EQ(::stat((folder_ / "mail/0190-a.eml").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
  ASSERT_EQ(::stat((folder_ / "mail").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0700u);
}

TEST_F(MailFolderTest, KeepsTheLastOnesOnly) {
  std::ofstream(folder_ / "notes.txt") << "not a mail";
  for (int round = 0; round < 2; ++round) {  // the second finds what the first left
    auto sender = make_folder_sender(folder_, "weft@example.org", 2);
    ASSERT_TRUE(sender);
    for (const auto* id : {"a", "b", "c"})
      EXPECT_TRUE((*sender)->send({fmt::format("{}{}", round, id), "ann@example.org", "", "s", "t", ""}, {}));
  }
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder_)) names.push_back(entry.path().filename());
  EXPECT_THAT(names, testing::UnorderedElementsAre("1b.eml", "1c.eml", "notes.txt"));
}

TEST_F(MailFolderTest, AnInvalidMailIsPermanent) {
  auto sender = make_folder_sender(folder_, "weft@example.org");
  auto sent = (*sender)->send({"../x", "ann@example.org", "", "s", "t", ""}, {});
  ASSERT_FALSE(sent);
  EXPECT_TRUE(is_permanent(sent.error()));
  EXPECT_TRUE(std::filesystem::is_empty(folder_));
}

TEST_F(MailFolderTest, AFolderThatWentIsTemporary) {
  auto sender = make_folder_sender(folder_ / "mail", "weft@example.org");
  std::filesystem::remove_all(folder_ / "mail");
  auto sent = (*sender)->send({"x", "ann@example.org", "", "s", "t", ""}, {});
  ASSERT_FALSE(sent);
  EXPECT_FALSE(is_permanent(sent.error()));
}

TEST_F(MailFolderTest, RefusesBadBeginnings) {
  EXPECT_EQ(make_folder_sender(folder_, "nobody").error().id, "mail.bad_sender");
  std::ofstream(folder_ / "file") << "x";
  EXPECT_EQ(make_folder_sender(folder_ / "file", "weft@example.org").error().id, "mail.folder");
}

}  // namespace
}  // namespace weft
