#include "mesh/run/run.h"

#include <gtest/gtest.h>

#include "mesh/run/rate.h"

namespace weft {
namespace {

TEST(RunTest, HasWordsForEverythingAndBack) {
  for (const auto kind : {RunKind::Publish, RunKind::RefreshProduct, RunKind::RefreshElement})
    EXPECT_EQ(parse_run_kind(to_text(kind)).value(), kind);
  for (const auto state : {RunState::Queued, RunState::Running, RunState::Succeeded, RunState::Failed, RunState::Cancelled})
    EXPECT_EQ(parse_run_state(to_text(state)).value(), state);
  EXPECT_EQ(parse_run_kind("refresh").error().id, "run.unknown_kind");
  EXPECT_EQ(parse_run_state("done").error().id, "run.unknown_state");
}

TEST(RunTest, IsShownWithWhatCameOfIt) {
  weft::Run run;
  run.kind = RunKind::RefreshElement;
  auto object = to_json(run);
  EXPECT_EQ(object.at("object").at("type"), "element");
  for (const auto* unknown : {"requested_by", "failure", "started_at", "finished_at", "duration_ms"})
    EXPECT_EQ(object.at(unknown), nullptr) << unknown;
  run.kind = RunKind::Publish;
  run.requested_by = OwnerName{UserId("u"), "olivia"};
  run.failure = RunFailure{"sql.invalid", "No.", "Mend it."};
  run.started_at = Timestamp{1'000'000};
  object = to_json(run);
  EXPECT_EQ(object.at("object").at("type"), "product");
  EXPECT_EQ(object.at("requested_by").at("name"), "olivia");
  EXPECT_EQ(object.at("failure").at("code"), "sql.invalid");
  EXPECT_EQ(object.at("duration_ms"), nullptr);  // it runs
  run.finished_at = Timestamp{2'500'000};
  EXPECT_EQ(to_json(run).at("duration_ms"), 1500);
}

TEST(RateTest, IsReadAndWrittenAlike) {
  const struct {
    const char* text;
    bool taken;
  } cases[] = {
      {R"("manual")", true},
      {R"({"every":"1m"})", true},
      {R"({"every":"366d"})", true},
      {R"({"cron":"0 5 * * *","time_zone":"Europe/Berlin"})", true},
      {R"("hourly")", false},
      {R"({"every":"59s"})", false},
      {R"({"every":"367d"})", false},
      {R"({"every":"often"})", false},
      {R"({"every":"1h","cron":"0 5 * * *"})", false},
      {R"({})", false},
      {R"({"cron":"0 25 * * *"})", false},
      {R"({"cron":"0 5 * * *","time_zone":"Europe/Atlantis"})", false},
      {R"({"cron":"0 5 * * *","time_zone":"../../etc/passwd"})", false},
      {R"({"every":"1h","more":1})", false},
  };
  for (const auto& [text, taken] : cases) {
    const json::value value = json::object{{"rate", json::parse(text)}};
    Form form(value);
    const auto rate = read_rate(form, "rate");
    const auto finished = form.finish();
    EXPECT_EQ(finished.has_value(), taken) << text;
    if (!taken || !finished) continue;
    const json::value written = json::object{{"rate", to_json(rate)}};
    Form again(written);
    EXPECT_EQ(read_rate(again, "rate"), rate) << text;
  }
}

TEST(RateTest, SaysWhenTheNextTimeIs) {
  const Timestamp last{1'772'366'400'000'000};  // 2026-03-01T12:00:00Z
  EXPECT_EQ(next_due({}, last), std::nullopt);
  EXPECT_EQ(next_due({Rate::Kind::Interval, 90, "", "UTC"}, last), last.plus_seconds(90));
  const auto berlin = next_due({Rate::Kind::Cron, 0, "0 5 * * *", "Europe/Berlin"}, last);
  ASSERT_TRUE(berlin);
  EXPECT_EQ(to_rfc3339(*berlin), to_rfc3339(parse_rfc3339("2026-03-02T04:00:00Z").value()));
  EXPECT_EQ(next_due({Rate::Kind::Cron, 0, "0 5 * * *", "Europe/Atlantis"}, last), std::nullopt);  // never a guess
}

}  // namespace
}  // namespace weft
