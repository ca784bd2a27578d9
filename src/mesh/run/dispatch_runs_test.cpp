// Who takes a queued run, and what stops it. What runs make is tried in scenarios; here they find that their object is gone.
#include "mesh/run/dispatch_runs.h"

#include <condition_variable>

#include "mesh/datastore/datastore_sql.h"
#include "mesh/door/mesh_fixture_test.h"
#include "mesh/element/element_sql.h"
#include "mesh/notification/outbox_sql.h"
#include "mesh/product/product_sql.h"
#include "mesh/run/run_sql.h"
#include "mesh/subscription/subscription_sql.h"
#include "platform/db/sql.h"

namespace weft {
namespace {

constexpr Statement kSpoil{"test.spoil_run", "update runs set input = 'no JSON' where id = ?"};

// Nothing here comes as far as a worker.
class NoSource final : public Source {
 public:
  Result<void> check(const StoreAccess&) override { return none(); }
  Result<std::vector<SourceTable>> tables(const StoreAccess&, const std::vector<std::string>&) override { return none(); }
  Result<SourceSchema> describe(const StoreAccess&, std::string_view, std::string_view) override { return none(); }
  Result<SourceProfile> profile(const StoreAccess&, std::string_view, std::string_view, const std::vector<std::string>&) override {
    return none();
  }
  Result<Sample> sample(const StoreAccess&, std::string_view, std::string_view, const std::vector<std::string>&, int) override {
    return none();
  }
  Result<std::vector<Pulled>> pull(const StoreAccess&, const std::vector<Pull>&, const Cancel&,
                                   const std::function<void(std::int64_t)>&) override {
    return none();
  }

 private:
  static std::unexpected<Error> none() { return fail(ErrorKind::Internal, "test.no_worker", "There is no worker."); }
};
class NoTransformer final : public Transformer {
 public:
  Result<CheckedSelect> check(const std::vector<IngredientSchema>&, std::string_view) override { return none(); }
  Result<std::vector<AssembledFile>> assemble(const std::vector<IngredientFile>&, const std::vector<AssembledPort>&, const Cancel&,
                                              const std::function<void(std::int64_t)>&) override {
    return none();
  }
  Result<AssembledFile> narrow(const Narrowing&, const Cancel&) override { return none(); }

 private:
  static std::unexpected<Error> none() { return fail(ErrorKind::Internal, "test.no_worker", "There is no worker."); }
};
class NoProfiler final : public Profiler {
 public:
  Result<Profile> profile(const std::filesystem::path&, const std::vector<std::string>&, const Cancel&) override {
    return fail(ErrorKind::Internal, "test.no_worker", "There is no worker.");
  }
};

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

class DispatchRunsTest : public MeshTest {
 protected:
  weft::Run queued_run(const std::string& domain) {
    clock.advance(1);
    weft::Run run;
    run.id = RunId::make(clock.now());
    run.kind = RunKind::RefreshElement;
    run.object = RunId::make(clock.now()).text();
    run.domain_path = domain;
    run.object_name = "gone";
    run.trigger = RunTrigger::Schedule;
    run.created_at = clock.now();
    return run;
  }
  void queue(const weft::Run& run) {
    value_of(write_as(system, [&](Tx& tx, const Context&) { return runs->insert(tx, run); }));
  }
  std::unique_ptr<RunDispatcher> start() {
    return value_of(start_run_dispatcher(ports, {1, "test", [this](const Error& error, std::string_view doing) {
                                                   const std::scoped_lock lock(mutex);
                                                   failures.push_back(fmt::format("{}: {}", doing, error.id));
                                                 }}));
  }
  bool logged(std::string_view line) {
    const std::scoped_lock lock(mutex);
    return std::ranges::find(failures, line) != failures.end();
  }
  // Waits until it is over.
  weft::Run ended(const RunId& id) {
    while (true) {
      {
        auto tx = begin(TxMode::Read);
        auto run = value_of(runs->find(*tx, id)).value();
        if (run.state != RunState::Queued && run.state != RunState::Running) return run;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  }

  std::unique_ptr<RunStore> runs = make_sql_run_store();
  std::unique_ptr<ElementStore> elements = make_sql_element_store();
  std::unique_ptr<DataStoreStore> data_stores = make_sql_data_store_store(box);
  std::unique_ptr<ProductStore> products = make_sql_product_store();
  std::unique_ptr<SubscriptionStore> subscriptions = make_sql_subscription_store();
  std::unique_ptr<Outbox> outbox = make_sql_outbox();
  NoSource source;
  NoTransformer transformer;
  NoProfiler profiler;
  SnapshotReaders readers;
  WorkSlots slots{{}};
  WatchedTransactor transactor{database()};
  RunPorts ports{transactor, *runs,       *domains, *users, *audit,  *outbox, {*elements, *data_stores, *products, *subscriptions},
                 source,     transformer, profiler, clock,  readers, slots,   folder.path(),
                 1};
  Domain shop = add_domain("shop"), farm = add_domain("farm");
  std::mutex mutex;
  std::vector<std::string> failures;  // that were logged
};
INSTANTIATE_TEST_SUITE_P(Stores, DispatchRunsTest, kBothDialects, dialect_name);

TEST_P(DispatchRunsTest, ARunCanBeCancelledWhileItIsBeingTaken) {
  const auto dispatcher = start();
  const auto run = queued_run("shop");
  queue(run);
  bool stopped = false;
  transactor.meanwhile([&] { stopped = dispatcher->cancel(run.id); });
  dispatcher->wake();
  EXPECT_EQ(ended(run.id).state, RunState::Cancelled);
  dispatcher->stop(std::chrono::milliseconds(0));
  EXPECT_TRUE(stopped);
  EXPECT_FALSE(dispatcher->cancel(run.id)) << "it is over";
}

TEST_P(DispatchRunsTest, ARunThatCantBeReadHoldsUpNobody) {
  const auto spoilt = queued_run("shop"), sound = queued_run("farm");
  queue(spoilt);
  queue(sound);
  value_of(write_as(system, [&](Tx& tx, const Context&) { return sql(tx).execute(kSpoil, {spoilt.id}); }));
  const auto dispatcher = start();
  EXPECT_EQ(ended(sound.id).failure.value().id, "element.not_found");
  while (!logged("reading a run: server.bug")) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  dispatcher->stop(std::chrono::milliseconds(0));
}

}  // namespace
}  // namespace weft
