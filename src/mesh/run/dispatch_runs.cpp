#include "mesh/run/dispatch_runs.h"

#include <condition_variable>
#include <thread>

#include "mesh/run/queue_refresh.h"
#include "mesh/run/sweep_lake.h"

namespace weft {

namespace {

constexpr auto kLookEvery = std::chrono::seconds(1);  // for due objects, and for runs that another replica queued
constexpr int kDueAtOnce = 100;
constexpr int kPayersAtOnce = 100;
constexpr auto kSweepEvery = std::chrono::hours(1);
constexpr std::int64_t kSettledSeconds = 60;  // a younger folder may be about to become a snapshot

struct Claimed {
  Run run;
  WorkSlot slot;
};

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
      auto run = claim();
      if (!run) {
        log(run.error(), "taking a run from the queue");
      } else if (*run) {
        execute(std::move((*run)->run));
        continue;
      }
      std::unique_lock lock(mutex_);
      // After a failure time has to pass: the place that was taken and given back is no reason to look again.
      changed_.wait_for(lock, kLookEvery, [&] { return stopping_ || (run && tickets_ != seen); });
      if (stopping_) return;
      seen = tickets_;
    }
  }

  Result<std::optional<Claimed>> claim() {
    {
      const std::scoped_lock lock(mutex_);
      if (closed_) return std::nullopt;
    }
    // Look without writing first: most of the time there is nothing.
    auto reading = TRY(ports_.transactor.begin(TxMode::Read));
    const auto candidates = TRY(ports_.runs.queued(*reading, kPayersAtOnce));
    reading.reset();
    for (const auto& candidate : candidates) {
      auto slot = ports_.slots.try_take(candidate.payer);
      if (!slot) continue;  // the next time that he has a place free
      auto run =
          TRY(transact(ports_.transactor, [&](Tx& tx) { return ports_.runs.claim(tx, candidate.id, ports_.fence, ports_.clock.now()); }));
      if (run) return Claimed{std::move(*run), std::move(*slot)};
    }
    return std::nullopt;
  }

  void execute(Run run) {
    auto cancel = std::make_shared<Cancel>();
    const auto id = run.id;
    {
      const std::scoped_lock lock(mutex_);
      running_[id] = cancel;
      if (stopping_) cancel->cancel();
    }
    const auto done = execute_run(ports_, std::move(run), *cancel, shutdown_);
    if (!done) log(done.error(), "ending a run");
    if (done && options_.executed) options_.executed(done->state);
    const std::scoped_lock lock(mutex_);
    running_.erase(id);
    changed_.notify_all();
  }

  void watch_the_clock() {
    sweep(started_, SweepLake::OpenRuns::None);
    auto next_sweep = std::chrono::steady_clock::now() + kSweepEvery;
    std::unique_lock lock(mutex_);
    while (!stopping_) {
      lock.unlock();
      auto queued = queue_due_refreshes(ports_, kDueAtOnce);
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
    if (auto swept = sweep_lake(ports_, {options_.mesh, made_before, open_runs}); !swept) log(swept.error(), "sweeping the lake");
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
