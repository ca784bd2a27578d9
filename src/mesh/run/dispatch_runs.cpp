#include "mesh/run/dispatch_runs.h"

#include <condition_variable>
#include <thread>

#include "base/caught.h"
#include "mesh/run/queue_refresh.h"
#include "mesh/run/sweep_lake.h"

namespace weft {

namespace {

constexpr auto kLookEvery = std::chrono::seconds(1);  // for due objects, and for runs that another replica queued
constexpr int kDueAtOnce = 100;
constexpr int kPayersAtOnce = 100;
constexpr auto kSweepEvery = std::chrono::hours(1);
constexpr std::int64_t kSettledSeconds = 60;  // a younger folder may be about to become a snapshot

class Dispatcher final : public RunDispatcher {
 public:
  Dispatcher(const RunPorts& ports, RunDispatcherOptions options) : ports_(ports), options_(std::move(options)) {
    for (int i = 0; i < options_.threads; ++i) threads_.emplace_back([this] { work(); });
    threads_.emplace_back([this] { watch_the_clock(); });
    ports_.slots.when_freed([this] { wake(); });
  }
  ~Dispatcher() override { Dispatcher::stop(std::chrono::milliseconds(0)); }

  void wake() override {
    const std::scoped_lock lock(mutex_);
    ++tickets_;
    changed_.notify_all();
  }

  bool cancel(const RunId& id) override {
    const std::scoped_lock lock(mutex_);
    auto running = running_.find(id);
    if (running == running_.end()) return false;
    running->second->cancel();
    return true;
  }

  void close() override {
    const std::scoped_lock lock(mutex_);
    closed_ = true;
  }

  void stop(std::chrono::milliseconds grace) override {
    close();
    {
      std::unique_lock lock(mutex_);
      changed_.wait_for(lock, grace, [this] { return running_.empty(); });
      stopping_ = true;
      shutdown_.cancel();
      for (auto& [id, cancel] : running_) cancel->cancel();
      changed_.notify_all();
    }
    for (auto& thread : threads_) {
      if (thread.joinable()) thread.join();
    }
    ports_.slots.when_freed({});
  }

 private:
  void work() {
    std::uint64_t seen = 0;
    while (true) {
      const auto worked = caught([this] { return execute_one(); });
      if (!worked) log(worked.error(), "taking a run from the queue");
      if (worked && *worked) continue;
      std::unique_lock lock(mutex_);
      // After a failure time has to pass: the place that was taken and given back is no reason to look again.
      changed_.wait_for(lock, kLookEvery, [&] { return stopping_ || (worked && tickets_ != seen); });
      if (stopping_) return;
      seen = tickets_;
    }
  }

  // False: there was nothing to do.
  Result<bool> execute_one() {
    {
      const std::scoped_lock lock(mutex_);
      if (closed_) return false;
    }
    // Look without writing first: most of the time there is nothing.
    auto reading = TRY(ports_.transactor.begin(TxMode::Read));
    const auto candidates = TRY(ports_.runs.queued(*reading, kPayersAtOnce));
    reading.reset();
    for (const auto& candidate : candidates) {
      const auto slot = ports_.slots.try_take(candidate.payer);
      if (!slot) continue;  // the next time that he has a place free
      // Before it is claimed: whoever sees it running can cancel it.
      const Cancellable cancellable(*this, candidate.id);
      if (!cancellable.cancel()) continue;  // another thread has it
      auto run = caught([&] {
        return transact(ports_.transactor, [&](Tx& tx) { return ports_.runs.claim(tx, candidate.id, ports_.fence, ports_.clock.now()); });
      });
      if (!run && run.error().id == "server.bug") log(run.error(), "reading a run");  // those behind it go on
      if (!run && run.error().id != "server.bug") return fail(std::move(run).error());
      if (!run || !*run) continue;
      const auto done = execute_run(ports_, std::move(**run), *cancellable.cancel(), shutdown_);
      if (!done) log(done.error(), "ending a run");
      if (done && options_.executed) options_.executed(done->state);
      return true;
    }
    return false;
  }

  // A run that this thread is about to take or works on.
  class Cancellable {
   public:
    Cancellable(Dispatcher& dispatcher, RunId id) : dispatcher_(dispatcher), id_(std::move(id)) {
      const std::scoped_lock lock(dispatcher_.mutex_);
      auto [at, entered] = dispatcher_.running_.try_emplace(id_, std::make_shared<Cancel>());
      if (!entered) return;
      cancel_ = at->second;
      if (dispatcher_.stopping_) cancel_->cancel();
    }
    Cancellable(const Cancellable&) = delete;
    Cancellable& operator=(const Cancellable&) = delete;
    ~Cancellable() {
      if (!cancel_) return;
      const std::scoped_lock lock(dispatcher_.mutex_);
      dispatcher_.running_.erase(id_);
      dispatcher_.changed_.notify_all();
    }
    // nullptr: it is another thread's.
    [[nodiscard]] const Cancel* cancel() const { return cancel_.get(); }

   private:
    Dispatcher& dispatcher_;
    const RunId id_;
    std::shared_ptr<Cancel> cancel_;
  };

  void watch_the_clock() {
    sweep(started_, SweepLake::OpenRuns::None);
    auto next_sweep = std::chrono::steady_clock::now() + kSweepEvery;
    std::unique_lock lock(mutex_);
    while (!stopping_) {
      lock.unlock();
      const auto queued = caught([this] { return queue_due_refreshes(ports_, kDueAtOnce); });
      if (!queued) log(queued.error(), "queueing what is due");
      if (std::chrono::steady_clock::now() > next_sweep) {
        sweep(ports_.clock.now().plus_seconds(-kSettledSeconds), SweepLake::OpenRuns::Skip);
        next_sweep = std::chrono::steady_clock::now() + kSweepEvery;
      }
      lock.lock();
      if (queued && *queued > 0) {
        ++tickets_;
        changed_.notify_all();
      }
      changed_.wait_for(lock, kLookEvery, [&] { return stopping_; });
    }
  }

  void sweep(Timestamp made_before, SweepLake::OpenRuns open_runs) {
    const auto swept = caught([&] { return sweep_lake(ports_, {options_.mesh, made_before, open_runs}); });
    if (!swept) log(swept.error(), "sweeping the lake");
  }

  void log(const Error& error, std::string_view doing) {
    if (options_.log_failure) options_.log_failure(error, doing);
  }

  const RunPorts& ports_;
  RunDispatcherOptions options_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool closed_ = false, stopping_ = false;
  Cancel shutdown_;
  // What was made before belongs to nobody who runs.
  const Timestamp started_ = ports_.clock.now();
  std::uint64_t tickets_ = 0;
  std::map<RunId, std::shared_ptr<Cancel>> running_;
  std::vector<std::thread> threads_;
};

}  // namespace

Result<std::unique_ptr<RunDispatcher>> start_run_dispatcher(const RunPorts& ports, RunDispatcherOptions options) {
  CHECK(transact(ports.transactor, [&](Tx& tx) { return ports.runs.requeue_interrupted(tx, ports.fence); }));
  return std::make_unique<Dispatcher>(ports, std::move(options));
}

}  // namespace weft
