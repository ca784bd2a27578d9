#include "platform/config/config_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <fstream>
#include <iterator>

namespace weft {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class ConfigFileTest : public testing::Test {
 protected:
  ConfigFileTest() {
    std::string name = testing::TempDir() + "weft-config-XXXXXX";
    folder_ = ::mkdtemp(name.data());
    file_ = folder_ / "weft.toml";
  }
  ~ConfigFileTest() override { std::filesystem::remove_all(folder_); }

  void write(std::string_view text, mode_t mode = 0600) {
    std::ofstream(file_) << text;
    ASSERT_EQ(::chmod(file_.c_str(), mode), 0);
  }
  [[nodiscard]] std::string text() const {
    std::ifstream stream(file_);
    return {std::istreambuf_iterator<char>(stream), {}};
  }
  [[nodiscard]] mode_t mode() const {
    struct stat status{};
    EXPECT_EQ(::stat(file_.c_str(), &status), 0);
    return status.st_mode & 0777;
  }
  // "LINE: message" of each complaint.
  std::vector<std::string> complaints() {
    auto settings = load_settings({file_, {}, {}, {}});
    std::vector<std::string> result;
    if (settings) return result;
    for (const auto& [where, message] : settings.error().fields) {
      EXPECT_TRUE(where.starts_with(file_.string())) << where;
      result.push_back(where.substr(std::min(where.size(), file_.string().size() + 1)) + ": " + message);
    }
    return result;
  }

  std::filesystem::path folder_, file_;
};

TEST_F(ConfigFileTest, ReadsAllForms) {
  write(R"(
    mail.from = "Weft <weft@example.org>"
    [server]
    public_url = "https://mesh.example.org"  # a comment
    trusted_proxies = [
      "10.0.0.0/8",
      "::1",
    ]
    drain_seconds = 5
    [stores]
    folders = ['/srv/a, b']
  )");
  auto settings = load_settings({file_, {}, {}, {}});
  ASSERT_TRUE(settings) << settings.error().fields.at(0).message;
  EXPECT_EQ(settings->values.mail.from, "Weft <weft@example.org>");
  EXPECT_EQ(settings->values.server.public_url, "https://mesh.example.org");
  EXPECT_THAT(settings->values.server.trusted_proxies, ElementsAre("10.0.0.0/8", "::1"));
  EXPECT_EQ(settings->values.server.drain_seconds, 5);
  EXPECT_THAT(settings->values.stores.folders, ElementsAre("/srv/a, b"));
}

TEST_F(ConfigFileTest, AMissingFileIsEmpty) { EXPECT_TRUE(load_settings({file_, {}, {}, {}})); }

TEST_F(ConfigFileTest, NamesTheLineOfEachMistake) {
  write(
      "[sever]\n"
      "[server]\n"
      "public_url = true\n"
      "max_head = 32768\n"
      "nonsense = 1\n"
      "[server.deeper]\n"
      "x = 1\n"
      "[log]\n"
      "level = \"loud\"\n"
      "format = { a = 1 }\n"
      "[[mail]]\n"
      "from = \"x\"\n");
  EXPECT_THAT(complaints(), testing::UnorderedElementsAre(
                                "1: there is no section sever", "3: server.public_url must be a text, a number or a list of texts",
                                "4: server.max_head must be a whole number with a unit (B, KiB, MiB, GiB, TiB, kB, MB, GB, TB), such "
                                "as 512MiB",
                                "5: there is no setting server.nonsense", "6: there is no section server.deeper",
                                "9: log.level must be one of debug, info, warning, error", "10: there is no section log.format",
                                "11: mail must be a text, a number or a list of texts"));
}

TEST_F(ConfigFileTest, NamesTheLineThatIsNoToml) {
  write("[server]\npublic_url = \n");
  auto all = complaints();
  ASSERT_EQ(all.size(), 1u);
  EXPECT_THAT(all[0], testing::StartsWith("2: "));
  write("[log]\nlevel = \"info\"\nlevel = \"info\"\n");
  EXPECT_THAT(complaints(), ElementsAre(testing::StartsWith("3: ")));
  write("a = [[[[" + std::string(5000, '['));
  EXPECT_EQ(complaints().size(), 1u);
  write("a = \"\xff\"");
  EXPECT_EQ(complaints().size(), 1u);
}

TEST_F(ConfigFileTest, RefusesWhatIsNoFileOrTooLarge) {
  std::filesystem::create_directory(file_);
  EXPECT_THAT(complaints(), ElementsAre(HasSubstr("it is no file")));
  std::filesystem::remove(file_);
  ASSERT_EQ(::mkfifo(file_.c_str(), 0600), 0);
  EXPECT_THAT(complaints(), ElementsAre(HasSubstr("it is no file")));
  std::filesystem::remove(file_);
  write(std::string((1 << 20) + 1, '#'));
  EXPECT_THAT(complaints(), ElementsAre(HasSubstr("is larger than")));
}

TEST_F(ConfigFileTest, WarnsOfSecretsThatOthersMayRead) {
  write("mail.smtp_user = \"u\"\nmail.smtp_password = \"hunter2\"\n", 0644);
  auto settings = load_settings({file_, {}, {}, {}});
  ASSERT_TRUE(settings);
  EXPECT_THAT(settings->warnings, ElementsAre(testing::AllOf(HasSubstr("weft.toml:2"), Not(HasSubstr("hunter2")))));
  write("mail.smtp_user = \"u\"\nmail.smtp_password = \"hunter2\"\n", 0600);
  EXPECT_THAT(load_settings({file_, {}, {}, {}})->warnings, IsEmpty());
}

TEST_F(ConfigFileTest, EnvironmentAndFlagsComeBefore) {
  write("[snapshots]\nkeep = 1\n[reads]\nper_user = 1\n[workers]\nrunning = 1\n");
  auto settings =
      load_settings({file_, {"WEFT_SNAPSHOTS_KEEP=2", "WEFT_READS_PER_USER=2"}, {}, {{"snapshots.keep", "3", "--snapshots.keep"}}});
  ASSERT_TRUE(settings);
  EXPECT_EQ(settings->values.snapshots.keep, 3);
  EXPECT_EQ(settings->values.reads.per_user, 2);
  EXPECT_EQ(settings->values.workers.running, 1);
}

TEST_F(ConfigFileTest, RecordsASetting) {
  const std::string url = "postgres://u:\"p\\w\"@h/d";
  struct Case {
    std::string_view before, after;
  };
  for (const auto& [before, after] : std::initializer_list<Case>{
           {"", "[database]\nconnection = \"X\"\n"},
           {"# mine\n[log]\nlevel = \"info\"", "# mine\n[log]\nlevel = \"info\"\n\n[database]\nconnection = \"X\"\n"},
           {"[database] # db\nreaders = 2\n", "[database] # db\nconnection = \"X\"\nreaders = 2\n"},
           {"[database]", "[database]\nconnection = \"X\""},
           {"[database]\n  connection = \"postgres://old\"\n# end\n", "[database]\n  connection = \"X\"\n# end\n"},
           {"[database]\nconnection = \"X\" # as it is\n", "[database]\nconnection = \"X\" # as it is\n"},
       }) {
    auto filled = [&](std::string_view form) {
      std::string result(form);
      auto at = result.find("\"X\"");
      return at == std::string::npos ? result : result.replace(at, 3, R"("postgres://u:\"p\\w\"@h/d")");
    };
    std::filesystem::remove(file_);
    if (!before.empty()) write(filled(before), 0640);
    auto recorded = record_setting(file_, "database.connection", url);
    ASSERT_TRUE(recorded) << recorded.error().message;
    EXPECT_EQ(text(), filled(after));
    EXPECT_EQ(mode(), before.empty() ? 0600u : 0640u);
    EXPECT_EQ(load_settings({file_, {}, {}, {}})->values.database.connection, url);
  }
}

TEST_F(ConfigFileTest, RecordsNothingWhereThereIsNoPlace) {
  for (std::string_view before : {"database.readers = 2\n", "database = { readers = 2 }\n"}) {
    write(before);
    auto recorded = record_setting(file_, "database.connection", "postgres://h/d");
    ASSERT_FALSE(recorded) << text();
    EXPECT_EQ(recorded.error().id, "config.not_recorded");
    EXPECT_EQ(text(), before);
  }
  write("[database\n");
  EXPECT_EQ(record_setting(file_, "database.connection", "x").error().id, "config.invalid");
}

}  // namespace
}  // namespace weft
