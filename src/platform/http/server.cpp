// g++ 12 takes the coroutine frame's own operator delete for a mismatch once it inlines it.
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"

#include "platform/http/server.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <future>

#include "platform/http/connection.h"
#include "platform/http/io_thread.h"
#include "platform/http/server_state.h"

namespace weft::http {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

// So many connections beyond the limit are told 503; further ones wait in the kernel's queue.
constexpr int kToldFull = 64;
constexpr std::chrono::milliseconds kAcceptPause{20};
constexpr std::chrono::milliseconds kPauseAfterFailure{500};  // out of descriptors, say: it is also a line in the log

// A tenth of the shortest time-out, so that none is noticed much too late.
std::chrono::milliseconds tick_of(const ServerOptions& options) {
  const auto shortest = std::min({options.head_timeout, options.body_timeout, options.idle_timeout, options.write_timeout});
  return std::clamp(shortest / 10, std::chrono::milliseconds(5), std::chrono::milliseconds(250));
}

std::vector<std::unique_ptr<IoThread>> start_threads(const ServerOptions& options) {
  std::vector<std::unique_ptr<IoThread>> threads;
  for (int i = 0; i < std::max(options.io_threads, 1); ++i) {
    threads.push_back(std::make_unique<IoThread>(tick_of(options)));
  }
  return threads;
}

class RunningServer final : public Server {
 public:
  explicit RunningServer(std::unique_ptr<ServerState> state) : state_(std::move(state)), threads_(start_threads(state_->options)) {}
  ~RunningServer() override { drain(std::chrono::milliseconds(0)); }

  Result<void> listen();
  void start_accepting();

  std::uint16_t port() const override { return port_; }
  std::vector<PoolState> pools() const override {
    std::vector<PoolState> states;
    for (const auto& pool : state_->pools) states.push_back(pool.state());
    return states;
  }
  int connections() const override { return state_->connections(); }
  void drain(std::chrono::milliseconds grace) override;

 private:
  Result<tcp::endpoint> resolve();
  asio::awaitable<void> accept_connections();
  void stop_accepting();
  asio::io_context& accepting_context() { return threads_.front()->context(); }

  std::unique_ptr<ServerState> state_;
  std::vector<std::unique_ptr<IoThread>> threads_;
  tcp::acceptor acceptor_{accepting_context()};
  std::uint16_t port_ = 0;
  std::mutex draining_;
  bool drained_ = false;
};

Result<tcp::endpoint> RunningServer::resolve() {
  const auto& options = state_->options;
  error_code failed;
  const auto address = asio::ip::make_address(options.host, failed);
  if (!failed) return tcp::endpoint(address, options.port);
  tcp::resolver resolver(accepting_context());
  const auto found = resolver.resolve(options.host, fmt::to_string(options.port), tcp::resolver::passive, failed);
  if (failed || found.empty()) {
    return fail(ErrorKind::Invalid, "server.bind_failed", fmt::format("The host '{}' has no address.", options.host),
                "Listen on an address of this machine, such as 127.0.0.1, or on 0.0.0.0 for all.");
  }
  return found.begin()->endpoint();
}

Result<void> RunningServer::listen() {
  const auto endpoint = TRY(resolve());
  error_code failed;
  acceptor_.open(endpoint.protocol(), failed);
  if (!failed) acceptor_.set_option(asio::socket_base::reuse_address(true), failed);
  if (!failed) acceptor_.bind(endpoint, failed);
  if (!failed) acceptor_.listen(asio::socket_base::max_listen_connections, failed);
  if (failed == asio::error::address_in_use) {
    return fail(ErrorKind::Conflict, "server.address_in_use",
                fmt::format("Port {} of {} is in use.", endpoint.port(), endpoint.address().to_string()),
                "Stop what listens there, or choose another port.");
  }
  if (failed) {
    return fail(ErrorKind::Invalid, "server.bind_failed",
                fmt::format("Can't listen on port {} of {}: {}.", endpoint.port(), endpoint.address().to_string(), failed.message()));
  }
  port_ = acceptor_.local_endpoint(failed).port();
  return {};
}

void RunningServer::start_accepting() {
  asio::co_spawn(accepting_context(), [this] { return accept_connections(); }, asio::detached);
}

asio::awaitable<void> RunningServer::accept_connections() {
  asio::steady_timer pause(accepting_context());
  std::size_t turn = 0;
  while (!state_->draining) {
    error_code failed;
    if (state_->connections() >= state_->options.max_connections + kToldFull) {
      pause.expires_after(kAcceptPause);
      co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, failed));
      continue;
    }
    auto& thread = *threads_[turn++ % threads_.size()];
    auto socket = co_await acceptor_.async_accept(thread.context(), asio::redirect_error(asio::use_awaitable, failed));
    if (!acceptor_.is_open()) break;
    if (failed) {
      if (failed == asio::error::connection_aborted) continue;
      state_->log_failure(fmt::format("can't accept a connection: {}", failed.message()));
      pause.expires_after(kPauseAfterFailure);
      co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, failed));
      continue;
    }
    const bool full = state_->connections() >= state_->options.max_connections;
    start_connection(*state_, thread, std::move(socket), full ? Room::Full : Room::Free);
  }
}

void RunningServer::stop_accepting() {
  std::promise<void> closed;
  asio::post(accepting_context(), [&] {
    error_code ignored;
    acceptor_.close(ignored);
    closed.set_value();
  });
  closed.get_future().wait();
}

void RunningServer::drain(std::chrono::milliseconds grace) {
  const std::lock_guard lock(draining_);
  if (std::exchange(drained_, true)) return;
  const auto deadline = std::chrono::steady_clock::now() + grace;
  state_->draining = true;
  stop_accepting();
  for (auto& thread : threads_) thread->ask_idle_to_leave();
  if (!state_->wait_until_closed(deadline)) {
    for (auto& thread : threads_) thread->cut_all();
    state_->wait_until_closed(std::nullopt);
  }
  for (auto& pool : state_->pools) pool.stop();
  for (auto& thread : threads_) thread->stop();
}

}  // namespace

Result<std::unique_ptr<Server>> start_server(const ServerOptions& options, Handler& handler, const Clock& clock,
                                             ExchangeObserver observer) {
  auto trusted = TRY(TrustedProxies::parse(options.trusted_proxies));
  TlsContext tls;
  if (!options.certificate_file.empty() || !options.key_file.empty()) {
    if (options.certificate_file.empty() || options.key_file.empty()) {
      return fail(ErrorKind::Invalid, "server.certificate", "A certificate needs its key, and a key its certificate.",
                  "Name both files, or neither.");
    }
    tls = TRY(load_tls(options.certificate_file, options.key_file));
  }
  auto state = std::make_unique<ServerState>(options, handler, clock, std::move(observer), std::move(trusted), std::move(tls));
  auto server = std::make_unique<RunningServer>(std::move(state));
  CHECK(server->listen());
  server->start_accepting();
  return server;
}

}  // namespace weft::http
