// What every RunStore keeps of runs that ended, and for how long.
#include "mesh/run/run_sql.h"

#include "mesh/door/mesh_fixture_test.h"

namespace weft {

namespace {

class RunStoreTest : public MeshTest {
 protected:
  // A run of that object which ended now in that state; of one that is still open only its state.
  RunId add_run(const std::string& object, RunState state, RunKind kind = RunKind::RefreshProduct) {
    clock.advance(60);
    weft::Run run;
    run.id = RunId::make(clock.now());
    run.kind = kind;
    run.object = object;
    run.domain_path = "shop";
    run.object_name = object;
    run.created_at = clock.now();
    value_of(write_as(system, [&](Tx& tx, const Context& context) -> Result<void> {
      CHECK(runs->insert(tx, run));
      if (state == RunState::Queued) return {};
      run = TRY(runs->claim(tx, run.id, 1, context.now)).value();
      if (state == RunState::Running) return {};
      run.state = state;
      run.finished_at = context.now;
      run.log = {"a line"};
      return runs->finish(tx, run);
    }));
    return run.id;
  }
  std::int64_t sweep(int limit) {
    return value_of(write_as(system, [&](Tx& tx, const Context& context) { return runs->sweep(tx, context.now, limit); }));
  }
  std::vector<RunId> left() {
    auto tx = begin(TxMode::Read);
    std::vector<RunId> ids;
    for (const auto& run : value_of(runs->list(*tx, {}, {}))) ids.insert(ids.begin(), run.id);
    return ids;
  }

  std::unique_ptr<RunStore> runs = make_sql_run_store();
  Domain shop = add_domain("shop");
};
INSTANTIATE_TEST_SUITE_P(Stores, RunStoreTest, kBothDialects, dialect_name);

TEST_P(RunStoreTest, SweepsWhatEndedButTheNewestAndTheLastSuccess) {
  using enum RunState;
  add_run("a", Succeeded);
  add_run("a", Failed);
  const auto last_success = add_run("a", Succeeded);
  add_run("a", Cancelled);
  const auto newest = add_run("a", Failed);
  add_run("b", Failed);
  const auto only = add_run("b", Failed);
  add_run("c", Failed);
  const auto running = add_run("c", Running);
  const auto queued = add_run("d", Queued);
  EXPECT_EQ(sweep(2), 2);
  EXPECT_EQ(sweep(100), 3);
  EXPECT_EQ(sweep(100), 0);
  EXPECT_EQ(left(), (std::vector<RunId>{last_success, newest, only, running, queued}));
  auto tx = begin(TxMode::Read);
  EXPECT_EQ(value_of(runs->find(*tx, newest))->log, std::vector<std::string>{"a line"});
}

TEST_P(RunStoreTest, TellsHowAnObjectIsKeptFresh) {
  using enum RunState;
  const auto state_of = [&](std::string_view object) {
    auto tx = begin(TxMode::Read);
    return value_of(runs->refresh_state(*tx, object));
  };
  EXPECT_EQ(to_json(state_of("a")), json::parse(R"({"next_at":null,"last":null})"));
  add_run("a", Failed, RunKind::Publish);  // nothing became of it
  EXPECT_FALSE(state_of("a").last);
  const auto published = add_run("a", Succeeded, RunKind::Publish);
  EXPECT_EQ(state_of("a").last->run, published);
  const auto failed = add_run("a", Failed);
  add_run("a", Failed, RunKind::Publish);
  add_run("b", Succeeded);
  const auto due = clock.now().plus_seconds(3600);
  value_of(write_as(system, [&](Tx& tx, const Context&) { return runs->set_due(tx, RunKind::RefreshProduct, "a", due); }));
  const auto finished = state_of("a").last->finished_at;
  add_run("a", Running);  // its end is not known
  EXPECT_EQ(to_json(state_of("a")),
            (json::object{{"next_at", to_rfc3339(due)},
                          {"last", json::object{{"run", failed.text()}, {"state", "failed"}, {"finished_at", to_rfc3339(finished)}}}}));
}

TEST_P(RunStoreTest, KeepsWhatIsYoung) {
  add_run("a", RunState::Failed);
  const auto before = clock.now();
  const auto second = add_run("a", RunState::Failed), third = add_run("a", RunState::Failed);
  EXPECT_EQ(value_of(write_as(system, [&](Tx& tx, const Context&) { return runs->sweep(tx, before.plus_seconds(1), 100); })), 1);
  EXPECT_EQ(left(), (std::vector<RunId>{second, third}));
}

}  // namespace

}  // namespace weft
