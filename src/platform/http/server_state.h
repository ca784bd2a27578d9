// What all connections of one server share. Thread-safe where it changes.
#pragma once

#include <array>
#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "platform/http/answer.h"
#include "platform/http/pool.h"
#include "platform/http/proxy.h"
#include "platform/http/server.h"
#include "platform/http/tls.h"

namespace weft::http {

class ServerState {
 public:
  ServerState(ServerOptions given, Handler& given_handler, const Clock& given_clock, ExchangeObserver given_observer,
              TrustedProxies trusted, TlsContext context)
      : options(std::move(given)),
        settings{options.cors_origins},
        handler(given_handler),
        clock(given_clock),
        observer(std::move(given_observer)),
        trusted_proxies(std::move(trusted)),
        tls(std::move(context)) {}

  const ServerOptions options;
  const AnswerSettings settings;
  Handler& handler;
  const Clock& clock;
  const ExchangeObserver observer;
  const TrustedProxies trusted_proxies;
  const TlsContext tls;  // null: plain HTTP
  std::atomic<bool> draining{false};

  [[nodiscard]] WorkPool& pool(Pool which) { return pools.at(static_cast<std::size_t>(which)); }
  std::array<WorkPool, 4> pools{
      WorkPool("control", options.control_threads, options.control_queue),
      WorkPool("query", options.query_threads, options.query_queue),
      WorkPool("password", options.password_threads, options.password_queue),
      WorkPool("worker", options.worker_threads, options.worker_queue),
  };

  void log_failure(std::string_view message) const;

  [[nodiscard]] int connections() const { return connections_.load(std::memory_order_acquire); }
  void count_opened() { connections_.fetch_add(1, std::memory_order_acq_rel); }
  void count_closed();
  // Whether all connections were closed before `deadline`; without one it waits for as long as it takes.
  bool wait_until_closed(std::optional<std::chrono::steady_clock::time_point> deadline);

  // A part of max_buffered_body_bytes, held by one request until its handler is done with the body.
  class BodyShare {
   public:
    explicit BodyShare(ServerState& state) : state_(state) {}
    BodyShare(const BodyShare&) = delete;
    BodyShare& operator=(const BodyShare&) = delete;
    ~BodyShare() { release(); }
    // False when there is no room; the share is then what it was.
    [[nodiscard]] bool grow_to(std::uint64_t bytes);
    void release() { state_.body_bytes_.fetch_sub(std::exchange(held_, 0), std::memory_order_relaxed); }

   private:
    ServerState& state_;
    std::uint64_t held_ = 0;
  };

 private:
  std::atomic<int> connections_{0};
  std::atomic<std::uint64_t> body_bytes_{0};
  std::mutex mutex_;
  std::condition_variable closed_;
};

}  // namespace weft::http
