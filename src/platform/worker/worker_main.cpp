#include <poll.h>
#include <unistd.h>

#include <charconv>
#include <chrono>
#include <cstdio>
#include <map>
#include <mutex>
#include <new>
#include <string_view>
#include <thread>

#include "platform/worker/confine.h"
#include "platform/worker/message.h"
#include "platform/worker/report.h"
#include "platform/worker/worker.h"

namespace weft {
namespace {

enum ExitCode { kDone = 0, kUsage = 2, kNotConfined = 70, kServerGone = 71 };

struct Arguments {
  Confinement confinement;
  int threads = 1;
};

std::optional<Arguments> parse_arguments(int argc, char** argv) {
  Arguments arguments;
  auto& confinement = arguments.confinement;
  int at = argc > 1 && std::string_view(argv[1]) == "worker" ? 2 : 1;
  for (; at + 1 < argc; at += 2) {
    const std::string_view name = argv[at], value = argv[at + 1];
    std::int64_t number = 0;
    std::from_chars(value.data(), value.data() + value.size(), number);
    if (name == "--kind")
      confinement.kind = value == "pull" ? WorkerKind::Pull : WorkerKind::Transform;
    else if (name == "--dir")
      confinement.folder = value;
    else if (name == "--extensions")
      confinement.extensions = value;
    else if (name == "--store-folder")
      confinement.readable_folders.emplace_back(value);
    else if (name == "--memory")
      confinement.memory_bytes = number;
    else if (name == "--disk")
      confinement.disk_bytes = number;
    else if (name == "--threads")
      arguments.threads = static_cast<int>(number);
    else if (name == "--without-landlock")
      confinement.without_landlock = value == "allow" ? WithoutLandlock::Allow : WithoutLandlock::Refuse;
    else if (name == "--server")
      confinement.server = static_cast<int>(number);
    else
      return std::nullopt;
  }
  const bool complete = at == argc && !confinement.folder.empty() && confinement.memory_bytes > 0 && confinement.disk_bytes > 0 &&
                        confinement.server > 0 && arguments.threads > 0;
  return complete ? std::optional(std::move(arguments)) : std::nullopt;
}

// Reports come from any thread of the job.
class Reporter {
 public:
  void progress(std::int64_t rows) {
    const auto now = std::chrono::steady_clock::now();
    const std::lock_guard lock(mutex_);
    if (now - last_ < std::chrono::milliseconds(100)) return;
    last_ = now;
    (void)send_message(kWorkerSocket, progress_report(rows));
  }
  void final(const Result<json::object>& result) {
    const std::lock_guard lock(mutex_);
    (void)send_message(kWorkerSocket, final_report(result));
  }

 private:
  std::mutex mutex_;
  std::chrono::steady_clock::time_point last_;
};

// The kernel ends us with the server's thread; this also when only the connection is gone.
void end_with_connection() {
  std::thread([] {
    pollfd connection{kWorkerSocket, POLLRDHUP, 0};
    while (::poll(&connection, 1, -1) < 0) {
    }
    ::_exit(kServerGone);
  }).detach();
}

Result<json::object> run_verb(const WorkerVerbEntry& verb, const WorkerContext& context, const json::object& arguments) {
  try {
    return verb.run(context, arguments);
  } catch (const std::bad_alloc&) {
    return fail(ErrorKind::Unprocessable, "worker.memory", "the job needs more memory than a worker may use");
  } catch (const std::exception& exception) {
    auto error = make_error(ErrorKind::Internal, "worker.failed", "the job failed in a way that was not foreseen");
    error.detail = exception.what();
    return fail(std::move(error));
  }
}

struct Job {
  const WorkerVerbEntry* verb = nullptr;
  json::object arguments;
  std::vector<std::filesystem::path> readable_folders;
};

Result<Job> read_job(std::string_view text, WorkerKind kind, const std::vector<WorkerVerbEntry>& verbs) {
  const auto broken = [](std::string message) { return fail(ErrorKind::Internal, "worker.unknown_job", message); };
  auto message = parse_message(text);
  if (!message) return broken("the job is no JSON object");
  const auto* verb = message->if_contains("verb");
  const auto* folders = message->if_contains("readable_folders");
  auto* arguments = message->if_contains("arguments");
  if (verb == nullptr || !verb->is_string() || folders == nullptr || !folders->is_array() || arguments == nullptr ||
      !arguments->is_object())
    return broken("the job lacks a field");
  Job job;
  for (const auto& entry : verbs)
    if (entry.kind == kind && entry.name == verb->get_string()) job.verb = &entry;
  if (job.verb == nullptr) return broken("this kind of worker has no verb `" + std::string(verb->get_string()) + "`");
  for (const auto& folder : folders->get_array())
    if (folder.is_string()) job.readable_folders.emplace_back(std::string(folder.get_string()));
  job.arguments = std::move(arguments->get_object());
  return job;
}

int complain(const Error& error) {
  std::fprintf(stderr, "%s: %s (%s)\n", error.id.c_str(), error.message.c_str(), error.detail.c_str());
  return kNotConfined;
}

}  // namespace

int worker_main(int argc, char** argv, const std::vector<WorkerVerbEntry>& verbs, const WorkerWarmUp& warm_up) {
  const auto arguments = parse_arguments(argc, argv);
  if (!arguments) {
    std::fputs("`weft worker` is started by the server only\n", stderr);
    return kUsage;
  }
  const auto& confinement = arguments->confinement;
  auto confined = confine(confinement);
  if (!confined) return complain(confined.error());

  Reporter reporter;
  WorkerContext context;
  context.kind = confinement.kind;
  context.in = confinement.folder / "in";
  context.out = confinement.folder / "out";
  context.tmp = confinement.folder / "tmp";
  context.extensions = confinement.extensions;
  context.duck_memory_bytes = confinement.memory_bytes / 4 * 3;
  context.threads = arguments->threads;
  context.progress = [&reporter](std::int64_t rows) { reporter.progress(rows); };
  if (warm_up) warm_up(context);

  if (!send_message(kWorkerSocket, R"({"ready":true})", confined->connect_events.get())) return kServerGone;
  confined->connect_events.reset();
  const auto text = receive_message(kWorkerSocket);
  if (!text) return kServerGone;

  auto result = [&]() -> Result<json::object> {
    auto job = TRY(read_job(*text, confinement.kind, verbs));
    if (confinement.kind == WorkerKind::Pull) {
      CHECK(confine_to_folders(confinement, job.readable_folders));
      context.readable_folders = job.readable_folders;
    }
    end_with_connection();
    return run_verb(*job.verb, context, job.arguments);
  }();
  reporter.final(result);
  // Threads may still run and what they hold goes with the process: nothing here needs to be torn down in order.
  ::_exit(kDone);
}

}  // namespace weft
