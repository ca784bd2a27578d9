#include "cli/draining_handler.h"

#include <thread>

#include "platform/http/problem.h"

namespace weft {

namespace {

constexpr auto kLook = std::chrono::milliseconds(20);

bool is_for_machines(std::string_view path) { return path == "/healthz" || path == "/readyz" || path == "/metrics"; }

// One piece of work under way.
class Work {
 public:
  explicit Work(std::atomic<int>& count) : count_(&count) { count_->fetch_add(1, std::memory_order_relaxed); }
  Work(Work&& other) noexcept : count_(std::exchange(other.count_, nullptr)) {}
  Work& operator=(Work&&) = delete;
  Work(const Work&) = delete;
  ~Work() {
    if (count_ != nullptr) count_->fetch_sub(1, std::memory_order_release);
  }

 private:
  std::atomic<int>* count_;
};

class CountedStream final : public http::BodyStream {
 public:
  CountedStream(std::unique_ptr<http::BodyStream> stream, Work work) : stream_(std::move(stream)), work_(std::move(work)) {}
  Result<bool> next(std::string& chunk) override { return stream_->next(chunk); }
  std::optional<std::uint64_t> length() const override { return stream_->length(); }
  void finished(http::StreamEnd end, std::uint64_t bytes_sent) noexcept override { stream_->finished(end, bytes_sent); }

 private:
  std::unique_ptr<http::BodyStream> stream_;
  Work work_;
};

}  // namespace

http::Admission DrainingHandler::admit(const http::RequestHead& head) {
  if (!draining_.load(std::memory_order_acquire) || is_for_machines(head.path)) return door_.admit(head);
  http::Admission admission;
  admission.answer = http::problem(make_error(ErrorKind::Unavailable, "server.draining", "The server is about to stop.")
                                       .with_hint("Try again in a moment; another one, or this one started anew, will answer."),
                                   head);
  admission.answer->set("Connection", "close");
  return admission;
}

http::Response DrainingHandler::handle(http::Request&& request) {
  Work work(under_way_);
  auto response = door_.handle(std::move(request));
  if (auto* stream = std::get_if<std::unique_ptr<http::BodyStream>>(&response.body)) {
    response.body = std::make_unique<CountedStream>(std::move(*stream), std::move(work));
  }
  return response;
}

void DrainingHandler::drain(std::chrono::steady_clock::time_point deadline) {
  draining_.store(true, std::memory_order_release);
  while (under_way_.load(std::memory_order_acquire) > 0 && std::chrono::steady_clock::now() < deadline) std::this_thread::sleep_for(kLook);
}

}  // namespace weft
