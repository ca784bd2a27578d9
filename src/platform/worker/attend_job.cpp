#include "platform/worker/attend_job.h"

#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <string>

#include "platform/worker/connect_events.h"
#include "platform/worker/message.h"
#include "platform/worker/report.h"

namespace weft {
namespace {

using std::chrono::milliseconds;
using Time = std::chrono::steady_clock::time_point;

constexpr milliseconds kTick(20);
constexpr milliseconds kDiskEvery(200);
constexpr milliseconds kStartPatience(30'000);  // a machine under load
constexpr milliseconds kEndPatience(1'000);
constexpr int kReportsPerLook = 100;
constexpr std::int64_t kMaxThreads = 512;
constexpr std::int64_t kDiskReserve = 64LL << 20;  // what jobs leave to the server on a disk that fills up

Time now() { return std::chrono::steady_clock::now(); }

std::string in_mebibytes(std::int64_t bytes) { return fmt::format("{} MiB", bytes >> 20); }

Error memory_error(std::int64_t limit) {
  auto error = make_error(ErrorKind::Unprocessable, "worker.memory",
                          fmt::format("the job needs more than the {} of memory that a worker may use", in_mebibytes(limit)));
  error.hint = "Work on fewer rows or columns at once, or ask the administrator to give workers more memory.";
  return error;
}

Error disk_error(std::int64_t limit) {
  auto error = make_error(ErrorKind::Unprocessable, "worker.disk",
                          fmt::format("the job needs more than the {} of disk that a worker may use", in_mebibytes(limit)));
  error.hint = "Work on fewer rows or columns at once, or ask the administrator to give workers more disk.";
  return error;
}

Error full_disk_error() {
  auto error = make_error(ErrorKind::Unavailable, "worker.disk", "the server's disk is full");
  error.hint = "Ask the administrator to make room.";
  return error;
}

Error crash_error(std::string what, const WorkerProcess& worker) {
  auto error = make_error(ErrorKind::Internal, "worker.crashed", "the worker that ran the job " + what);
  error.hint = "The server is not harmed. If the same job fails again, tell the administrator: the log holds more.";
  error.detail = fmt::format("worker {}, last words: {}", worker.pid(), worker.last_words().empty() ? "none" : worker.last_words());
  return error;
}

Error end_error(WorkerProcess::End end, const Attendance& attendance, const WorkerProcess& worker) {
  if (end.signal == 0) return crash_error(fmt::format("ended with exit code {} and no answer", end.code), worker);
  if (end.signal == SIGXFSZ) return disk_error(attendance.disk_bytes);
  if (end.signal == SIGSYS) return crash_error("was ended: it tried what workers may not do (SIGSYS)", worker);
  // Not by us, so by the kernel for want of memory (or by somebody who meant it).
  if (end.signal == SIGKILL) {
    auto error = memory_error(attendance.memory_bytes);
    error.message = "the system ran out of memory and ended the job (SIGKILL)";
    return error;
  }
  const char* name = ::sigabbrev_np(end.signal);
  return crash_error(fmt::format("was ended by signal {} (SIG{})", end.signal, name == nullptr ? "?" : name), worker);
}

class Attending {
 public:
  Attending(WorkerProcess& worker, const Attendance& attendance) : worker_(worker), attendance_(attendance) {}

  Result<json::object> run() {
    CHECK(until_ready());
    if (attendance_.relay != nullptr && worker_.connect_events() < 0)
      return fail(ErrorKind::Unavailable, "worker.no_network", "this machine does not let workers connect to anything",
                  "The administrator looks whether something around the server (a container's supervisor) watches its system calls.");
    const auto stop = [this] { return attendance_.interruption() != Interruption::None; };
    CHECK(worker_.folder().put(attendance_.job.inputs, stop));
    CHECK(say_job());
    deadline_ = now() + attendance_.job.time_limit;
    auto answer = TRY(until_answer());
    worker_.end(kEndPatience);
    if (worker_.folder().disk_bytes(worker_.pid()) > attendance_.disk_bytes) return fail(disk_error(attendance_.disk_bytes));
    CHECK(worker_.folder().take(attendance_.job.outputs));
    return answer;
  }

 private:
  Result<void> until_ready() {
    const Time patience = now() + kStartPatience;
    while (!worker_.ready()) {
      if (const auto why = attendance_.interruption(); why != Interruption::None) return interrupted(why);
      if (!worker_.await_ready() || now() > patience) return never_started();
      if (!worker_.ready()) wait(POLLIN);
    }
    return {};
  }

  std::unexpected<Error> never_started() {
    worker_.end(milliseconds(0));
    auto error = crash_error("ended before it began", worker_);
    error.id = "worker.start_failed";
    error.kind = ErrorKind::Unavailable;
    return fail(std::move(error));
  }

  Result<void> say_job() {
    json::array folders;
    for (const auto& folder : attendance_.job.readable_folders) folders.emplace_back(folder.string());
    const auto text = json::serialize(
        json::object{{"verb", attendance_.job.verb}, {"readable_folders", std::move(folders)}, {"arguments", attendance_.job.arguments}});
    if (text.size() > kMaxMessageBytes)
      return fail(ErrorKind::TooLarge, "worker.job_too_large",
                  fmt::format("the job takes {} bytes to say, {} are allowed", text.size(), kMaxMessageBytes));
    unsaid_ = frame(text);
    return {};
  }

  Result<json::object> until_answer() {
    while (true) {
      if (auto error = why_to_end()) {
        worker_.kill();
        worker_.end(milliseconds(0));
        return fail(std::move(*error));
      }
      if (!say_more()) return ended();
      wait(unsaid_.empty() ? POLLIN : POLLIN | POLLOUT);
      // The end is looked at before the messages: what it sent last has arrived by then.
      const bool over = (ended_ & POLLIN) != 0;
      const auto state = worker_.reader().receive(worker_.socket());
      while (const auto report = next_report())
        if (*report) return std::move(**report);
      if (misbehaves_ || state == MessageReader::State::TooLong) return misbehaved();
      if ((over || state == MessageReader::State::Closed) && !more_) return ended();
    }
  }

  // Nothing left to look at: nullopt. An inner nullopt was progress.
  std::optional<std::optional<Result<json::object>>> next_report() {
    more_ = looked_at_ == kReportsPerLook;
    if (more_) {
      looked_at_ = 0;
      return std::nullopt;
    }
    const auto text = worker_.reader().next();
    if (!text) {
      looked_at_ = 0;
      return std::nullopt;
    }
    ++looked_at_;
    auto report = parse_report(*text);
    if (!report) {
      misbehaves_ = true;
      return std::nullopt;
    }
    if (auto* answer = std::get_if<Result<json::object>>(&*report)) return std::optional(std::move(*answer));
    if (attendance_.progress) attendance_.progress(std::get<Rows>(*report).count);
    return std::optional<Result<json::object>>();
  }

  std::optional<Error> why_to_end() {
    if (const auto why = attendance_.interruption(); why != Interruption::None) return interrupted(why).error();
    const Time time = now();
    if (time > deadline_) {
      auto error = make_error(ErrorKind::Timeout, "worker.timeout",
                              fmt::format("the job took longer than the {} s that it may take",
                                          std::chrono::duration<double>(attendance_.job.time_limit).count()));
      error.hint = "Work on fewer rows at once, or ask the administrator for more time.";
      return error;
    }
    const auto usage = worker_.usage();
    if (usage.resident_bytes > attendance_.memory_bytes) return memory_error(attendance_.memory_bytes);
    if (usage.threads > kMaxThreads) return crash_error(fmt::format("was ended: it started more than {} threads", kMaxThreads), worker_);
    if (time < disk_due_) return std::nullopt;
    disk_due_ = time + kDiskEvery;
    if (worker_.folder().disk_bytes(worker_.pid()) > attendance_.disk_bytes) return disk_error(attendance_.disk_bytes);
    if (free_bytes(worker_.folder().path()) < kDiskReserve) return full_disk_error();
    return std::nullopt;
  }

  void wait(int events) {
    std::array<pollfd, 4> waiting{{{worker_.socket(), static_cast<short>(events), 0},
                                   {worker_.output(), POLLIN, 0},
                                   {worker_.end_event(), POLLIN, 0},
                                   {worker_.connect_events(), POLLIN, 0}}};
    const int patience = more_ ? 0 : static_cast<int>(kTick.count());
    if (::poll(waiting.data(), waiting.size(), patience) < 0) return;  // a signal: the caller looks again
    if (waiting[1].revents != 0) worker_.drain_output();
    ended_ = waiting[2].revents;
    if ((waiting[3].revents & POLLIN) != 0)
      answer_connect(worker_.connect_events(),
                     [relay = attendance_.relay] { return relay == nullptr ? FileDescriptor() : relay->connect(); });
  }

  // False: it does not listen any more.
  bool say_more() {
    while (!unsaid_.empty()) {
      const auto said = ::send(worker_.socket(), unsaid_.data(), unsaid_.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
      if (said < 0) return errno == EAGAIN || errno == EINTR;
      unsaid_.erase(0, static_cast<std::size_t>(said));
    }
    return true;
  }

  std::unexpected<Error> ended() {
    const auto end = worker_.end(kEndPatience);
    return fail(end_error(end, attendance_, worker_));
  }

  std::unexpected<Error> misbehaved() {
    worker_.kill();
    worker_.end(milliseconds(0));
    return fail(
        crash_error(fmt::format("was ended: it sent what is no report, or one of more than {}", in_mebibytes(kMaxMessageBytes)), worker_));
  }

  WorkerProcess& worker_;
  const Attendance& attendance_;
  Time deadline_ = Time::max();
  Time disk_due_ = Time::min();
  std::string unsaid_;
  short ended_ = 0;
  int looked_at_ = 0;
  bool more_ = false;  // messages wait that were not looked at yet
  bool misbehaves_ = false;
};

}  // namespace

std::unexpected<Error> interrupted(Interruption interruption) {
  if (interruption == Interruption::PoolStopped)
    return fail(ErrorKind::Unavailable, "worker.stopped", "the server is shutting down", "Try again in a moment.");
  return fail(ErrorKind::Unavailable, "worker.cancelled", "the job was cancelled");
}

Result<json::object> attend_job(WorkerProcess& worker, const Attendance& attendance) {
  auto result = Attending(worker, attendance).run();
  worker.end(milliseconds(0));
  if (result || attendance.relay == nullptr) return result;
  // The worker only knows that it got no connection; we know why.
  auto failure = attendance.relay->failure();
  if (!failure || result.error().id.starts_with("worker.")) return result;
  failure->detail = fmt::format("{}: {} ({})", result.error().id, result.error().message, result.error().detail);
  return fail(std::move(*failure));
}

}  // namespace weft
