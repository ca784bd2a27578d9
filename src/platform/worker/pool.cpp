// The pool of workers. One thread of its own, the keeper, starts all workers and looks after the spares; the thread
// that calls run() attends its job. A worker belongs to one of the two at a time.
#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "base/caught.h"
#include "platform/log/log.h"
#include "platform/worker/address_policy.h"
#include "platform/worker/attend_job.h"
#include "platform/worker/landlock.h"
#include "platform/worker/relay.h"
#include "platform/worker/worker.h"
#include "platform/worker/worker_process.h"

namespace weft {
namespace fs = std::filesystem;
namespace {

using std::chrono::milliseconds;

constexpr int kMaxWaiting = 64;
constexpr milliseconds kLook(20);
constexpr milliseconds kFirstPause(250), kLongestPause(30'000);
constexpr milliseconds kPatienceForWorker(30'000);
constexpr int kTries = 3;

struct FolderIdentity {
  dev_t device = 0;
  ino_t number = 0;
  bool operator==(const FolderIdentity&) const = default;
};

// What a worker confined itself to are these very folders: one that was made anew since is another.
std::vector<FolderIdentity> identities_of(const std::vector<fs::path>& folders) {
  std::vector<FolderIdentity> identities;
  for (const auto& folder : folders) {
    struct stat status{};
    identities.push_back(::stat(folder.c_str(), &status) == 0 ? FolderIdentity{status.st_dev, status.st_ino} : FolderIdentity{});
  }
  return identities;
}

struct Spare {
  std::unique_ptr<WorkerProcess> process;
  std::vector<FolderIdentity> store_folders;
};

class Pool final : public WorkerPool {
 public:
  Pool(WorkerOptions options, AddressPolicy addresses, FileDescriptor wake)
      : options_(std::move(options)), addresses_(std::move(addresses)), wake_(std::move(wake)) {
    keeper_ = std::thread([this] { keep(); });
  }
  ~Pool() override { Pool::stop(); }

  Result<json::object> run(const WorkerJob& job, const Cancel& cancel, const WorkerProgress& progress) override {
    CHECK(check(job));
    const std::function<Interruption()> interruption = [this, &cancel] {
      if (stopping_.load()) return Interruption::PoolStopped;
      return cancel.cancelled() ? Interruption::Cancelled : Interruption::None;
    };
    const auto place = TRY(admit(interruption));
    for (int tries = 1;; ++tries) {
      const auto worker = TRY(take(job.kind, interruption));
      std::optional<Relay> relay;
      if (job.relay) relay.emplace(*job.relay, addresses_);
      auto result =
          attend_job(*worker, {job, options_.memory_bytes, options_.disk_bytes, interruption, progress, relay ? &*relay : nullptr});
      const bool started = result || result.error().id != "worker.start_failed";
      if (started || tries == kTries) return result;
    }
  }

  State state() const override {
    const std::lock_guard lock(mutex_);
    State state{running_, static_cast<int>(queue_.size()), 0};
    for (const auto& spares : spares_)
      state.spare += static_cast<int>(std::ranges::count_if(spares, [](const Spare& s) { return s.process->ready(); }));
    return state;
  }

  void stop() override {
    stopping_.store(true);
    const std::lock_guard once(stop_mutex_);
    if (!keeper_.joinable()) return;
    {
      std::unique_lock lock(mutex_);
      changed_.notify_all();
      changed_.wait(lock, [this] { return running_ == 0 && queue_.empty(); });
    }
    jobs_ended_.store(true);
    wake_keeper();
    keeper_.join();  // the last to go: workers die with the thread that started them
  }

 private:
  // Gives the place among the running jobs back.
  struct Leave {
    void operator()(Pool* pool) const {
      const std::lock_guard lock(pool->mutex_);
      --pool->running_;
      pool->changed_.notify_all();
    }
  };
  using Place = std::unique_ptr<Pool, Leave>;

  Result<void> check(const WorkerJob& job) const {
    if (job.kind == WorkerKind::Transform && (!job.readable_folders.empty() || job.relay))
      return fail(ErrorKind::Internal, "worker.folder_denied", "a transform worker reads no data store");
    for (const auto& folder : job.readable_folders) {
      const auto inside = [wanted = fs::weakly_canonical(folder)](const fs::path& allowed) {
        const auto outer = fs::weakly_canonical(allowed);
        return std::ranges::mismatch(outer, wanted).in1 == outer.end();
      };
      if (!std::ranges::any_of(options_.store_folders, inside)) {
        auto error = make_error(ErrorKind::Denied, "worker.folder_denied",
                                fmt::format("`{}` is not in a folder that stores may lie in", folder.string()));
        error.hint = "The administrator lists such folders in the setting `stores.folders`.";
        return fail(std::move(error));
      }
    }
    return {};
  }

  // First come, first served.
  Result<Place> admit(const std::function<Interruption()>& interruption) {
    std::unique_lock lock(mutex_);
    if (stopping_.load()) return interrupted(Interruption::PoolStopped);
    if (queue_.size() >= kMaxWaiting)
      return fail(ErrorKind::Unavailable, "worker.queue_full", fmt::format("{} jobs are waiting for a worker already", queue_.size()),
                  "Try again in a moment.");
    const auto ticket = next_ticket_++;
    queue_.push_back(ticket);
    while (queue_.front() != ticket || running_ >= options_.max_running) {
      changed_.wait_for(lock, kLook);
      if (const auto why = interruption(); why != Interruption::None) {
        std::erase(queue_, ticket);
        changed_.notify_all();
        return interrupted(why);
      }
    }
    queue_.pop_front();
    ++running_;
    changed_.notify_all();
    return Place(this);
  }

  // A spare, warm if there is one. One that does not know the store folders as they are now is let go.
  Result<std::unique_ptr<WorkerProcess>> take(WorkerKind kind, const std::function<Interruption()>& interruption) {
    const auto folders = kind == WorkerKind::Pull ? identities_of(options_.store_folders) : std::vector<FolderIdentity>();
    const auto patience = std::chrono::steady_clock::now() + kPatienceForWorker;
    std::vector<Spare> stale;  // ended after the lock is given back
    std::unique_lock lock(mutex_);
    auto& spares = spares_of(kind);
    ++wanted_of(kind);
    const std::unique_ptr<int, void (*)(int*)> wanted(&wanted_of(kind), [](int* count) { --*count; });
    while (true) {
      while (!spares.empty() && spares.front().store_folders != folders) {
        stale.push_back(std::move(spares.front()));
        spares.pop_front();
      }
      if (!spares.empty()) {
        auto at = std::ranges::find_if(spares, [](const Spare& spare) { return spare.process->ready(); });
        if (at == spares.end()) at = spares.begin();
        auto process = std::move(at->process);
        spares.erase(at);
        wake_keeper();
        return process;
      }
      wake_keeper();
      changed_.wait_for(lock, kLook);
      if (const auto why = interruption(); why != Interruption::None) return interrupted(why);
      if (std::chrono::steady_clock::now() > patience)
        return fail(ErrorKind::Unavailable, "worker.start_failed", "no worker could be started",
                    "Try again; if it lasts, the server's log tells why.");
    }
  }

  void keep() {
    while (!jobs_ended_.load()) {
      const auto kept = caught([this]() -> Result<void> {
        start_what_is_missing();
        watch_spares();
        return {};
      });
      if (kept) continue;
      log::write(log::Level::Error, "keeping workers ready failed", kept.error());
      pause();
    }
    const std::lock_guard lock(mutex_);
    for (auto& spares : spares_) spares.clear();
  }

  void start_what_is_missing() {
    for (const auto kind : {WorkerKind::Pull, WorkerKind::Transform}) {
      while (!stopping_.load() && std::chrono::steady_clock::now() >= not_before_ && is_missing(kind)) {
        Spare spare;
        spare.store_folders = kind == WorkerKind::Pull ? identities_of(options_.store_folders) : std::vector<FolderIdentity>();
        auto process = start(kind);
        if (!process) {
          log::error("no worker could be started", {{"error", process.error().id}, {"detail", process.error().detail}});
          pause();
          return;
        }
        spare.process = std::move(*process);
        const std::lock_guard lock(mutex_);
        spares_of(kind).push_back(std::move(spare));
        changed_.notify_all();
      }
    }
  }

  bool is_missing(WorkerKind kind) {
    const std::lock_guard lock(mutex_);
    return static_cast<int>(spares_of(kind).size()) < options_.spares + wanted_of(kind);
  }

  Result<std::unique_ptr<WorkerProcess>> start(WorkerKind kind) {
    const bool pull = kind == WorkerKind::Pull;
    auto folder = TRY(WorkerFolder::make(options_.root / fmt::format("{}{}", pull ? 'p' : 't', ++started_)));
    std::vector<std::string> arguments{"worker",
                                       "--kind",
                                       pull ? "pull" : "transform",
                                       "--dir",
                                       folder.path().string(),
                                       "--memory",
                                       std::to_string(options_.memory_bytes),
                                       "--disk",
                                       std::to_string(options_.disk_bytes),
                                       "--threads",
                                       std::to_string(options_.threads),
                                       "--server",
                                       std::to_string(::getpid())};
    if (!options_.extensions.empty()) arguments.insert(arguments.end(), {"--extensions", options_.extensions.string()});
    if (options_.without_landlock == WithoutLandlock::Allow) arguments.insert(arguments.end(), {"--without-landlock", "allow"});
    if (pull)
      for (const auto& store : options_.store_folders) arguments.insert(arguments.end(), {"--store-folder", store.string()});
    return WorkerProcess::start(options_.binary, arguments, std::move(folder));
  }

  // Takes the word of those that become ready, and lets go of those that end before they were needed.
  void watch_spares() {
    std::vector<pollfd> waiting{{wake_.get(), POLLIN, 0}};
    {
      const std::lock_guard lock(mutex_);
      for (const auto& spares : spares_)
        for (const auto& spare : spares) {
          waiting.push_back({spare.process->socket(), POLLIN, 0});
          waiting.push_back({spare.process->output(), POLLIN, 0});
        }
    }
    const auto rest = std::chrono::duration_cast<milliseconds>(not_before_ - std::chrono::steady_clock::now()).count();
    (void)::poll(waiting.data(), waiting.size(), rest > 0 ? static_cast<int>(rest) : 1000);
    std::uint64_t count = 0;
    (void)!::read(wake_.get(), &count, sizeof(count));

    std::vector<Spare> gone;
    {
      const std::lock_guard lock(mutex_);
      for (auto& spares : spares_)
        for (auto at = spares.begin(); at != spares.end();) {
          at->process->drain_output();
          const bool was_ready = at->process->ready();
          const bool alive = at->process->await_ready();
          if (at->process->ready() && !was_ready) pause_ = kFirstPause;
          if (alive) {
            ++at;
            continue;
          }
          gone.push_back(std::move(*at));
          at = spares.erase(at);
        }
    }
    for (auto& spare : gone) {
      spare.process->end(milliseconds(200));
      log::error("a spare worker ended before it was needed", {{"last_words", spare.process->last_words()}});
      pause();
    }
  }

  // What fails at once will fail again at once: wait, longer each time.
  void pause() {
    not_before_ = std::chrono::steady_clock::now() + pause_;
    pause_ = std::min(pause_ * 2, kLongestPause);
  }

  void wake_keeper() {
    const std::uint64_t one = 1;
    (void)!::write(wake_.get(), &one, sizeof(one));
  }

  std::deque<Spare>& spares_of(WorkerKind kind) { return spares_[kind == WorkerKind::Pull ? 0 : 1]; }
  int& wanted_of(WorkerKind kind) { return wanted_[kind == WorkerKind::Pull ? 0 : 1]; }

  const WorkerOptions options_;
  const AddressPolicy addresses_;
  const FileDescriptor wake_;            // an eventfd: the keeper has something to do
  std::atomic<bool> stopping_{false};    // jobs that run end by themselves when they see it
  std::atomic<bool> jobs_ended_{false};  // they have, and the keeper may go

  mutable std::mutex mutex_;  // what follows
  std::condition_variable changed_;
  std::array<std::deque<Spare>, 2> spares_;
  std::array<int, 2> wanted_{};  // by jobs that wait for a worker
  std::deque<std::uint64_t> queue_;
  std::uint64_t next_ticket_ = 0;
  int running_ = 0;

  // The keeper's own.
  std::uint64_t started_ = 0;
  milliseconds pause_ = kFirstPause;
  std::chrono::steady_clock::time_point not_before_{};

  std::mutex stop_mutex_;
  std::thread keeper_;
};

Result<void> empty_root(const fs::path& root) {
  std::error_code error;
  fs::create_directories(root, error);
  if (!error) fs::permissions(root, fs::perms::owner_all, error);
  if (!error)
    for (fs::directory_iterator at(root, error), end; !error && at != end; at.increment(error)) {
      fs::remove_all(at->path(), error);
      if (error) break;
    }
  if (!error) return {};
  auto failure = make_error(ErrorKind::Internal, "worker.root_unusable",
                            fmt::format("the folder for workers, `{}`, can't be used: {}", root.string(), error.message()));
  failure.hint = "Make it a folder that the server's user may write.";
  return fail(std::move(failure));
}

Result<void> check_landlock(const WorkerOptions& options) {
  if (landlock_version() > 0) return {};
  if (options.without_landlock == WithoutLandlock::Refuse) {
    return fail(ErrorKind::Unavailable, "worker.no_landlock",
                "This kernel has no Landlock, or it is switched off: nothing would keep workers from the server's files.",
                "Linux has it from 5.13 on; `landlock` must be among its security modules (the boot parameter lsm=), and a container's "
                "seccomp profile must let its calls through. Where every user and every file is trusted, set workers.without_landlock "
                "= \"allow\".");
  }
  log::warning("this kernel has no Landlock: workers are kept from other files by seccomp and file modes only (workers.without_landlock)");
  return {};
}

}  // namespace

bool workers_are_confined() { return landlock_version() > 0; }

Result<std::unique_ptr<WorkerPool>> start_worker_pool(WorkerOptions options) {
  std::error_code error;
  options.root = fs::absolute(options.root, error);
  auto addresses = TRY(AddressPolicy::parse(options.store_addresses));
  CHECK(empty_root(options.root));
  CHECK(check_landlock(options));
  FileDescriptor wake(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!wake.valid()) return fail(ErrorKind::Internal, "worker.root_unusable", "no event descriptor could be made");
  return std::make_unique<Pool>(std::move(options), std::move(addresses), std::move(wake));
}

}  // namespace weft
