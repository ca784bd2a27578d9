#include "base/setting_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

namespace weft {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr const char* kPassword = "correct horse battery";

ResolvedSettings with_secrets() {
  GivenSettings given;
  given.file = {{"mail.smtp_user", "weft", "weft.toml:3"}, {"mail.smtp_password", kPassword, "weft.toml:4"}};
  given.flags = {{"database.connection", "postgres://weft:correct-horse@db/weft", "--database"}};
  given.warnings = {"beware"};
  return *resolve_settings(given);
}

TEST(SettingReport, ShowsValuesAndSourcesButNoSecret) {
  auto text = show_settings(with_secrets());
  EXPECT_THAT(text, HasSubstr("\nmail.smtp_user "));
  EXPECT_THAT(text, testing::ContainsRegex("mail.smtp_user +weft +weft.toml:3\n"));
  EXPECT_THAT(text, testing::ContainsRegex("mail.smtp_password +\\(set\\) +weft.toml:4\n"));
  EXPECT_THAT(text, testing::ContainsRegex("database.connection +\\(set\\) +--database\n"));
  EXPECT_THAT(text, testing::ContainsRegex("snapshots.keep +10 +default\n"));
  EXPECT_THAT(text, HasSubstr("warning: beware\n"));
  EXPECT_THAT(text, Not(HasSubstr("horse")));
  for (const auto& row : setting_rows(with_secrets())) EXPECT_THAT(row.value, Not(HasSubstr("horse"))) << row.key;
}

TEST(SettingReport, AnUnsetSecretIsEmpty) {
  for (const auto& row : setting_rows(*resolve_settings({}))) {
    if (row.key == "mail.smtp_password") {
      EXPECT_EQ(row.value, "");
    }
  }
}

TEST(SettingReport, ComplaintsQuoteNoSecret) {
  auto failed = resolve_settings({{{"database.connection", "mysql://u:correct-horse@h", "weft.toml:9"}}, {}, {}, {}, {}});
  ASSERT_FALSE(failed);
  EXPECT_EQ(show_complaints(failed.error()),
            "weft.toml:9: database.connection must start with postgres://\n"
            "The configuration has 1 mistake.\n"
            "`weft config docs` lists all settings.\n");
}

TEST(SettingReport, WarnsBesideComplaints) {
  GivenSettings given;
  given.file = {{"database.connection", "mysql://h", "weft.toml:9"}};
  given.warnings = {"the variable WEFT_X is no setting and has no effect"};
  const auto failed = resolve_settings(given);
  ASSERT_FALSE(failed);
  EXPECT_EQ(show_complaints(failed.error()),
            "weft.toml:9: database.connection must start with postgres://\n"
            "warning: the variable WEFT_X is no setting and has no effect\n"
            "The configuration has 1 mistake.\n"
            "`weft config docs` lists all settings.\n");
}

TEST(SettingReport, ApprovesWithACount) { EXPECT_THAT(show_approval(with_secrets()), HasSubstr("in order: 3 of ")); }

TEST(SettingReport, ReferenceNamesEverySetting) {
  auto text = settings_reference();
  for (const auto& setting : settings_table()) {
    EXPECT_THAT(text, HasSubstr("\n### " + std::string(setting.key) + "\n"));
    EXPECT_THAT(text, HasSubstr("`" + environment_name(setting) + "`"));
  }
  EXPECT_THAT(text, HasSubstr(R"(`trusted_proxies = ["10.0.0.0/8", "127.0.0.1"]`)"));
}

// The page in docs/ is what the generator writes. The folder is found from the test's own place in the build folder.
TEST(SettingReport, ReferencePageIsUpToDate) {
  auto folder = std::filesystem::read_symlink("/proc/self/exe").parent_path();
  while (!std::filesystem::exists(folder / "CMakePresets.json")) {
    ASSERT_NE(folder, folder.root_path()) << "the test runs outside the source tree";
    folder = folder.parent_path();
  }
  std::ifstream file(folder / "docs/reference/settings.md");
  std::string page{std::istreambuf_iterator<char>(file), {}};
  EXPECT_TRUE(page == settings_reference()) << "docs/reference/settings.md is stale: `weft config docs > docs/reference/settings.md`";
}

}  // namespace
}  // namespace weft
