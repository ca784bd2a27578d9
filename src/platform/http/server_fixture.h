// For tests of the server: a handler made of functions, and a client that is nothing but a socket, so that it can
// misbehave.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <charconv>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <span>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "base/json.h"
#include "platform/http/field.h"
#include "platform/http/server.h"

namespace weft::http {

inline constexpr std::chrono::seconds kPatience{30};  // after which a test fails instead of hanging

// Waits for a state, not for the clock. False when it does not come.
template <typename Condition>
[[nodiscard]] bool eventually(Condition condition) {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

// Closed until opened; who waits for it goes on then.
class Gate {
 public:
  void open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    opened_.notify_all();
  }
  void wait() {
    std::unique_lock lock(mutex_);
    ++waiting_;
    opened_.wait_for(lock, kPatience, [this] { return open_; });
    --waiting_;
  }
  [[nodiscard]] int waiting() {
    const std::lock_guard lock(mutex_);
    return waiting_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable opened_;
  bool open_ = false;
  int waiting_ = 0;
};

struct Reply {
  int status = 0;
  Headers headers;
  std::string body;  // without chunks
  [[nodiscard]] std::string header(std::string_view name) const { return std::string(find_field(headers, name).value_or("(none)")); }
};

class SocketClient {
 public:
  // `receive_buffer` 0: the kernel's choice.
  explicit SocketClient(std::uint16_t port, int receive_buffer = 0) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    if (receive_buffer > 0) set(SOL_SOCKET, SO_RCVBUF, receive_buffer);
    set(IPPROTO_TCP, TCP_NODELAY, 1);
    const timeval patience{kPatience.count(), 0};
    setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
      close();
      throw std::runtime_error("can't connect");
    }
  }
  SocketClient(const SocketClient&) = delete;
  SocketClient& operator=(const SocketClient&) = delete;
  virtual ~SocketClient() { close(); }

  // False when the server takes no more.
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto sent = write_some(bytes);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }
  void half_close() const { ::shutdown(socket_, SHUT_WR); }
  // Leaves with a reset, as a client that crashes.
  void vanish() {
    const linger at_once{1, 0};
    setsockopt(socket_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close();
  }

  enum class Body { AsFramed, None };
  // The next answer; status 0 when the connection ended before its end.
  Reply receive(Body body = Body::AsFramed) {
    Reply reply;
    const auto end = fill_until("\r\n\r\n");
    if (end == std::string::npos) return {};
    const std::string head = buffer_.substr(0, end + 2);
    buffer_.erase(0, end + 4);
    const auto status = std::string_view(head).substr(9, 3);
    std::from_chars(status.data(), status.data() + 3, reply.status);
    for (auto at = head.find("\r\n") + 2; at < head.size();) {
      const auto line_end = head.find("\r\n", at);
      const auto line = std::string_view(head).substr(at, line_end - at);
      const auto colon = line.find(':');
      reply.headers.emplace_back(line.substr(0, colon), trim(line.substr(colon + 1)));
      at = line_end + 2;
    }
    if (body == Body::None || reply.status == 204 || reply.status == 304 || reply.status < 200) return reply;
    if (reply.header("transfer-encoding") == "chunked") return take_chunks(reply) ? reply : Reply{};
    if (const auto length = find_field(reply.headers, "content-length")) {
      const auto size = std::stoull(std::string(*length));
      while (buffer_.size() < size) {
        if (!fill()) return {};
      }
      reply.body = buffer_.substr(0, size);
      buffer_.erase(0, size);
      return reply;
    }
    while (fill()) {
    }
    reply.body = std::exchange(buffer_, {});
    return reply;
  }

  Reply exchange(std::string_view request) {
    send(request);
    return receive();
  }

  // Reads `size` more bytes and forgets them; false when there are not so many.
  bool skip(std::size_t size) {
    while (buffer_.size() < size) {
      if (!fill()) return false;
    }
    buffer_.erase(0, size);
    return true;
  }

  // Whether the server closes without another byte.
  [[nodiscard]] bool is_closed_by_server() { return buffer_.empty() && !fill() && !timed_out_; }

 protected:
  virtual ssize_t read_some(std::span<char> space) { return ::recv(socket_, space.data(), space.size(), 0); }
  virtual ssize_t write_some(std::string_view bytes) { return ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL); }
  [[nodiscard]] int socket() const { return socket_; }

 private:
  void set(int level, int option, int value) const { setsockopt(socket_, level, option, &value, sizeof value); }
  void close() {
    if (socket_ >= 0) ::close(socket_);
    socket_ = -1;
  }
  bool fill() {
    std::array<char, 16384> bytes;
    const auto size = read_some(bytes);
    if (size < 0 && errno == EAGAIN) {
      timed_out_ = true;
      ADD_FAILURE() << "the server neither answers nor closes";
    }
    if (size <= 0) return false;
    buffer_.append(bytes.data(), static_cast<std::size_t>(size));
    return true;
  }
  std::size_t fill_until(std::string_view end) {
    while (true) {
      if (const auto at = buffer_.find(end); at != std::string::npos) return at;
      if (!fill()) return std::string::npos;
    }
  }
  bool take_chunks(Reply& reply) {
    while (true) {
      const auto line = fill_until("\r\n");
      if (line == std::string::npos) return false;
      const auto size = std::stoull(buffer_.substr(0, line), nullptr, 16);
      buffer_.erase(0, line + 2);
      while (buffer_.size() < size + 2) {
        if (!fill()) return false;
      }
      reply.body += buffer_.substr(0, size);
      buffer_.erase(0, size + 2);
      if (size == 0) return true;
    }
  }

  int socket_;
  std::string buffer_;
  bool timed_out_ = false;
};

// Gives the chunks of a function until it returns none.
class FunctionStream final : public BodyStream {
 public:
  struct Log {
    std::atomic<int> asked{0};
    std::atomic<int> finished{0};
    std::atomic<StreamEnd> end{StreamEnd::Complete};
    std::atomic<std::uint64_t> bytes_sent{0};
  };
  using Next = std::function<Result<bool>(std::string&)>;

  FunctionStream(Next next, Log& log, std::optional<std::uint64_t> length = std::nullopt)
      : next_(std::move(next)), log_(log), length_(length) {}

  Result<bool> next(std::string& chunk) override {
    ++log_.asked;
    return next_(chunk);
  }
  void finished(StreamEnd end, std::uint64_t bytes_sent) noexcept override {
    log_.end = end;
    log_.bytes_sent = bytes_sent;
    ++log_.finished;
  }
  std::optional<std::uint64_t> length() const override { return length_; }

 private:
  Next next_;
  Log& log_;
  std::optional<std::uint64_t> length_;
};

inline Response stream_response(std::string content_type, FunctionStream::Next next, FunctionStream::Log& log,
                                std::optional<std::uint64_t> length = std::nullopt) {
  Response response;
  response.set("Content-Type", std::move(content_type));
  response.body = std::make_unique<FunctionStream>(std::move(next), log, length);
  return response;
}

// Chunks of those texts, in turn.
inline FunctionStream::Next chunks(std::vector<std::string> texts) {
  return [texts = std::move(texts), at = std::size_t{0}](std::string& chunk) mutable -> Result<bool> {
    if (at == texts.size()) return false;
    chunk = texts[at++];
    return true;
  };
}

class FunctionHandler final : public Handler {
 public:
  std::function<Admission(const RequestHead&)> on_admit = [](const RequestHead&) { return Admission{}; };
  std::function<Response(Request&&)> on_handle = [](Request&& request) {
    return text_response(200, "text/plain", request.path + "|" + request.body);
  };

  Admission admit(const RequestHead& head) override { return on_admit(head); }
  Response handle(Request&& request) override { return on_handle(std::move(request)); }
};

class ServerTest : public ::testing::Test {
 protected:
  struct Seen {
    std::string path, route, request_id;
    int status;
    std::uint64_t body_bytes;
  };

  void start() {
    options.port = 0;
    options.log_failure = [this](std::string_view message) {
      const std::lock_guard lock(mutex_);
      failures_.emplace_back(message);
    };
    auto started = start_server(options, handler, clock_, [this](const Exchange& exchange) {
      const std::lock_guard lock(mutex_);
      seen_.push_back({exchange.head.path, exchange.route, exchange.head.request_id, exchange.status, exchange.body_bytes});
    });
    ASSERT_TRUE(started) << started.error().message;
    server = std::move(*started);
  }
  void TearDown() override {
    server.reset();
    for (const auto& seen : seen_) EXPECT_TRUE(seen.status == 0 || (seen.status >= 200 && seen.status <= 599));
  }

  [[nodiscard]] std::vector<Seen> seen() {
    const std::lock_guard lock(mutex_);
    return seen_;
  }
  [[nodiscard]] std::vector<std::string> failures() {
    const std::lock_guard lock(mutex_);
    return failures_;
  }
  [[nodiscard]] PoolState pool(Pool which) const { return server->pools().at(static_cast<std::size_t>(which)); }

  ServerOptions options;
  FunctionHandler handler;
  FunctionStream::Log log;  // outlives the server, as a stream may finish after its client has everything
  std::unique_ptr<Server> server;

 private:
  SystemClock clock_;
  std::mutex mutex_;
  std::vector<Seen> seen_;
  std::vector<std::string> failures_;
};

// The code of a problem, which must be one in every respect.
inline std::string problem_code(const Reply& reply) {
  EXPECT_EQ(reply.header("content-type"), "application/problem+json") << reply.body;
  const auto body = parse_json(reply.body);
  if (!body) return "not JSON";
  EXPECT_EQ(body->at("status").as_int64(), reply.status);
  EXPECT_EQ(body->at("request_id").as_string(), reply.header("x-request-id"));
  return std::string(body->at("code").as_string());
}

}  // namespace weft::http
