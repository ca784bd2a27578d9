#include "cli/instruments.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "cli/metric_reference.h"

namespace weft {
namespace {

using testing::HasSubstr;

TEST(InstrumentsTest, WhatWakesAnOperatorIsThereBeforeItHappens) {
  Instruments instruments;
  const auto text = instruments.render();
  for (const auto* series : {"weft_runs_total{state=\"failed\"} 0\n", "weft_mails_total{state=\"failed\"} 0\n", "weft_mails_waiting 0\n",
                             "weft_hits_journal_broken 0\n", "weft_lease_lost 0\n"})
    EXPECT_THAT(text, HasSubstr(series));
}

TEST(InstrumentsTest, EachMoves) {
  Instruments instruments;
  for (const auto state : {RunState::Succeeded, RunState::Failed, RunState::Cancelled, RunState::Running, RunState::Failed})
    instruments.run_executed(state);
  for (const auto state : {MailState::Sent, MailState::Waiting, MailState::Failed}) instruments.mail_ended(state);
  instruments.mails_waiting(7);
  instruments.lease_lost();
  const auto text = instruments.render();
  for (const auto* series :
       {"weft_runs_total{state=\"failed\"} 2\n", "weft_runs_total{state=\"succeeded\"} 1\n", "weft_mails_total{state=\"failed\"} 1\n",
        "weft_mails_total{state=\"sent\"} 1\n", "weft_mails_waiting 7\n", "weft_lease_lost 1\n"})
    EXPECT_THAT(text, HasSubstr(series));
  EXPECT_THAT(text, testing::Not(HasSubstr("\"cancelled\"")));
}

// The page in docs/ is what the generator writes. The folder is found from the test's own place in the build folder.
TEST(InstrumentsTest, ThePageOfTheMetricsIsTheirs) {
  auto folder = std::filesystem::read_symlink("/proc/self/exe").parent_path();
  while (!std::filesystem::exists(folder / "CMakePresets.json") && folder != folder.root_path()) folder = folder.parent_path();
  std::ifstream file(folder / "docs/reference/metrics.md");
  const std::string page((std::istreambuf_iterator<char>(file)), {});
  EXPECT_TRUE(page == metrics_reference()) << "docs/reference/metrics.md is stale: `weft metrics > docs/reference/metrics.md`";
}

}  // namespace
}  // namespace weft
