#include "platform/worker/worker_process.h"

#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>

#include "platform/worker/confine.h"

namespace weft {
namespace {

constexpr std::size_t kLastWordsBytes = 4096;

std::unexpected<Error> failed(const char* call, int error) {
  auto result = make_error(ErrorKind::Unavailable, "worker.start_failed", "no worker could be started");
  result.hint = "Try again; if it lasts, the server's log tells why.";
  result.detail = fmt::format("{}: {}", call, std::strerror(error));
  return fail(std::move(result));
}

// posix_spawn's plan for the child's descriptors is carried out in order; numbers below 10 could be overwritten by it.
FileDescriptor above_the_child(int number) {
  FileDescriptor low(number);
  return FileDescriptor(::fcntl(number, F_DUPFD_CLOEXEC, 10));
}

struct SpawnPlan {
  SpawnPlan() {
    ::posix_spawn_file_actions_init(&files);
    ::posix_spawnattr_init(&attributes);
  }
  ~SpawnPlan() {
    ::posix_spawn_file_actions_destroy(&files);
    ::posix_spawnattr_destroy(&attributes);
  }
  SpawnPlan(const SpawnPlan&) = delete;
  SpawnPlan& operator=(const SpawnPlan&) = delete;

  posix_spawn_file_actions_t files;
  posix_spawnattr_t attributes;
};

int spawn(const std::filesystem::path& binary, const std::vector<std::string>& arguments, int socket, int output, int& pid) {
  SpawnPlan plan;
  ::posix_spawn_file_actions_addopen(&plan.files, 0, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_adddup2(&plan.files, output, 1);
  ::posix_spawn_file_actions_adddup2(&plan.files, output, 2);
  ::posix_spawn_file_actions_adddup2(&plan.files, socket, kWorkerSocket);
  ::posix_spawn_file_actions_addclosefrom_np(&plan.files, kWorkerSocket + 1);
  // Its own process group: Ctrl-C is for the server, which then ends its workers in order.
  ::posix_spawnattr_setflags(&plan.attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  ::posix_spawnattr_setpgroup(&plan.attributes, 0);
  sigset_t none, all;
  ::sigemptyset(&none);
  ::sigfillset(&all);
  ::posix_spawnattr_setsigmask(&plan.attributes, &none);
  ::posix_spawnattr_setsigdefault(&plan.attributes, &all);

  std::vector<char*> argv{const_cast<char*>(binary.c_str())};
  for (const auto& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  char* environment[] = {nullptr};
  return ::posix_spawn(&pid, binary.c_str(), &plan.files, &plan.attributes, argv.data(), environment);
}

}  // namespace

Result<std::unique_ptr<WorkerProcess>> WorkerProcess::start(const std::filesystem::path& binary, const std::vector<std::string>& arguments,
                                                            WorkerFolder folder) {
  std::array<int, 2> pair{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair.data()) != 0) return failed("socketpair", errno);
  FileDescriptor ours(pair[0]);
  const FileDescriptor theirs = above_the_child(pair[1]);
  std::array<int, 2> pipe{};
  if (::pipe2(pipe.data(), O_CLOEXEC) != 0) return failed("pipe", errno);
  FileDescriptor output(pipe[0]);
  const FileDescriptor their_output = above_the_child(pipe[1]);
  if (!theirs.valid() || !their_output.valid()) return failed("fcntl", errno);
  ::fcntl(output.get(), F_SETFL, O_NONBLOCK);

  std::unique_ptr<WorkerProcess> process(new WorkerProcess(std::move(folder)));
  const int error = spawn(binary, arguments, theirs.get(), their_output.get(), process->pid_);
  if (error != 0) {
    process->pid_ = -1;
    return failed("posix_spawn", error);
  }
  process->socket_ = std::move(ours);
  process->output_ = std::move(output);
  process->pidfd_ = FileDescriptor(static_cast<int>(::syscall(SYS_pidfd_open, process->pid_, 0)));
  if (!process->pidfd_.valid()) return failed("pidfd_open", errno);
  const auto statistics = fmt::format("/proc/{}/stat", process->pid_);
  process->statistics_ = FileDescriptor(::open(statistics.c_str(), O_RDONLY | O_CLOEXEC));
  if (!process->statistics_.valid()) return failed("open /proc", errno);
  return process;
}

WorkerProcess::~WorkerProcess() { end(std::chrono::milliseconds(0)); }

bool WorkerProcess::await_ready() {
  const auto state = reader_.receive(socket_.get(), &connect_events_);
  if (const auto text = reader_.next()) {
    const auto message = parse_message(*text);
    ready_ = message && message->contains("ready");
    return ready_;
  }
  return state == MessageReader::State::Open;
}

void WorkerProcess::drain_output() {
  std::array<char, kLastWordsBytes> buffer{};
  // Bounded: a worker that never stops talking must not keep us.
  for (int round = 0; round < 16; ++round) {
    const auto got = ::read(output_.get(), buffer.data(), buffer.size());
    if (got == 0) output_.reset();
    if (got <= 0) return;
    last_words_.append(buffer.data(), static_cast<std::size_t>(got));
    if (last_words_.size() > kLastWordsBytes) last_words_.erase(0, last_words_.size() - kLastWordsBytes);
  }
}

WorkerProcess::Usage WorkerProcess::usage() const {
  std::array<char, 1024> buffer{};
  const auto got = ::pread(statistics_.get(), buffer.data(), buffer.size(), 0);
  if (got <= 0) return {};
  std::string_view text(buffer.data(), static_cast<std::size_t>(got));
  const auto name_end = text.rfind(')');  // the name may hold anything
  if (name_end == std::string_view::npos) return {};
  text.remove_prefix(name_end + 1);
  Usage usage;
  constexpr int kThreads = 20, kResidentPages = 24;  // proc(5) counts from 1; the next field is the third
  for (int field = 3; field <= kResidentPages && !text.empty(); ++field) {
    text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
    const auto word = text.substr(0, text.find(' '));
    text.remove_prefix(word.size());
    std::int64_t value = 0;
    std::from_chars(word.data(), word.data() + word.size(), value);
    if (field == kThreads) usage.threads = value;
    if (field == kResidentPages) usage.resident_bytes = value * ::sysconf(_SC_PAGESIZE);
  }
  return usage;
}

void WorkerProcess::kill() {
  if (pid_ > 0 && !ended_) ::kill(pid_, SIGKILL);  // not reaped yet, so the number is still its own
}

WorkerProcess::End WorkerProcess::end(std::chrono::milliseconds patience) {
  if (ended_) return *ended_;
  if (pid_ <= 0) return {};
  if (pidfd_.valid() && patience.count() > 0) {
    pollfd waiting{pidfd_.get(), POLLIN, 0};
    while (::poll(&waiting, 1, static_cast<int>(patience.count())) < 0 && errno == EINTR) {
    }
    if ((waiting.revents & POLLIN) == 0) kill();
  } else {
    kill();
  }
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  End end;
  if (WIFSIGNALED(status))
    end.signal = WTERMSIG(status);
  else
    end.code = WEXITSTATUS(status);
  ended_ = end;
  drain_output();
  return end;
}

}  // namespace weft
