#include "cli/draining_handler.h"

#include "platform/http/problem.h"

namespace weft {

namespace {

bool is_for_machines(std::string_view path) { return path == "/healthz" || path == "/readyz" || path == "/metrics"; }

// One piece of work under way.
class Work {
 public:
  explicit Work(WorkUnderWay& all) : all_(&all) { all_->begin(); }
  Work(Work&& other) noexcept : all_(std::exchange(other.all_, nullptr)) {}
  Work& operator=(Work&&) = delete;
  Work(const Work&) = delete;
  ~Work() {
    if (all_ != nullptr) all_->end();
  }

 private:
  WorkUnderWay* all_;
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

void WorkUnderWay::begin() {
  const std::scoped_lock lock(mutex_);
  ++count_;
}

void WorkUnderWay::end() {
  const std::scoped_lock lock(mutex_);
  if (--count_ == 0) ended_.notify_all();
}

bool WorkUnderWay::await_none(std::chrono::steady_clock::time_point deadline) {
  std::unique_lock lock(mutex_);
  return ended_.wait_until(lock, deadline, [this] { return count_ == 0; });
}

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
  (void)under_way_.await_none(deadline);  // what is left is cut by whoever stops the server
}

}  // namespace weft
