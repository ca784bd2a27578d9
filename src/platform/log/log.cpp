#include "platform/log/log.h"

#include <spdlog/logger.h>
#include <spdlog/sinks/base_sink.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <vector>

#include "platform/log/line.h"

namespace weft::log {

namespace {

// One write per line, so that lines of several processes on one pipe don't mingle. What can't be written is dropped:
// there is nobody left to tell.
class DescriptorSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  explicit DescriptorSink(int descriptor) : descriptor_(descriptor) {}

 private:
  void sink_it_(const spdlog::details::log_msg& message) override {
    std::string_view rest(message.payload.data(), message.payload.size());
    while (!rest.empty()) {
      auto written = ::write(descriptor_, rest.data(), rest.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) return;
      rest.remove_prefix(static_cast<std::size_t>(written));
    }
  }
  void flush_() override {}

  int descriptor_;
};

spdlog::level::level_enum spdlog_level(Level level) {
  switch (level) {
    case Level::Debug: return spdlog::level::debug;
    case Level::Info: return spdlog::level::info;
    case Level::Warning: return spdlog::level::warn;
    case Level::Error: return spdlog::level::err;
  }
  return spdlog::level::info;
}

struct Log {
  explicit Log(const Options& options)
      : logger("weft", std::make_shared<DescriptorSink>(options.descriptor)),
        format(options.format),
        color(::isatty(options.descriptor) == 1 && std::getenv("NO_COLOR") == nullptr ? Color::On : Color::Off) {
    if (format == Format::Auto) format = ::isatty(options.descriptor) == 1 ? Format::Human : Format::Json;
    logger.set_level(spdlog_level(options.level));
  }

  spdlog::logger logger;
  Format format;
  Color color;
};

// No log is ever destroyed: other threads may be writing to it, also while static objects go. There are few.
std::atomic<Log*>& current_log() {
  static std::atomic<Log*> log = new Log(Options{});
  return log;
}

thread_local RequestScope* innermost_scope = nullptr;

void write_line(Level level, std::string_view event, Fields fields, Fields more_fields) {
  auto* log = current_log().load(std::memory_order_acquire);
  if (!log->logger.should_log(spdlog_level(level))) return;
  Line line{std::chrono::system_clock::now(), level, event, RequestScope::current(), fields, more_fields};
  auto text = log->format == Format::Json ? json_line(line) : human_line(line, log->color);
  log->logger.log(spdlog_level(level), spdlog::string_view_t(text.data(), text.size()));
}

}  // namespace

void start(const Options& options) {
  static std::mutex mutex;
  static auto* replaced = new std::vector<Log*>;
  std::lock_guard lock(mutex);
  replaced->push_back(current_log().exchange(new Log(options), std::memory_order_acq_rel));
}

void write(Level level, std::string_view event, Fields fields) { write_line(level, event, fields, {}); }

void write(Level level, std::string_view event, const Error& cause, Fields fields) {
  if (cause.detail.empty()) {
    write_line(level, event, {{"error", cause.id}, {"message", cause.message}}, fields);
  } else {
    write_line(level, event, {{"error", cause.id}, {"message", cause.message}, {"detail", cause.detail}}, fields);
  }
}

bool enabled(Level level) { return current_log().load(std::memory_order_acquire)->logger.should_log(spdlog_level(level)); }

RequestScope::RequestScope(std::string request_id) : request_id_(std::move(request_id)), outer_(innermost_scope) { innermost_scope = this; }

RequestScope::~RequestScope() { innermost_scope = outer_; }

std::string_view RequestScope::current() {
  return innermost_scope == nullptr ? std::string_view{} : std::string_view(innermost_scope->request_id_);
}

}  // namespace weft::log
