// Attacks from inside a worker: each runs in a real confined child, on its main thread and on one started later.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <thread>

#include "platform/worker/landlock.h"
#include "platform/worker/test_workers.h"

namespace weft {
namespace {

// 0 when the attack succeeded, else why not (errno).
using Attack = int (*)(const std::string& target);

int outcome(long result) { return result < 0 ? errno : 0; }

int open_file(const std::string& target, int flags) {
  const int file = ::open(target.c_str(), flags | O_CLOEXEC, 0600);
  const int error = outcome(file);
  if (file >= 0) ::close(file);
  return error;
}

// A child that came to be must not go on as a second worker.
int new_process(long child) {
  if (child == 0) ::_exit(0);
  return outcome(child);
}

int any_socket(const std::string&) {
  for (int family = 0; family < 46; ++family)
    for (const int type : {SOCK_STREAM, SOCK_DGRAM, SOCK_RAW, SOCK_SEQPACKET, SOCK_PACKET})
      if (::socket(family, type, 0) >= 0) return 0;
  return EPERM;
}

// What a pull worker is left with is a Unix stream socket.
int any_other_socket(const std::string&) {
  for (int family = 0; family < 46; ++family)
    for (const int type : {SOCK_STREAM, SOCK_DGRAM, SOCK_RAW, SOCK_SEQPACKET, SOCK_PACKET}) {
      const bool left = family == AF_UNIX && type == SOCK_STREAM;
      if (!left && ::socket(family, type, 0) >= 0) return 0;
    }
  return EPERM;
}

sockaddr_un address_of(const std::string& target) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  target.copy(address.sun_path, sizeof(address.sun_path) - 1);
  return address;
}

int connect_to(const std::string& target) {
  const int socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (socket < 0) return errno;
  const auto address = address_of(target);
  return outcome(::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof(address)));
}

int bind_to(const std::string& target) {
  const int socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (socket < 0) return errno;
  const auto address = address_of(target);
  return outcome(::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof(address)));
}

int clone3_process(const std::string&) {
  clone_args arguments{};
  arguments.exit_signal = SIGCHLD;
  return new_process(::syscall(SYS_clone3, &arguments, sizeof(arguments)));
}

int run_shell(const std::string&) {
  char name[] = "/bin/sh";
  char* argv[] = {name, nullptr};
  return outcome(::execve(name, argv, nullptr));
}

int more_files(const std::string&) {
  const rlimit more{100'000, 100'000};
  return outcome(::setrlimit(RLIMIT_NOFILE, &more));
}

const std::map<std::string, Attack>& attacks() {
  static const std::map<std::string, Attack> table = {
      {"read", [](const std::string& t) { return open_file(t, O_RDONLY); }},
      {"list", [](const std::string& t) { return open_file(t, O_RDONLY | O_DIRECTORY); }},
      {"make", [](const std::string& t) { return open_file(t, O_WRONLY | O_CREAT); }},
      {"overwrite", [](const std::string& t) { return open_file(t, O_WRONLY); }},
      {"truncating open", [](const std::string& t) { return open_file(t, O_RDONLY | O_TRUNC); }},
      {"nameless file", [](const std::string& t) { return open_file(t, O_TMPFILE | O_RDWR); }},
      {"truncate", [](const std::string& t) { return outcome(::truncate(t.c_str(), 0)); }},
      {"chmod", [](const std::string& t) { return outcome(::chmod(t.c_str(), 0666)); }},
      {"chown", [](const std::string& t) { return outcome(::chown(t.c_str(), ::getuid(), ::getgid())); }},
      {"unlink", [](const std::string& t) { return outcome(::unlink(t.c_str())); }},
      {"link away", [](const std::string& t) { return outcome(::link(t.c_str(), "linked")); }},
      {"rename away", [](const std::string& t) { return outcome(::rename(t.c_str(), "renamed")); }},
      {"symlink", [](const std::string& t) { return outcome(::symlink("/etc/passwd", t.c_str())); }},
      {"fifo", [](const std::string& t) { return outcome(::mkfifo(t.c_str(), 0600)); }},
      {"folder", [](const std::string& t) { return outcome(::mkdir(t.c_str(), 0700)); }},
      {"any socket", any_socket},
      {"any other socket", any_other_socket},
      {"socketpair",
       [](const std::string&) {
         int pair[2];
         return outcome(::socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
       }},
      {"connect", connect_to},
      {"bind", bind_to},
      {"fork", [](const std::string&) { return new_process(::syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0)); }},
      {"clone3", clone3_process},
      {"exec", run_shell},
      {"exec by descriptor", [](const std::string&) { return outcome(::syscall(SYS_execveat, 0, "", nullptr, nullptr, AT_EMPTY_PATH)); }},
      {"kill the server", [](const std::string&) { return outcome(::kill(::getppid(), SIGURG)); }},
      {"kill all", [](const std::string&) { return outcome(::kill(-1, SIGURG)); }},
      {"signal the server's thread", [](const std::string&) { return outcome(::syscall(SYS_tgkill, ::getppid(), ::getppid(), SIGURG)); }},
      {"signal by owner", [](const std::string&) { return outcome(::fcntl(3, F_SETOWN, ::getppid())); }},
      {"limit the server",
       [](const std::string&) {
         const rlimit none{0, 0};
         return outcome(::prlimit(::getppid(), RLIMIT_CPU, &none, nullptr));
       }},
      {"outlive the server", [](const std::string&) { return outcome(::prctl(PR_SET_PDEATHSIG, 0)); }},
      {"more files", more_files},
      {"memory file", [](const std::string&) { return outcome(::syscall(SYS_memfd_create, "x", 0)); }},
      {"namespace of a thread",
       [](const std::string&) {
         return outcome(::syscall(SYS_clone, CLONE_THREAD | CLONE_VM | CLONE_SIGHAND | CLONE_NEWNET, 0, 0, 0, 0));
       }},
  };
  return table;
}

Result<json::object> attack(const WorkerContext& context, const json::object& arguments) {
  const auto run = attacks().at(std::string(arguments.at("attack").get_string()));
  std::string target(arguments.at("target").get_string());
  if (target.starts_with("in/") || target.starts_with("out/") || target.starts_with("tmp/"))
    target = (context.in.parent_path() / target).string();
  int error = 0;
  if (arguments.at("thread").get_bool())
    std::thread([&] { error = run(target); }).join();
  else
    error = run(target);
  return json::object{{"error", error}};
}
const TestVerb kAttack("attack", attack);

constexpr int kSuccess = 0;

class WorkerConfinement : public testing::TestWithParam<WorkerKind> {
 protected:
  WorkerConfinement() {
    folder_.write("keys/master", "the master key");
    folder_.write("store/orders.csv", "1,2,3");
    folder_.write("other_store/wages.csv", "4,5,6");
    input_ = folder_.write("lake/snapshot.parquet", "a snapshot");
    folder_.write("extensions/x.duckdb_extension", "code");
    std::filesystem::permissions(input_, std::filesystem::perms::owner_read);
    auto options = test_worker_options(folder_);
    options.extensions = folder_.path() / "extensions";
    options.store_folders = {folder_.path() / "store", folder_.path() / "other_store"};
    options.spares = 2;
    auto pool = start_worker_pool(options);
    if (!pool) std::abort();
    pool_ = std::move(*pool);
  }

  Result<json::object> run(const std::string& name, const std::string& target, bool thread) {
    WorkerJob job;
    job.kind = GetParam();
    job.verb = "attack";
    job.arguments = {{"attack", name}, {"target", target}, {"thread", thread}};
    job.inputs = {{"snapshot", input_}};
    if (job.kind == WorkerKind::Pull) job.readable_folders = {folder_.path() / "store"};
    return pool_->run(job, Cancel(), {});
  }

  void expect(const std::string& name, const std::string& target, int error) {
    for (const bool thread : {false, true}) {
      SCOPED_TRACE(name + " " + target + (thread ? " on a thread" : ""));
      const auto result = run(name, target, thread);
      ASSERT_TRUE(result) << result.error().message << " " << result.error().detail;
      EXPECT_EQ(result->at("error").to_number<int>(), error);
    }
  }

  [[nodiscard]] std::string path(const char* name) const { return (folder_.path() / name).string(); }

  TestFolder folder_;
  std::filesystem::path input_;
  std::unique_ptr<WorkerPool> pool_;
};

INSTANTIATE_TEST_SUITE_P(Kinds, WorkerConfinement, testing::Values(WorkerKind::Pull, WorkerKind::Transform),
                         [](const auto& kind) { return kind.param == WorkerKind::Pull ? "Pull" : "Transform"; });

TEST_P(WorkerConfinement, ReadsItsInputsAndWritesItsOwnFolders) {
  expect("read", "in/snapshot", kSuccess);
  expect("list", "in/", kSuccess);
  expect("make", "out/x", kSuccess);
  expect("make", "tmp/x", kSuccess);
  expect("folder", "tmp/f", kSuccess);
  expect("read", path("extensions/x.duckdb_extension"), kSuccess);
}

TEST_P(WorkerConfinement, ReachesNoFileOutside) {
  if (landlock_version() == 0) GTEST_SKIP() << "this kernel has no Landlock";
  for (const char* file : {"/etc/passwd", "/proc/self/environ", "/proc/self/mem", "/proc/1/cmdline", "/proc/meminfo", "/bin/sh"})
    expect("read", file, EACCES);
  for (const char* folder : {"/", "/tmp", "/etc", "/proc", "/proc/self/fd", "/dev"}) expect("list", folder, EACCES);
  expect("read", path("keys/master"), EACCES);
  expect("read", path("lake/snapshot.parquet"), EACCES);
  expect("list", path("workers"), EACCES);
  folder_.write("workers/another/in/x", "");
  expect("read", path("workers/another/in/x"), EACCES);
  expect("make", path("workers/another/out"), EACCES);
  expect("make", path("store/x"), EACCES);
  expect("make", path("extensions/x"), EACCES);
  expect("make", path("made by an attack"), EACCES);
  expect("folder", path("made by an attack"), EACCES);
  expect("overwrite", path("keys/master"), EACCES);
  EXPECT_EQ(read_file(path("keys/master")), "the master key");
}

TEST_P(WorkerConfinement, ReadsOnlyTheStoreOfItsJobAndOnlyToPull) {
  if (landlock_version() == 0) GTEST_SKIP() << "this kernel has no Landlock";
  expect("read", path("store/orders.csv"), GetParam() == WorkerKind::Pull ? kSuccess : EACCES);
  expect("overwrite", path("store/orders.csv"), EACCES);
  expect("read", path("other_store/wages.csv"), EACCES);
}

TEST_P(WorkerConfinement, CannotChangeTheSnapshotBehindItsInput) {
  // What Landlock refuses is EACCES (or EXDEV between folders), what seccomp refuses EPERM: on kernels with less of
  // the one, the other must do.
  expect("overwrite", "in/snapshot", EACCES);
  expect("truncating open", "in/snapshot", EACCES);
  expect("truncate", "in/snapshot", EPERM);
  expect("chmod", "in/snapshot", EPERM);
  expect("chown", "in/snapshot", EPERM);
  expect("link away", "in/snapshot", EPERM);
  if (landlock_version() > 0) {
    expect("unlink", "in/snapshot", EACCES);
    expect("make", "in/another", EACCES);
    for (const bool thread : {false, true}) {
      const auto result = run("rename away", "in/snapshot", thread);
      ASSERT_TRUE(result);
      EXPECT_NE(result->at("error").to_number<int>(), kSuccess);
    }
  }
  EXPECT_EQ(read_file(input_), "a snapshot");
  EXPECT_EQ(std::filesystem::status(input_).permissions(), std::filesystem::perms::owner_read);
}

TEST_P(WorkerConfinement, MakesOnlyPlainFiles) {
  expect("symlink", "out/x", EPERM);
  expect("fifo", "out/x", EPERM);
  expect("nameless file", "out/", ENOSYS);
}

TEST_P(WorkerConfinement, HasNoWayToOthers) {
  const bool pull = GetParam() == WorkerKind::Pull;
  expect(pull ? "any other socket" : "any socket", "", EPERM);
  expect("socketpair", "", EPERM);
  expect("bind", "tmp/s", EPERM);

  // A listening socket that everybody may use.
  const auto server = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path("open.sock").copy(address.sun_path, sizeof(address.sun_path) - 1);
  ASSERT_EQ(::bind(server, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
  ASSERT_EQ(::listen(server, 1), 0);
  expect("connect", path("open.sock"), pull ? EACCES : EPERM);
  ::close(server);
}

TEST_P(WorkerConfinement, StartsNoProcessAndSignalsNone) {
  for (const char* name : {"fork", "exec", "exec by descriptor", "kill the server", "kill all", "memory file"}) expect(name, "", EPERM);
  for (const char* name : {"clone3", "signal the server's thread", "limit the server", "outlive the server", "signal by owner",
                           "more files", "namespace of a thread"})
    expect(name, "", ENOSYS);
}

// ---- Calls that end the worker.

const std::map<std::string, long>& deadly_calls() {
  static const std::map<std::string, long> calls = {{"ptrace", SYS_ptrace},
                                                    {"process_vm_readv", SYS_process_vm_readv},
                                                    {"process_vm_writev", SYS_process_vm_writev},
                                                    {"mount", SYS_mount},
                                                    {"umount2", SYS_umount2},
                                                    {"pivot_root", SYS_pivot_root},
                                                    {"chroot", SYS_chroot},
                                                    {"fsopen", SYS_fsopen},
                                                    {"move_mount", SYS_move_mount},
                                                    {"bpf", SYS_bpf},
                                                    {"perf_event_open", SYS_perf_event_open},
                                                    {"userfaultfd", SYS_userfaultfd},
                                                    {"keyctl", SYS_keyctl},
                                                    {"add_key", SYS_add_key},
                                                    {"request_key", SYS_request_key},
                                                    {"io_uring_setup", SYS_io_uring_setup},
                                                    {"io_uring_enter", SYS_io_uring_enter},
                                                    {"open_by_handle_at", SYS_open_by_handle_at},
                                                    {"unshare", SYS_unshare},
                                                    {"setns", SYS_setns},
                                                    {"init_module", SYS_init_module},
                                                    {"finit_module", SYS_finit_module},
                                                    {"kexec_load", SYS_kexec_load},
                                                    {"reboot", SYS_reboot},
                                                    {"swapon", SYS_swapon}};
  return calls;
}

const TestVerb kDeadlyCall("deadly call", [](const WorkerContext&, const json::object& arguments) -> Result<json::object> {
  const auto call = deadly_calls().at(std::string(arguments.at("call").get_string()));
  std::thread([call] { (void)::syscall(call, 0, 0, 0, 0, 0, 0); }).join();
  return json::object{};
});

TEST_P(WorkerConfinement, EndsAtACallThatNoHonestCodeMakes) {
  for (const auto& [name, call] : deadly_calls()) {
    SCOPED_TRACE(name);
    WorkerJob job;
    job.kind = GetParam();
    job.verb = "deadly call";
    job.arguments = {{"call", name}};
    const auto result = pool_->run(job, Cancel(), {});
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().id, "worker.crashed");
    EXPECT_NE(result.error().message.find("SIGSYS"), std::string::npos) << result.error().message;
  }
}

const TestVerb kEnvironment("environment", [](const WorkerContext&, const json::object&) -> Result<json::object> {
  json::array entries;
  for (char** entry = environ; *entry != nullptr; ++entry) entries.emplace_back(std::string_view(*entry));
  int open_files = 0;
  for (int number = 0; number < 1024; ++number) open_files += ::fcntl(number, F_GETFD) >= 0 ? 1 : 0;
  return json::object{{"entries", std::move(entries)}, {"open_files", open_files}};
});

TEST_P(WorkerConfinement, InheritsNothingOfTheServer) {
  ::setenv("WEFT_TEST_SECRET", "planted", 1);
  const auto secret = ::open(path("keys/master").c_str(), O_RDONLY);  // without O_CLOEXEC
  auto options = test_worker_options(folder_);
  options.root = folder_.path() / "others";
  const auto pool = start_worker_pool(options);
  ASSERT_TRUE(pool);
  WorkerJob job;
  job.kind = GetParam();
  job.verb = "environment";
  const auto result = (*pool)->run(job, Cancel(), {});
  ::unsetenv("WEFT_TEST_SECRET");
  ::close(secret);
  ASSERT_TRUE(result) << result.error().detail;
  EXPECT_EQ(json::serialize(result->at("entries")).find("planted"), std::string::npos);
  EXPECT_EQ(result->at("open_files").to_number<int>(), 5) << "standard input, output and error, the socket, and a name (O_PATH) in /proc";
}

}  // namespace
}  // namespace weft
