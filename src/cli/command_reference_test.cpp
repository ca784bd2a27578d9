#include "cli/command_reference.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "cli/command.h"

namespace weft {
namespace {

// Found from the test's own place in the build folder.
std::filesystem::path source_folder() {
  auto folder = std::filesystem::read_symlink("/proc/self/exe").parent_path();
  while (!std::filesystem::exists(folder / "CMakePresets.json") && folder != folder.root_path()) folder = folder.parent_path();
  return folder;
}

TEST(CommandReferenceTest, ThePageOfTheCommandsIsTheirs) {
  std::ifstream file(source_folder() / "docs/reference/commands.md");
  ASSERT_TRUE(file) << "there is no docs/reference/commands.md";
  const std::string page((std::istreambuf_iterator<char>(file)), {});
  EXPECT_TRUE(page == commands_reference()) << "docs/reference/commands.md is stale: `weft commands > docs/reference/commands.md`";
}

TEST(CommandReferenceTest, ThePageIsForPeople) {
  const auto page = commands_reference();
  EXPECT_THAT(page, testing::HasSubstr("| `--listen ADDRESS` | host:port; port 0: a free one; default `127.0.0.1:8080` |\n"));
  EXPECT_THAT(page, testing::HasSubstr("| `--type TYPE` | only these: domain, product, element |\n"));
  // Only what a shell takes stands among commands, and a file is told apart.
  EXPECT_THAT(page, testing::HasSubstr("-o daily.parquet\n```\n\nRows are streamed"));
  EXPECT_THAT(page, testing::HasSubstr("by name:\n\n```yaml\ndomain: sales.emea\n"));
  for (const auto* internal : {":{", " in [", "TEXT:", "INT"}) EXPECT_THAT(page, testing::Not(testing::HasSubstr(internal)));
}

TEST(CommandReferenceTest, ErrorsTellTheShellWhatTheyAre) {
  const auto code = [](ErrorKind kind, std::string id) { return exit_code_of(make_error(kind, std::move(id), "")); };
  EXPECT_EQ(code(ErrorKind::Invalid, "usage.product"), 2);
  EXPECT_EQ(code(ErrorKind::Unauthenticated, "session.required"), 3);
  EXPECT_EQ(code(ErrorKind::Denied, "role.missing"), 3);
  EXPECT_EQ(code(ErrorKind::NotFound, "product.not_found"), 4);
  EXPECT_EQ(code(ErrorKind::Conflict, "subscription.already_decided"), 1);
  EXPECT_EQ(code(ErrorKind::Internal, "output.closed"), 0);
}

}  // namespace
}  // namespace weft
