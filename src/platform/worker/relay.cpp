#include "platform/worker/relay.h"

#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <string>

#include "base/caught.h"
#include "platform/worker/upstream.h"

namespace weft {
namespace {

constexpr std::size_t kMaxConnections = 32;  // DuckDB opens one for each of its threads
constexpr std::size_t kBufferBytes = 64U << 10;
constexpr std::uint32_t kMaxStartupBytes = 10'000;  // as PostgreSQL itself
constexpr std::size_t kMaxGreetingBytes = 16U << 10;
constexpr std::size_t kGreetingPart = 4096;

// Codes in the place of a protocol version.
constexpr std::uint32_t kCancelRequest = 80877102, kTlsRequest = 80877103, kGssRequest = 80877104;

std::uint32_t number_at(const std::string& bytes, std::size_t at) {
  std::uint32_t number = 0;
  for (std::size_t end = at + 4; at < end; ++at) number = number << 8 | static_cast<unsigned char>(bytes[at]);
  return number;
}

// A FATAL ErrorResponse with the state for "the client could not connect".
std::string error_response(const Error& error) {
  const std::string fields[] = {"SFATAL", "VFATAL", "C08001", "M" + error.message, "H" + error.hint};
  std::string body;
  for (const auto& field : fields) body.append(field).push_back('\0');
  body.push_back('\0');
  const auto length = static_cast<std::uint32_t>(body.size() + 4);
  std::string message = "E";
  for (int shift = 24; shift >= 0; shift -= 8) message.push_back(static_cast<char>(length >> shift));
  return message + body;
}

// Over TLS the server offers a login that is bound to the TLS connection, which the worker does not have: it must not hear
// of it. True once `bytes` holds the server's request for authentication, changed where needed, or its refusal.
bool without_channel_binding(std::string& bytes) {
  constexpr char kAuthentication = 'R', kNegotiation = 'v';
  constexpr std::uint32_t kMechanisms = 10;
  constexpr std::string_view kBound = "SCRAM-SHA-256-PLUS";
  std::size_t at = 0;
  while (bytes.size() >= at + 5) {
    const std::size_t length = number_at(bytes, at + 1);
    if (length < 4 || bytes.size() < at + 1 + length) return false;
    if (bytes[at] == kNegotiation) {  // which version it speaks; the request follows
      at += 1 + length;
      continue;
    }
    if (bytes[at] != kAuthentication || length < 8 || number_at(bytes, at + 5) != kMechanisms) return true;
    const auto bound = bytes.find(std::string(kBound) + '\0', at + 9);
    if (bound >= at + 1 + length) return true;
    bytes.erase(bound, kBound.size() + 1);
    const auto shorter = static_cast<std::uint32_t>(length - kBound.size() - 1);
    for (int byte = 0; byte < 4; ++byte) bytes[at + 1 + byte] = static_cast<char>(shorter >> (24 - 8 * byte));
    return true;
  }
  return false;
}

// Bytes on their way in one direction.
class Buffer {
 public:
  [[nodiscard]] bool empty() const { return begin_ == end_; }
  [[nodiscard]] std::span<char> room() { return bytes_; }
  [[nodiscard]] std::span<const char> rest() const { return std::span(bytes_).subspan(begin_, end_ - begin_); }
  void filled(std::size_t count) { begin_ = 0, end_ = count; }
  void taken(std::size_t count) { begin_ += count; }

 private:
  std::size_t begin_ = 0, end_ = 0;
  std::array<char, kBufferBytes> bytes_;
};

}  // namespace

// One connection of the worker, on a thread of its own.
class Relay::Connection {
 public:
  Connection(Relay& relay, FileDescriptor worker)
      : relay_(relay), worker_(std::move(worker)), thread_([this] {
          // What it throws ends this connection and no other; the hang-up tells the worker.
          (void)caught([this]() -> Result<void> {
            serve();
            return {};
          });
          worker_.reset();
          done_.store(true);
        }) {}
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection() { thread_.join(); }

  [[nodiscard]] bool done() const { return done_.load(); }

 private:
  void serve() {
    sigset_t broken_pipe;  // OpenSSL writes to sockets without MSG_NOSIGNAL
    ::sigemptyset(&broken_pipe);
    ::sigaddset(&broken_pipe, SIGPIPE);
    ::pthread_sigmask(SIG_BLOCK, &broken_pipe, nullptr);
    const auto startup = read_startup();
    if (startup.empty()) return;
    auto upstream = Upstream::connect(relay_.target_, relay_.policy_, relay_.stop_.get());
    relay_.note(upstream ? std::nullopt : std::optional(upstream.error()));
    if (!upstream) {
      const auto message = error_response(upstream.error());
      (void)::send(worker_.get(), message.data(), message.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      return;
    }
    pass_on(*upstream, startup);
  }

  // The first message of the protocol; empty if it is none: other programs' hopes on other sockets (a name service's
  // cache, say) end here as well.
  std::string read_startup() {
    while (true) {
      std::string bytes;
      if (!read_exactly(bytes, 8)) return {};
      const auto length = number_at(bytes, 0), code = number_at(bytes, 4);
      if (length < 8 || length > kMaxStartupBytes || !read_exactly(bytes, length)) return {};
      if (code == kTlsRequest || code == kGssRequest) {
        if (::send(worker_.get(), "N", 1, MSG_NOSIGNAL) != 1) return {};
        continue;
      }
      return code == kCancelRequest || code >> 16 == 3 ? bytes : std::string();
    }
  }

  // Until `bytes` has `size`.
  bool read_exactly(std::string& bytes, std::size_t size) {
    while (bytes.size() < size) {
      std::array<pollfd, 2> waiting{{{worker_.get(), POLLIN, 0}, {relay_.stop_.get(), POLLIN, 0}}};
      if (::poll(waiting.data(), waiting.size(), -1) < 0) continue;
      if (waiting[1].revents != 0) return false;
      std::array<char, 1024> part{};
      const auto got = ::recv(worker_.get(), part.data(), std::min(part.size(), size - bytes.size()), 0);
      if (got <= 0) return false;
      bytes.append(part.data(), static_cast<std::size_t>(got));
    }
    return true;
  }

  // Sends the startup message and takes the server's first answer, changed as the worker must hear it. Empty: there is
  // none, or the worker is gone.
  std::string greet(Upstream& upstream, std::string_view startup) {
    std::string answer, part(kGreetingPart, '\0');
    while (true) {
      short events = 0;
      bool open = true, moved = false;
      std::size_t count = 0;
      if (!startup.empty()) {
        moved = after(upstream.write(startup, count), events, open);
        startup.remove_prefix(count);
      } else {
        moved = after(upstream.read(part, count), events, open);
        answer.append(part, 0, count);
        if (without_channel_binding(answer) || answer.size() > kMaxGreetingBytes) return answer;
      }
      if (!open) return answer;
      if (moved) continue;
      std::array<pollfd, 3> waiting{{{worker_.get(), POLLRDHUP, 0}, {upstream.socket(), events, 0}, {relay_.stop_.get(), POLLIN, 0}}};
      if (::poll(waiting.data(), waiting.size(), -1) < 0) continue;
      if (waiting[0].revents != 0 || waiting[2].revents != 0) return {};
    }
  }

  void pass_on(Upstream& upstream, const std::string& startup) {
    const auto greeting = greet(upstream, startup);
    auto to_server = std::make_unique<Buffer>(), to_worker = std::make_unique<Buffer>();
    if (greeting.empty() || greeting.size() > to_worker->room().size()) return;
    std::ranges::copy(greeting, to_worker->room().begin());
    to_worker->filled(greeting.size());
    bool server_open = true, worker_open = true;
    while ((server_open || !to_worker->empty()) && (worker_open || !to_server->empty())) {
      // What can go on goes on; only when nothing moves we wait, for what the two sides said they need.
      short server_events = 0, worker_events = 0;
      bool moved = false;
      if (to_worker->empty() && server_open) moved |= read_server(upstream, *to_worker, server_events, server_open);
      if (!to_worker->empty()) moved |= write_worker(*to_worker, worker_events, worker_open);
      if (to_server->empty() && worker_open) moved |= read_worker(*to_server, worker_events, worker_open);
      if (!to_server->empty()) moved |= write_server(upstream, *to_server, server_events);
      if (moved) continue;
      std::array<pollfd, 3> waiting{
          {{worker_.get(), worker_events, 0}, {upstream.socket(), server_events, 0}, {relay_.stop_.get(), POLLIN, 0}}};
      if (worker_events == 0) waiting[0].fd = -1;  // else a hang-up would wake us again and again
      if (server_events == 0) waiting[1].fd = -1;
      if (::poll(waiting.data(), waiting.size(), -1) < 0) continue;
      if (waiting[2].revents != 0) return;
    }
    upstream.say_goodbye();
  }

  static bool after(Upstream::Outcome outcome, short& events, bool& open) {
    switch (outcome) {
      case Upstream::Outcome::Done: return true;
      case Upstream::Outcome::WantsRead: events = static_cast<short>(events | POLLIN); return false;
      case Upstream::Outcome::WantsWrite: events = static_cast<short>(events | POLLOUT); return false;
      case Upstream::Outcome::Closed: open = false; return true;
    }
    return false;
  }
  static bool read_server(Upstream& upstream, Buffer& buffer, short& events, bool& open) {
    std::size_t count = 0;
    const auto outcome = upstream.read(buffer.room(), count);
    if (outcome == Upstream::Outcome::Done) buffer.filled(count);
    return after(outcome, events, open);
  }
  // A server that takes nothing more may have left a last word (why it ends the session): reading tells when it is over.
  static bool write_server(Upstream& upstream, Buffer& buffer, short& events) {
    std::size_t count = 0;
    bool listens = true;
    const bool moved = after(upstream.write(buffer.rest(), count), events, listens);
    buffer.taken(listens ? count : buffer.rest().size());
    return moved;
  }
  bool read_worker(Buffer& buffer, short& events, bool& open) const {
    const auto got = ::recv(worker_.get(), buffer.room().data(), buffer.room().size(), MSG_DONTWAIT);
    if (got > 0) buffer.filled(static_cast<std::size_t>(got));
    return after(outcome_of(got, Upstream::Outcome::WantsRead), events, open);
  }
  bool write_worker(Buffer& buffer, short& events, bool& open) const {
    const auto rest = buffer.rest();
    const auto sent = ::send(worker_.get(), rest.data(), rest.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent > 0) buffer.taken(static_cast<std::size_t>(sent));
    const auto outcome = outcome_of(sent, Upstream::Outcome::WantsWrite);
    if (outcome == Upstream::Outcome::Closed) buffer.taken(rest.size());  // nobody is left to hear it
    return after(outcome, events, open);
  }
  static Upstream::Outcome outcome_of(ssize_t result, Upstream::Outcome wants) {
    if (result > 0) return Upstream::Outcome::Done;
    return result < 0 && (errno == EAGAIN || errno == EINTR) ? wants : Upstream::Outcome::Closed;
  }

  Relay& relay_;
  FileDescriptor worker_;
  std::atomic<bool> done_{false};
  std::thread thread_;  // last: it uses the others
};

Relay::Relay(RelayTarget target, AddressPolicy policy)
    : target_(std::move(target)), policy_(std::move(policy)), stop_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

Relay::~Relay() {
  const std::uint64_t one = 1;
  (void)!::write(stop_.get(), &one, sizeof(one));
  connections_.clear();
}

FileDescriptor Relay::connect() {
  const std::lock_guard lock(mutex_);
  std::erase_if(connections_, [](const auto& connection) { return connection->done(); });
  std::array<int, 2> pair{};
  if (!stop_.valid() || connections_.size() >= kMaxConnections) return {};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair.data()) != 0) return {};
  FileDescriptor worker(pair[0]);
  FileDescriptor ours(pair[1]);
  // The clients that we have mind a socket that blocks, not one that doesn't.
  ::fcntl(worker.get(), F_SETFL, O_NONBLOCK);
  connections_.push_back(std::make_unique<Connection>(*this, std::move(ours)));
  return worker;
}

std::optional<Error> Relay::failure() const {
  const std::lock_guard lock(mutex_);
  return failure_;
}

void Relay::note(std::optional<Error> failure) {
  const std::lock_guard lock(mutex_);
  failure_ = std::move(failure);
}

}  // namespace weft
