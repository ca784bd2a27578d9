// Who takes a queued run, and what stops it. What runs make is tried in scenarios; here they find that their object is gone.
#include "mesh/run/dispatch_runs.h"

#include <condition_variable>

#include "mesh/product/product_fixture_test.h"
#include "platform/db/sql.h"

namespace weft {
namespace {

constexpr Statement kSpoil{"test.spoil_run", "update runs set input = 'no JSON' where id = ?"};

// Calls `meanwhile`, once, when somebody begins to write.
class WatchedTransactor final : public Transactor {
 public:
  explicit WatchedTransactor(Transactor& transactor) : transactor_(transactor) {}
  Result<std::unique_ptr<Tx>> begin(TxMode mode) override {
    if (mode == TxMode::Write) {
      std::unique_lock lock(mutex_);
      if (auto call = std::exchange(meanwhile_, {})) {
        lock.unlock();
        call();
      }
    }
    return transactor_.begin(mode);
  }
  std::uint64_t epoch() const override { return transactor_.epoch(); }
  void meanwhile(std::function<void()> call) {
    const std::scoped_lock lock(mutex_);
    meanwhile_ = std::move(call);
  }

 private:
  Transactor& transactor_;
  std::mutex mutex_;
  std::function<void()> meanwhile_;
};

class DispatchRunsTest : public ProductMeshTest {
 protected:
  // Of an object that is gone, for the rate's sake.
  weft::Run queue_run(const std::string& domain) {
    clock.advance(1);
    weft::Run run;
    run.id = RunId::make(clock.now());
    run.kind = RunKind::RefreshElement;
    run.object = RunId::make(clock.now()).text();
    run.domain_path = domain;
    run.object_name = "gone";
    run.trigger = RunTrigger::Schedule;
    run.created_at = clock.now();
    value_of(write_as(system, [&](Tx& tx, const Context&) { return runs->insert(tx, run); }));
    return run;
  }
  weft::Run find_run(const RunId& id) {
    auto tx = begin(TxMode::Read);
    return value_of(runs->find(*tx, id)).value();
  }
  std::unique_ptr<RunDispatcher> start() {
    RunDispatcherOptions options{1, "test", {}, {}};
    options.log_failure = [this](const Error& error, std::string_view doing) { note(fmt::format("{}: {}", doing, error.id)); };
    options.executed = [this](RunState state) { note(std::string(to_text(state))); };
    return value_of(start_run_dispatcher(ports, std::move(options)));
  }
  // Until the dispatcher has said all of them; false: it never does.
  bool says(const std::vector<std::string>& lines) {
    std::unique_lock lock(mutex_);
    return said_more_.wait_for(lock, std::chrono::seconds(60), [&] {
      return std::ranges::all_of(lines, [&](const std::string& line) { return std::ranges::find(said_, line) != said_.end(); });
    });
  }

  WorkSlots slots{{}};
  WatchedTransactor transactor{database()};
  RunPorts ports{transactor,  *runs,    *domains, *users,  *audit, *outbox,    ingredient_ports, source,
                 transformer, profiler, clock,    readers, slots,  sha256_hex, folder.path(),    1};
  Domain shop = add_domain("shop"), farm = add_domain("farm");

 private:
  void note(std::string line) {
    const std::scoped_lock lock(mutex_);
    said_.push_back(std::move(line));
    said_more_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable said_more_;
  std::vector<std::string> said_;
};
INSTANTIATE_TEST_SUITE_P(Stores, DispatchRunsTest, kBothDialects, dialect_name);

TEST_P(DispatchRunsTest, ARunCanBeCancelledWhileItIsBeingTaken) {
  const auto run = queue_run("shop");
  std::promise<RunDispatcher*> started;
  bool stopped = false;
  // When the dispatcher takes up what was interrupted it begins to write, too: the second time it takes the run.
  transactor.meanwhile(
      [&] { transactor.meanwhile([&, dispatcher = started.get_future().share()] { stopped = dispatcher.get()->cancel(run.id); }); });
  const auto dispatcher = start();
  started.set_value(dispatcher.get());
  EXPECT_TRUE(says({"cancelled"}));
  dispatcher->stop(std::chrono::milliseconds(0));
  EXPECT_TRUE(stopped);
  EXPECT_EQ(find_run(run.id).state, RunState::Cancelled);
  EXPECT_FALSE(dispatcher->cancel(run.id)) << "it is over";
}

TEST_P(DispatchRunsTest, ARunThatCantBeReadHoldsUpNobody) {
  const auto spoilt = queue_run("shop"), sound = queue_run("farm");
  value_of(write_as(system, [&](Tx& tx, const Context&) { return sql(tx).execute(kSpoil, {spoilt.id}); }));
  const auto dispatcher = start();
  EXPECT_TRUE(says({"failed", "reading a run: server.bug"}));
  dispatcher->stop(std::chrono::milliseconds(0));
  EXPECT_EQ(find_run(sound.id).failure.value().id, "element.not_found");
}

}  // namespace
}  // namespace weft
