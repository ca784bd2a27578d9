// The HTTP/1.1 server: sockets, TLS, time-outs, limits, compression, back pressure. What a request means is the
// handler's business. Asio stays inside this folder.
//
// What it does with every answer: Date, Server, X-Request-Id, Content-Length or chunks, Connection; security headers
// unless the handler set them (the default Content-Security-Policy allows nothing: pages bring their own);
// Cache-Control: no-store below /api and on errors unless set; gzip where asked for and worth it; 304 where the
// request's If-None-Match names the answer's ETag (conditional.h). Of a HEAD it drops the body: handlers answer it as a
// GET. A preflight of an allowed origin (CORS) never reaches the handler.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "platform/http/message.h"

namespace weft::http {

// Bounded worker pools; a full queue answers 503 with Retry-After.
enum class Pool { Control, Query, Password, Worker };

// Decided from the head alone, on an I/O thread: must not block. `Expect: 100-continue` is met only after it.
struct Admission {
  Pool pool = Pool::Control;
  std::uint64_t max_body_bytes = 1 << 20;  // more is 413 before the body is read
  std::optional<Response> answer;          // at hand: a refusal, say. It is sent at once; the body is not read
};

class Handler {
 public:
  virtual ~Handler() = default;
  // What either of the two throws becomes a 500 with the request id, and a line in the log.
  [[nodiscard]] virtual Admission admit(const RequestHead& head) = 0;
  // Runs on the admitted pool; may block, but not for ever: drain() waits for it.
  [[nodiscard]] virtual Response handle(Request&& request) = 0;
};

struct ServerOptions {
  std::string host = "127.0.0.1";
  std::uint16_t port = 8080;  // 0: a free one
  int io_threads = 1;
  int control_threads = 4, query_threads = 4, password_threads = 2, worker_threads = 16;
  int control_queue = 512, query_queue = 256, password_queue = 32, worker_queue = 256;  // at least 1
  int max_connections = 10'000;                                                         // those beyond it are told 503
  std::uint64_t max_buffered_body_bytes = 256 << 20;  // of all requests together; a body beyond it is told 503
  std::chrono::milliseconds head_timeout{10'000};     // from the first byte of a request to the end of its head
  std::chrono::milliseconds body_timeout{30'000};     // without a byte of the body; in all, that plus 1 s for each KiB
  std::chrono::milliseconds idle_timeout{75'000};     // between requests
  std::chrono::milliseconds write_timeout{60'000};    // without the client taking a byte of the answer
  std::size_t max_head_bytes = 32 * 1024;
  std::string certificate_file, key_file;             // both: HTTPS
  std::vector<std::string> trusted_proxies;           // addresses or CIDR; their X-Forwarded-For and -Proto are believed
  std::vector<std::string> cors_origins;              // none: no CORS headers; `*` without credentials
  std::function<void(std::string_view)> log_failure;  // what broke, with the request id; unset: stderr
};

// What happened, for logs and metrics. Called on any thread; must be cheap.
struct Exchange {
  const RequestHead& head;
  int status = 0;                // 0: cut before an answer
  std::uint64_t body_bytes = 0;  // before compression
  std::int64_t micros = 0;       // from the complete head to the last byte
  std::string route;             // from the answer's internal header `x-weft-route`, which is stripped
};
using ExchangeObserver = std::function<void(const Exchange&)>;

struct PoolState {
  std::string name;
  int threads = 0, busy = 0, queued = 0;
};

class Server {
 public:
  virtual ~Server() = default;
  [[nodiscard]] virtual std::uint16_t port() const = 0;
  [[nodiscard]] virtual std::vector<PoolState> pools() const = 0;
  [[nodiscard]] virtual int connections() const = 0;
  // Stops accepting, closes what is idle, lets what runs finish for at most `grace`, then cuts it. Blocks until no code of
  // the handler and of its streams runs any more. Idempotent; the destructor drains without grace.
  virtual void drain(std::chrono::milliseconds grace) = 0;
};

// Binds and starts serving at once. `handler` outlives the server.
// Errors: `server.address_in_use`, `server.bind_failed`, `server.certificate`, `server.trusted_proxies`.
[[nodiscard]] Result<std::unique_ptr<Server>> start_server(const ServerOptions& options, Handler& handler, const Clock& clock,
                                                           ExchangeObserver observer);

}  // namespace weft::http
