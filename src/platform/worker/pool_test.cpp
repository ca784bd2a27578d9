// What the pool does with jobs: good ones, greedy ones, hostile ones; and with its workers when it ends.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <future>
#include <thread>

#include "platform/worker/file_descriptor.h"
#include "platform/worker/message.h"
#include "platform/worker/test_workers.h"

namespace weft {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// ---- Verbs.

std::string text(const json::object& arguments, const char* name) { return std::string(arguments.at(name).get_string()); }

void write_file(const std::filesystem::path& file, std::string_view bytes) {
  const FileDescriptor opened(::open(file.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
  if (!opened.valid() || ::write(opened.get(), bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size())) std::abort();
}

const TestVerb kEcho("echo", [](const WorkerContext& context, const json::object& arguments) -> Result<json::object> {
  auto answer = arguments;
  answer["pid"] = ::getpid();
  answer["duck_memory"] = context.duck_memory_bytes;
  answer["threads"] = context.threads;
  return answer;
});

const TestVerb kCopy("copy", [](const WorkerContext& context, const json::object& arguments) -> Result<json::object> {
  write_file(context.out / "copy", read_file(context.in / "original"));
  if (arguments.contains("fail"))
    return fail(Error{ErrorKind::Unprocessable, "view.bad_sql", "no such column", "look again", "secret detail", {{"sql", "line 1"}}, {}});
  write_file(context.out / "second", text(arguments, "second"));
  return json::object{};
});

const TestVerb kSpin("spin", [](const WorkerContext& context, const json::object&) -> Result<json::object> {
  context.progress(::getpid());
  while (true) std::atomic_signal_fence(std::memory_order_seq_cst);
});

const TestVerb kEat("eat", [](const WorkerContext&, const json::object& arguments) -> Result<json::object> {
  const auto bytes = static_cast<std::size_t>(arguments.at("bytes").to_number<std::int64_t>());
  auto* memory = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) return fail(ErrorKind::Internal, "test.no_memory", "mmap failed");
  for (std::size_t at = 0; at < bytes; at += 4096) static_cast<volatile char*>(memory)[at] = 1;
  while (arguments.contains("stay")) ::usleep(1000);
  return json::object{};
});

const TestVerb kFill("fill", [](const WorkerContext& context, const json::object& arguments) -> Result<json::object> {
  const std::string block(1U << 20, 'x');
  const auto how = text(arguments, "how");
  std::vector<FileDescriptor> open;
  for (int file = 0;; ++file) {
    const auto name = context.tmp / std::to_string(how == "one file" ? 0 : file);
    open.emplace_back(::open(name.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
    if (how == "removed files") ::unlink(name.c_str());
    if (how == "holes" && ::ftruncate(open.back().get(), 1LL << 30) != 0) std::abort();
    for (int round = 0; round < (how == "one file" ? 1 : 8); ++round)
      if (::write(open.back().get(), block.data(), block.size()) <= 0) return json::object{};
    if (how != "removed files") open.clear();
  }
});

const TestVerb kCrash("crash", [](const WorkerContext&, const json::object& arguments) -> Result<json::object> {
  const auto how = text(arguments, "how");
  (void)!::write(2, "the last words\n", 15);
  if (how == "abort") std::abort();
  if (how == "segfault") ::raise(SIGSEGV);
  if (how == "exit") ::_exit(7);
  if (how == "throw") throw std::runtime_error("thrown");
  if (how == "out of memory") throw std::bad_alloc();
  if (how == "throw on a thread") std::thread([] { throw std::runtime_error("thrown"); }).join();
  if (how == "close and stay") {
    ::close(3);
    while (true) ::pause();
  }
  return json::object{};
});

const TestVerb kSay("say", [](const WorkerContext&, const json::object& arguments) -> Result<json::object> {
  const auto what = text(arguments, "what");
  const auto say = [](std::string_view bytes) {
    while (!bytes.empty()) {
      const auto said = ::write(3, bytes.data(), bytes.size());
      if (said <= 0) break;
      bytes.remove_prefix(static_cast<std::size_t>(said));
    }
  };
  if (what == "no JSON") say(frame("hello"));
  if (what == "no report") say(frame(R"({"rows":1,"answer":{}})"));
  if (what == "unknown kind") say(frame(R"({"error":{"kind":99,"id":"a.b","message":"","hint":""}})"));
  if (what == "bad id") say(frame(R"({"error":{"kind":1,"id":"<script>","message":"","hint":""}})"));
  if (what == "too long") say(std::string("\xff\xff\xff\x7f", 4) + std::string(1U << 20, 'x'));
  if (what == "deep") say(frame(R"({"answer":{"a":)" + std::string(100'000, '[') + std::string(100'000, ']') + "}}"));
  if (what == "half") say("\x10");
  if (what == "noise on stderr")
    for (int round = 0; round < 1000; ++round) (void)!::write(2, std::string(4096, 'n').data(), 4096);
  if (what == "flood")
    while (true) say(frame(R"({"rows":1})"));
  if (what == "silence")
    while (true) ::pause();
  if (what == "huge answer") return json::object{{"text", std::string(kMaxMessageBytes, 'x')}};
  if (what == "large answer") return json::object{{"text", std::string(kMaxMessageBytes - 100, 'x')}};
  if (what == "zero byte") return json::object{{"text", std::string("a\0b", 3)}};
  return json::object{{"done", true}};
});

const TestVerb kLinkOut("link out", [](const WorkerContext& context, const json::object& arguments) -> Result<json::object> {
  const auto how = text(arguments, "how");
  if (how == "folder") std::filesystem::create_directory(context.out / "copy");
  return json::object{};
});

const TestVerb kReadStore("read store", [](const WorkerContext& context, const json::object&) -> Result<json::object> {
  return json::object{{"text", read_file(context.readable_folders.at(0) / "a")}};
});

// ---- The pool.

class WorkerPoolTest : public testing::Test {
 protected:
  WorkerPool& pool() {
    if (!pool_) {
      auto pool = start_worker_pool(options_);
      if (!pool) std::abort();
      pool_ = std::move(*pool);
    }
    return *pool_;
  }
  static WorkerJob job(const std::string& verb, json::object arguments = {}) {
    WorkerJob job;
    job.verb = verb;
    job.arguments = std::move(arguments);
    return job;
  }
  Result<json::object> run(const WorkerJob& job) { return pool().run(job, Cancel(), {}); }
  void expect_fine() {
    const auto result = run(job("echo"));
    EXPECT_TRUE(result) << result.error().message;
  }
  void expect_error(const Result<json::object>& result, const std::string& id) {
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().id, id) << result.error().message << " / " << result.error().detail;
    expect_fine();
  }
  template <typename Condition>
  static void await(const Condition& condition) {
    const auto end = steady_clock::now() + std::chrono::seconds(30);
    while (!condition()) {
      ASSERT_LT(steady_clock::now(), end) << "what was waited for did not come";
      std::this_thread::sleep_for(milliseconds(2));
    }
  }

  TestFolder folder_;
  WorkerOptions options_ = test_worker_options(folder_);
  std::unique_ptr<WorkerPool> pool_;
};

TEST_F(WorkerPoolTest, AnswersWithWhatTheVerbReturns) {
  const auto result = run(job("echo", {{"a", 1}, {"b", json::array{"x", nullptr}}}));
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_EQ(result->at("a").to_number<int>(), 1);
  EXPECT_EQ(result->at("b"), (json::array{"x", nullptr}));
  EXPECT_EQ(result->at("duck_memory").to_number<std::int64_t>(), options_.memory_bytes / 4 * 3);
  EXPECT_EQ(result->at("threads").to_number<int>(), options_.threads);
}

TEST_F(WorkerPoolTest, GivesEachJobAWorkerOfItsOwn) {
  std::set<std::int64_t> pids;
  for (int round = 0; round < 5; ++round) {
    const auto result = run(job("echo"));
    ASSERT_TRUE(result);
    pids.insert(result->at("pid").to_number<std::int64_t>());
  }
  EXPECT_EQ(pids.size(), 5U);
}

TEST_F(WorkerPoolTest, KeepsSparesWarmAndLeavesNoFolders) {
  options_.spares = 2;
  await([&] { return pool().state().spare == 4; });
  expect_fine();
  await([&] { return pool().state().spare == 4; });
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(options_.root), {}), 4);
  pool().stop();
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(options_.root), {}), 0);
}

TEST_F(WorkerPoolTest, EmptiesItsRootAtStart) {
  folder_.write("workers/t7/out/left", "by an earlier server");
  expect_fine();
  EXPECT_FALSE(std::filesystem::exists(options_.root / "t7"));
}

TEST_F(WorkerPoolTest, MovesInputsInAndOutputsOut) {
  auto copy = job("copy", {{"second", "more"}});
  copy.inputs = {{"original", folder_.write("lake/a", "bytes")}};
  copy.outputs = {{"copy", folder_.path() / "lake/b"}, {"second", folder_.path() / "lake/c"}};
  const auto result = run(copy);
  ASSERT_TRUE(result) << result.error().message << result.error().detail;
  EXPECT_EQ(read_file(folder_.path() / "lake/b"), "bytes");
  EXPECT_EQ(read_file(folder_.path() / "lake/c"), "more");
  EXPECT_EQ(std::filesystem::status(folder_.path() / "lake/b").permissions(), std::filesystem::perms::owner_read);
  EXPECT_TRUE(std::filesystem::exists(folder_.path() / "lake/a"));
}

TEST_F(WorkerPoolTest, CopiesBetweenFileSystems) {
  if (::access("/dev/shm", W_OK) != 0) GTEST_SKIP() << "no second file system at hand";
  options_.root = std::filesystem::path("/dev/shm") / folder_.path().filename();
  auto copy = job("copy", {{"second", ""}});
  copy.inputs = {{"original", folder_.write("lake/a", std::string(3'000'000, 'b'))}};
  copy.outputs = {{"copy", folder_.path() / "lake/b"}};
  const auto result = run(copy);
  pool().stop();
  std::filesystem::remove_all(options_.root);
  ASSERT_TRUE(result) << result.error().message << result.error().detail;
  EXPECT_EQ(read_file(folder_.path() / "lake/b"), std::string(3'000'000, 'b'));
}

TEST_F(WorkerPoolTest, TakesNoOutputOfAFailedJob) {
  auto copy = job("copy", {{"fail", true}});
  copy.inputs = {{"original", folder_.write("lake/a", "bytes")}};
  copy.outputs = {{"copy", folder_.path() / "lake/b"}};
  const auto result = run(copy);
  ASSERT_FALSE(result);
  const auto& error = result.error();
  EXPECT_EQ(error.kind, ErrorKind::Unprocessable);
  EXPECT_EQ(error.id, "view.bad_sql");
  EXPECT_EQ(error.message, "no such column");
  EXPECT_EQ(error.hint, "look again");
  EXPECT_EQ(error.detail, "secret detail");
  ASSERT_EQ(error.fields.size(), 1U);
  EXPECT_EQ(error.fields[0].field, "sql");
  EXPECT_FALSE(std::filesystem::exists(folder_.path() / "lake/b"));
}

TEST_F(WorkerPoolTest, TakesAllOutputsOrNone) {
  auto copy = job("copy", {{"second", ""}});
  copy.inputs = {{"original", folder_.write("lake/a", "bytes")}};
  copy.outputs = {{"copy", folder_.path() / "lake/b"}, {"missing", folder_.path() / "lake/c"}};
  expect_error(run(copy), "worker.output_missing");
  EXPECT_FALSE(std::filesystem::exists(folder_.path() / "lake/b"));
  copy.outputs = {{"copy", folder_.path() / "lake/b"}, {"second", folder_.path() / "no such folder/c"}};
  expect_error(run(copy), "worker.folder");
  EXPECT_FALSE(std::filesystem::exists(folder_.path() / "lake/b"));
  auto folder = job("link out", {{"how", "folder"}});
  folder.outputs = {{"copy", folder_.path() / "lake/b"}};
  expect_error(run(folder), "worker.output_missing");
}

TEST_F(WorkerPoolTest, RefusesJobsThatReachTooFar) {
  folder_.write("store/a", "");
  folder_.write("store2/a", "");
  std::filesystem::create_symlink(folder_.path() / "store2", folder_.path() / "store/way_out");
  options_.store_folders = {folder_.path() / "store"};
  auto pull = job("echo");
  pull.kind = WorkerKind::Pull;
  for (const char* folder : {"store2", "", "store/..", "store/way_out", "lake"}) {
    SCOPED_TRACE(folder);
    pull.readable_folders = {folder_.path() / folder};
    expect_error(run(pull), "worker.folder_denied");
  }
  pull.readable_folders = {folder_.path() / "store"};
  EXPECT_TRUE(run(pull));
  pull.kind = WorkerKind::Transform;
  expect_error(run(pull), "worker.folder_denied");
  auto names = job("echo");
  names.inputs = {{"../x", folder_.path() / "store/a"}};
  expect_error(run(names), "worker.folder");
  names.inputs = {{"x", folder_.path() / "store"}};
  expect_error(run(names), "worker.input_missing");
  expect_error(run(job("no such verb")), "worker.unknown_job");
  expect_error(run(job("echo", {{"long", std::string(kMaxMessageBytes, 'x')}})), "worker.job_too_large");
}

TEST_F(WorkerPoolTest, SeesAStoreFolderThatWasMadeAnew) {
  folder_.write("store/a", "old");
  options_.store_folders = {folder_.path() / "store"};
  await([&] { return pool().state().spare == 2; });
  std::filesystem::rename(folder_.path() / "store", folder_.path() / "moved");
  folder_.write("store/a", "new");
  auto pull = job("read store");
  pull.kind = WorkerKind::Pull;
  pull.readable_folders = options_.store_folders;
  const auto result = run(pull);
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_EQ(result->at("text"), "new");
}

TEST_F(WorkerPoolTest, EndsWhoTakesTooMuchMemory) {
  options_.memory_bytes = 256LL << 20;
  EXPECT_TRUE(run(job("eat", {{"bytes", 64LL << 20}})));
  expect_error(run(job("eat", {{"bytes", 320LL << 20}, {"stay", true}})), "worker.memory");
  expect_error(run(job("eat", {{"bytes", 3LL << 30}})), "worker.memory");
}

TEST_F(WorkerPoolTest, EndsWhoTakesTooMuchDisk) {
  for (const char* how : {"one file", "many files", "removed files", "holes"}) {
    SCOPED_TRACE(how);
    expect_error(run(job("fill", {{"how", how}})), "worker.disk");
  }
}

TEST_F(WorkerPoolTest, EndsWhoTakesTooLong) {
  auto spin = job("spin");
  spin.time_limit = milliseconds(100);
  expect_error(run(spin), "worker.timeout");
}

TEST_F(WorkerPoolTest, CancelsAtOnce) {
  Cancel cancel;
  std::promise<void> begun;
  auto ended = std::async(std::launch::async, [&] {
    return pool().run(job("spin"), cancel, [&, told = false](std::int64_t) mutable {
      if (!std::exchange(told, true)) begun.set_value();
    });
  });
  begun.get_future().wait();
  const auto start = steady_clock::now();
  cancel.cancel();
  const auto result = ended.get();
  const auto taken = std::chrono::duration_cast<milliseconds>(steady_clock::now() - start);
  // 20 ms on an idle machine and 100 ms is the promise; what is tested is that nothing waits for the worker.
  RecordProperty("milliseconds", static_cast<int>(taken.count()));
  EXPECT_LT(taken, std::chrono::seconds(5));
  expect_error(result, "worker.cancelled");
}

TEST_F(WorkerPoolTest, ReportsProgress) {
  Cancel cancel;
  std::int64_t pid = 0;
  expect_error(pool().run(job("spin"), cancel,
                          [&](std::int64_t rows) {
                            pid = rows;
                            cancel.cancel();
                          }),
               "worker.cancelled");
  EXPECT_GT(pid, 1);
}

TEST_F(WorkerPoolTest, SurvivesCrashes) {
  const std::pair<const char*, const char*> cases[] = {
      {"abort", "SIGABRT"}, {"segfault", "SIGSEGV"}, {"exit", "exit code 7"}, {"throw on a thread", "SIGABRT"}};
  for (const auto& [how, words] : cases) {
    SCOPED_TRACE(how);
    const auto result = run(job("crash", {{"how", how}}));
    ASSERT_FALSE(result);
    EXPECT_NE(result.error().message.find(words), std::string::npos) << result.error().message;
    EXPECT_NE(result.error().detail.find("the last words"), std::string::npos) << result.error().detail;
    expect_error(result, "worker.crashed");
  }
  expect_error(run(job("crash", {{"how", "throw"}})), "worker.failed");
  expect_error(run(job("crash", {{"how", "out of memory"}})), "worker.memory");
  auto stay = job("crash", {{"how", "close and stay"}});
  stay.time_limit = milliseconds(300);
  const auto result = run(stay);  // either its watch over the connection ends it, or we do
  ASSERT_FALSE(result);
  expect_error(result, result.error().id == "worker.crashed" ? "worker.crashed" : "worker.timeout");
}

TEST_F(WorkerPoolTest, BelievesNothing) {
  for (const char* what : {"no JSON", "no report", "unknown kind", "bad id", "too long", "deep"}) {
    SCOPED_TRACE(what);
    expect_error(run(job("say", {{"what", what}})), "worker.crashed");
  }
  expect_error(run(job("say", {{"what", "huge answer"}})), "worker.answer_too_large");
  for (const char* what : {"large answer", "zero byte", "noise on stderr"}) {
    SCOPED_TRACE(what);
    const auto result = run(job("say", {{"what", what}}));
    EXPECT_TRUE(result) << result.error().message;
  }
  for (const char* what : {"half", "flood", "silence"}) {
    SCOPED_TRACE(what);
    auto say = job("say", {{"what", what}});
    const bool ends_by_itself = std::string_view(what) == "half";
    say.time_limit = ends_by_itself ? std::chrono::minutes(1) : milliseconds(300);
    expect_error(run(say), ends_by_itself ? "worker.crashed" : "worker.timeout");
  }
}

TEST_F(WorkerPoolTest, QueuesInOrderAndWithinBounds) {
  options_.max_running = 1;
  Cancel cancel;
  std::vector<std::future<Result<json::object>>> jobs;
  const auto spin = [&] { return pool().run(job("spin"), cancel, {}); };
  pool();
  for (int count = 0; count < 65; ++count) jobs.push_back(std::async(std::launch::async, spin));
  await([&] { return pool().state().running == 1 && pool().state().waiting == 64; });
  const auto refused = run(job("echo"));
  cancel.cancel();
  for (auto& each : jobs) {
    const auto result = each.get();
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().id, "worker.cancelled");
  }
  expect_error(refused, "worker.queue_full");
  EXPECT_EQ(pool().state().waiting, 0);
}

TEST_F(WorkerPoolTest, RunsSeveralAtOnce) {
  options_.max_running = 3;
  std::vector<std::future<Result<json::object>>> jobs;
  pool();
  for (int count = 0; count < 12; ++count)
    jobs.push_back(std::async(std::launch::async, [&, count] { return run(job("echo", {{"count", count}})); }));
  for (int count = 0; count < 12; ++count) {
    const auto result = jobs[static_cast<std::size_t>(count)].get();
    ASSERT_TRUE(result) << result.error().message;
    EXPECT_EQ(result->at("count").to_number<int>(), count);
  }
}

TEST_F(WorkerPoolTest, StopsWithJobsRunning) {
  std::promise<void> begun;
  pool();
  auto running = std::async(std::launch::async, [&] {
    return pool().run(job("spin"), Cancel(), [&, told = false](std::int64_t) mutable {
      if (!std::exchange(told, true)) begun.set_value();
    });
  });
  begun.get_future().wait();
  pool().stop();
  const auto result = running.get();
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().id, "worker.stopped");
  const auto later = run(job("echo"));
  ASSERT_FALSE(later);
  EXPECT_EQ(later.error().id, "worker.stopped");
  pool().stop();
}

TEST_F(WorkerPoolTest, NamesABinaryThatDoesNotStart) {
  options_.binary = "/bin/false";
  const auto result = run(job("echo"));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().id, "worker.start_failed");
}

TEST(WorkerPoolRoot, MustBeUsable) {
  TestFolder folder;
  auto options = test_worker_options(folder);
  options.root = folder.write("file", "") / "workers";
  const auto pool = start_worker_pool(options);
  ASSERT_FALSE(pool);
  EXPECT_EQ(pool.error().id, "worker.root_unusable");
}

std::vector<int> children_of(int parent) {
  std::vector<int> children;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    if (std::isdigit(entry.path().filename().string()[0]) == 0) continue;
    const auto status = read_file(entry.path() / "stat");  // pid (name) state parent
    const auto name_end = status.rfind(')');
    int found = 0;
    if (name_end != std::string::npos && std::sscanf(status.c_str() + name_end, ") %*c %d", &found) == 1 && found == parent)
      children.push_back(std::stoi(entry.path().filename()));
  }
  return children;
}

// A server of its own, killed as only kill -9 kills: its workers must be gone, too, the one with a job and the spares.
TEST(WorkerPoolServer, TakesItsWorkersAlongWhenKilled) {
  TestFolder folder;
  int pipe[2];
  ASSERT_EQ(::pipe2(pipe, O_CLOEXEC), 0);
  posix_spawn_file_actions_t files;
  ::posix_spawn_file_actions_init(&files);
  ::posix_spawn_file_actions_adddup2(&files, pipe[1], 1);
  const std::string root = (folder.path() / "workers").string();
  char* argv[] = {const_cast<char*>("weft_tests"), const_cast<char*>(kServeOneJob), const_cast<char*>(root.c_str()), nullptr};
  pid_t server = 0;
  ASSERT_EQ(::posix_spawn(&server, "/proc/self/exe", &files, nullptr, argv, environ), 0);
  ::posix_spawn_file_actions_destroy(&files);
  ::close(pipe[1]);
  FILE* output = ::fdopen(pipe[0], "r");
  long long busy = 0;
  ASSERT_EQ(std::fscanf(output, "%lld", &busy), 1);

  std::vector<FileDescriptor> workers;
  for (const int child : children_of(server)) workers.emplace_back(static_cast<int>(::syscall(SYS_pidfd_open, child, 0)));
  EXPECT_GE(workers.size(), 2U) << "the busy one and a spare at least";
  ::kill(server, SIGKILL);
  for (const auto& worker : workers) {
    ASSERT_TRUE(worker.valid());
    pollfd waiting{worker.get(), POLLIN, 0};
    EXPECT_EQ(::poll(&waiting, 1, 10'000), 1) << "a worker outlived its server";
  }
  ::waitpid(server, nullptr, 0);
  std::fclose(output);
}

}  // namespace
}  // namespace weft
