// g++ 12 takes the coroutine frame's own operator delete for a mismatch once it inlines it.
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"

#include "platform/http/connection.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>

#include "base/id.h"
#include "platform/http/ask_handler.h"
#include "platform/http/client_socket.h"
#include "platform/http/field.h"
#include "platform/http/problem.h"
#include "platform/http/request_parser.h"
#include "platform/http/run_on.h"

namespace weft::http {

namespace asio = boost::asio;
using asio::ip::tcp;
using SteadyTime = std::chrono::steady_clock::time_point;

namespace {

constexpr std::size_t kHeadReadBytes = 4 * 1024;
constexpr std::size_t kBodyReadBytes = 64 * 1024;
constexpr std::uint64_t kMaxDiscardedBodyBytes = 64 * 1024;  // read past to keep a connection whose request is refused
constexpr std::chrono::milliseconds kIdleTimeoutWhenCrowded{5'000};
constexpr std::chrono::milliseconds kMaxLinger{2'000};
constexpr std::chrono::milliseconds kMaxLingerOfDraining{200};
constexpr std::uint64_t kMinBodyBytesPerSecond = 1024;
constexpr std::size_t kMaxRequestIdBytes = 64;
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

Rejection rejection(int status, ErrorKind kind, std::string id, std::string message, std::string hint = {}) {
  auto error = make_error(kind, std::move(id), std::move(message));
  error.hint = std::move(hint);
  return {status, std::move(error)};
}

Rejection busy() {
  return rejection(503, ErrorKind::Unavailable, "server.busy", "The server has more requests than it can queue.", "Try again in a second.");
}

bool is_plain_request_id(std::string_view id) { return id.size() <= kMaxRequestIdBytes && is_token(id); }

class Connection final : public LiveConnection, public std::enable_shared_from_this<Connection> {
 public:
  Connection(ServerState& state, IoThread& thread, tcp::socket socket, Room room)
      : state_(state), thread_(thread), socket_(std::move(socket), state.tls.get()), room_(room) {}

  asio::awaitable<void> run();
  void ended(std::exception_ptr failure);

  void expire_if_due(SteadyTime now) override;
  void leave_if_idle() override;
  void cut() override {
    client_left_->cancel();
    socket_.cut();
  }

 private:
  using Read = ClientSocket::Read;
  enum class Next { Request, Close };
  // What came of waiting for a head or a body.
  struct Arrival {
    enum class Kind { Complete, Rejected, Gone } kind = Kind::Complete;
    Rejection rejection;  // why, when Rejected
  };
  static Arrival rejected(Rejection reason) { return {Arrival::Kind::Rejected, std::move(reason)}; }
  static Arrival gone() { return {Arrival::Kind::Gone, {}}; }

  // The way of one request.
  asio::awaitable<Next> serve_request();
  asio::awaitable<Next> serve_complete_head(RequestParser& parser);
  asio::awaitable<Arrival> read_head(RequestParser& parser);
  asio::awaitable<Arrival> read_body(RequestParser& parser, std::uint64_t max_bytes, ServerState::BodyShare& share, std::string& body);
  asio::awaitable<Next> run_handler(const IncomingHead& incoming, WorkPool& pool, ServerState::BodyShare& share, std::string&& body);
  asio::awaitable<Next> refuse(RequestParser& parser, Response response, WorkPool& pool);
  asio::awaitable<Next> reject(const IncomingHead& incoming, Rejection reason, Persistence wanted);
  asio::awaitable<Next> send(const IncomingHead& incoming, Answer& answer, WorkPool& pool);
  asio::awaitable<bool> discard_body(RequestParser& parser);
  Answer make_answer(const IncomingHead& incoming, Response&& response, Persistence wanted) const;
  void complete_head(IncomingHead& incoming);
  [[nodiscard]] std::chrono::milliseconds idle_timeout() const;
  void observe(const IncomingHead& incoming, int status, std::uint64_t body_bytes, const std::string& route) const;

  ServerState& state_;
  IoThread& thread_;
  ClientSocket socket_;
  const Room room_;
  Client peer_;
  std::string buffer_;    // read, not yet parsed
  bool idle_ = false;     // between requests
  bool working_ = false;  // a request of it is on a pool
  const std::shared_ptr<Cancel> client_left_ = std::make_shared<Cancel>();
  SteadyTime request_started_{};
};

void Connection::expire_if_due(SteadyTime now) {
  socket_.expire_if_due(now);
  // While a handler works nobody reads the socket, so somebody has to look.
  if (working_ && socket_.is_left()) client_left_->cancel();
}

void Connection::leave_if_idle() {
  // A request whose first bytes have arrived is not idle, only unread.
  if (idle_ && !socket_.has_unread_bytes()) socket_.expire();
}

// ---- From accept to close

asio::awaitable<void> Connection::run() {
  thread_.add(*this);
  auto address = socket_.peer_address();
  if (!address || state_.draining) co_return;
  peer_.address = *std::move(address);
  if (socket_.is_secure()) {
    peer_.scheme = Scheme::Secure;
    socket_.set_deadline(state_.options.head_timeout);
    const bool agreed = co_await socket_.shake_hands();
    if (!agreed) co_return;
  }
  auto next = Next::Request;
  while (next == Next::Request) next = co_await serve_request();
}

void Connection::ended(std::exception_ptr failure) {
  if (failure) {
    try {
      std::rethrow_exception(failure);
    } catch (const std::exception& exception) {
      state_.log_failure(fmt::format("a connection of {} ended by {}", peer_.address, exception.what()));
    }
  }
  socket_.close();
  thread_.remove(*this);
}

// ---- One request

asio::awaitable<Connection::Next> Connection::serve_request() {
  if (buffer_.empty() && buffer_.capacity() > kHeadReadBytes * 4) buffer_ = std::string();
  RequestParser parser(state_.options.max_head_bytes);
  auto arrival = co_await read_head(parser);
  if (arrival.kind == Arrival::Kind::Gone) co_return Next::Close;
  request_started_ = std::chrono::steady_clock::now();
  complete_head(parser.incoming());
  auto next = Next::Close;
  if (arrival.kind == Arrival::Kind::Rejected) {
    next = co_await reject(parser.incoming(), std::move(arrival.rejection), Persistence::Close);
  } else {
    next = co_await serve_complete_head(parser);
  }
  co_return next;
}

asio::awaitable<Connection::Arrival> Connection::read_head(RequestParser& parser) {
  if (buffer_.empty()) {
    if (state_.draining) co_return gone();
    idle_ = true;
    socket_.set_deadline(idle_timeout());
    const auto first = co_await socket_.read(buffer_, kHeadReadBytes);
    idle_ = false;
    if (first != Read::Bytes) co_return gone();
  }
  socket_.set_deadline(state_.options.head_timeout);
  while (true) {
    auto parsed = parser.parse_head(buffer_);
    if (!parsed) co_return rejected(std::move(parsed).error());
    if (parsed->state == RequestParser::Progress::State::Complete) {
      buffer_.erase(0, parsed->consumed);
      socket_.clear_deadline();
      co_return Arrival{};
    }
    const auto more = co_await socket_.read(buffer_, kHeadReadBytes);
    if (socket_.is_cut()) co_return gone();
    if (more == Read::TimedOut) {
      co_return rejected(rejection(408, ErrorKind::Timeout, "request.head_timeout", "The head of the request took too long."));
    }
    if (more == Read::Ended) {
      co_return rejected(rejection(400, ErrorKind::Invalid, "request.incomplete", "The request ends within its head."));
    }
  }
}

// Where places are few, who keeps one without using it gives it up soon.
std::chrono::milliseconds Connection::idle_timeout() const {
  const auto& options = state_.options;
  const bool crowded = state_.connections() > options.max_connections / 4 * 3;
  return crowded ? std::min(options.idle_timeout, kIdleTimeoutWhenCrowded) : options.idle_timeout;
}

void Connection::complete_head(IncomingHead& incoming) {
  auto& head = incoming.head;
  auto client = client_of(state_.trusted_proxies, peer_, head.headers);
  head.peer_address = std::move(client.address);
  head.secure = client.scheme == Scheme::Secure;
  head.received_at = state_.clock.now();
  const auto given = head.header("x-request-id");
  head.request_id = given && is_plain_request_id(*given) ? std::string(*given) : new_uuid(head.received_at);
}

asio::awaitable<Connection::Next> Connection::serve_complete_head(RequestParser& parser) {
  auto& incoming = parser.incoming();
  if (room_ == Room::Full) {
    const auto next = co_await reject(incoming,
                                      rejection(503, ErrorKind::Unavailable, "server.too_many_connections",
                                                "The server has as many connections as it takes.", "Try again in a second."),
                                      Persistence::Close);
    co_return next;
  }
  auto admission = ask_admission(state_, incoming.head);
  auto& pool = state_.pool(admission.pool);
  if (admission.answer) {
    const auto next = co_await refuse(parser, std::move(*admission.answer), pool);
    co_return next;
  }
  if (incoming.head.content_length.value_or(0) > admission.max_body_bytes) {
    const auto next = co_await reject(incoming, body_too_large(admission.max_body_bytes), Persistence::Close);
    co_return next;
  }

  ServerState::BodyShare share(state_);
  std::string body;
  auto arrival = co_await read_body(parser, admission.max_body_bytes, share, body);
  if (arrival.kind == Arrival::Kind::Gone) {
    observe(incoming, 0, 0, {});
    co_return Next::Close;
  }
  if (arrival.kind == Arrival::Kind::Rejected) {
    const auto next = co_await reject(incoming, std::move(arrival.rejection), Persistence::Close);
    co_return next;
  }
  if (!pool.try_reserve()) {
    const auto next = co_await reject(incoming, busy(), Persistence::KeepAlive);
    co_return next;
  }
  const auto next = co_await run_handler(incoming, pool, share, std::move(body));
  co_return next;
}

asio::awaitable<Connection::Arrival> Connection::read_body(RequestParser& parser, std::uint64_t max_bytes, ServerState::BodyShare& share,
                                                           std::string& body) {
  const auto& incoming = parser.incoming();
  if (incoming.framing == IncomingHead::Framing::NoBody) co_return Arrival{};
  if (incoming.expectation == IncomingHead::Expectation::Continue && buffer_.empty()) {
    const auto written = co_await socket_.write(ClientSocket::Pieces{kContinue}, state_.options.write_timeout);
    if (written < kContinue.size()) co_return gone();
  }
  const auto started = std::chrono::steady_clock::now();
  while (true) {
    const auto parsed = parser.parse_body(buffer_, max_bytes, body);
    if (!parsed) co_return rejected(parsed.error());
    buffer_.erase(0, parsed->consumed);
    if (!share.grow_to(body.size())) {
      co_return rejected(rejection(503, ErrorKind::Unavailable, "server.busy", "The server holds as many bytes of requests as it takes.",
                                   "Try again in a second."));
    }
    if (parsed->state == RequestParser::Progress::State::Complete) {
      socket_.clear_deadline();
      co_return Arrival{};
    }
    // A trickle of bytes keeps a connection no longer than a body of that size deserves.
    const auto deserved = state_.options.body_timeout + std::chrono::seconds(body.size() / kMinBodyBytesPerSecond);
    socket_.set_deadline(std::min(std::chrono::steady_clock::now() + state_.options.body_timeout, started + deserved));
    const auto more = co_await socket_.read(buffer_, kBodyReadBytes);
    if (more == Read::TimedOut && !socket_.is_cut()) {
      co_return rejected(rejection(408, ErrorKind::Timeout, "request.body_timeout", "The body of the request took too long."));
    }
    if (more != Read::Bytes) co_return gone();
  }
}

asio::awaitable<Connection::Next> Connection::run_handler(const IncomingHead& incoming, WorkPool& pool, ServerState::BodyShare& share,
                                                          std::string&& body) {
  std::optional<Answer> answer;
  working_ = true;
  co_await run_on(pool, Turn::New, [&]() noexcept {
    if (socket_.is_cut()) return;
    answer.emplace(make_answer(incoming, ask_answer(state_, incoming.head, std::move(body), client_left_), Persistence::KeepAlive));
  });
  working_ = false;
  share.release();
  if (!answer) {
    observe(incoming, 0, 0, {});
    co_return Next::Close;
  }
  const auto next = co_await send(incoming, *answer, pool);
  co_return next;
}

Answer Connection::make_answer(const IncomingHead& incoming, Response&& response, Persistence wanted) const {
  if (state_.draining) wanted = Persistence::Close;
  Answer answer(state_.settings, incoming, std::move(response), wanted, state_.clock.now());
  if (!answer.failure().empty()) {
    state_.log_failure(fmt::format("request {}: {}", incoming.head.request_id, answer.failure()));
  }
  return answer;
}

// Answers without the body having been read.
asio::awaitable<Connection::Next> Connection::refuse(RequestParser& parser, Response response, WorkPool& pool) {
  const auto& incoming = parser.incoming();
  // Who expects 100-continue may or may not send the body after a refusal: nobody can tell where the next request starts.
  const bool skippable = incoming.framing == IncomingHead::Framing::NoBody ||
                         (incoming.framing == IncomingHead::Framing::Length && incoming.expectation == IncomingHead::Expectation::None &&
                          incoming.head.content_length.value_or(0) <= kMaxDiscardedBodyBytes);
  const auto wanted = skippable ? Persistence::KeepAlive : Persistence::Close;
  std::optional<Answer> answer;
  if (std::holds_alternative<std::unique_ptr<BodyStream>>(response.body)) {
    co_await run_on(pool, Turn::More, [&]() noexcept { answer.emplace(make_answer(incoming, std::move(response), wanted)); });
  } else {
    answer.emplace(make_answer(incoming, std::move(response), wanted));
  }
  const auto next = co_await send(incoming, *answer, pool);
  if (next == Next::Close) co_return Next::Close;
  const bool discarded = co_await discard_body(parser);
  co_return discarded ? Next::Request : Next::Close;
}

asio::awaitable<bool> Connection::discard_body(RequestParser& parser) {
  if (parser.incoming().framing == IncomingHead::Framing::NoBody) co_return true;
  std::string discarded;
  socket_.set_deadline(state_.options.body_timeout);
  while (true) {
    const auto parsed = parser.parse_body(buffer_, kMaxDiscardedBodyBytes, discarded);
    if (!parsed) co_return false;
    buffer_.erase(0, parsed->consumed);
    if (parsed->state == RequestParser::Progress::State::Complete) {
      socket_.clear_deadline();
      co_return true;
    }
    const auto more = co_await socket_.read(buffer_, kBodyReadBytes);
    if (more != Read::Bytes) co_return false;
  }
}

asio::awaitable<Connection::Next> Connection::reject(const IncomingHead& incoming, Rejection reason, Persistence wanted) {
  auto answer = make_answer(incoming, problem_with_status(reason.status, reason.error, incoming.head), wanted);
  const auto next = co_await send(incoming, answer, state_.pool(Pool::Control));
  co_return next;
}

asio::awaitable<Connection::Next> Connection::send(const IncomingHead& incoming, Answer& answer, WorkPool& pool) {
  std::uint64_t written_in_all = 0;
  bool complete = false;
  while (true) {
    const auto pieces = answer.pieces();
    std::size_t size = 0;
    for (const auto piece : pieces) size += piece.size();
    const auto written = co_await socket_.write(pieces, state_.options.write_timeout);
    answer.count_written(written);
    written_in_all += written;
    if (written < size) break;
    complete = answer.state() == Answer::State::Last;
    if (answer.state() != Answer::State::MoreLater) break;
    working_ = true;
    co_await run_on(pool, Turn::More, [&]() noexcept {
      if (!socket_.is_cut()) answer.advance();
    });
    working_ = false;
    if (socket_.is_cut()) break;
    if (answer.state() == Answer::State::Broken) {
      state_.log_failure(fmt::format("request {}: {}", incoming.head.request_id, answer.failure()));
      break;
    }
  }
  if (answer.has_stream()) {
    const auto end = complete ? StreamEnd::Complete : StreamEnd::Abandoned;
    co_await run_on(pool, Turn::More, [&]() noexcept { answer.finish(end); });
  }
  observe(incoming, written_in_all == 0 ? 0 : answer.status(), answer.body_bytes(), answer.route());
  if (!complete) {
    // A reset, so that no client takes a part for the whole.
    socket_.reset_on_close();
    co_return Next::Close;
  }
  if (answer.persistence() == Persistence::KeepAlive) co_return Next::Request;
  co_await socket_.linger(state_.draining ? kMaxLingerOfDraining : kMaxLinger);
  co_return Next::Close;
}

void Connection::observe(const IncomingHead& incoming, int status, std::uint64_t body_bytes, const std::string& route) const {
  if (!state_.observer) return;
  const auto elapsed = std::chrono::steady_clock::now() - request_started_;
  state_.observer(
      Exchange{incoming.head, status, body_bytes, std::chrono::duration_cast<std::chrono::microseconds>(elapsed).count(), route});
}

}  // namespace

void start_connection(ServerState& state, IoThread& thread, tcp::socket socket, Room room) {
  state.count_opened();
  auto connection = std::make_shared<Connection>(state, thread, std::move(socket), room);
  asio::co_spawn(
      thread.context(), [connection] { return connection->run(); },
      [connection, &state](std::exception_ptr failure) mutable {
        connection->ended(failure);
        connection.reset();
        state.count_closed();
      });
}

}  // namespace weft::http
