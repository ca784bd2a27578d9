// A small blocking HTTP client for programs of ours that talk to a server of ours: the command line and the demo. Not for
// addresses that users give.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "platform/http/message.h"

namespace weft::http {

struct ClientRequest {
  std::string method = "GET";
  std::string url;
  Headers headers;
  std::string body;
  std::chrono::milliseconds timeout{30'000};  // for all of it; 0: as long as bytes come
  std::uint64_t max_body_bytes = 256 << 20;   // of the answer, after decompression; with `on_body` there is no limit
  // Takes the body of a 2xx answer piece by piece instead of `body`; false stops the transfer.
  std::function<bool(std::string_view)> on_body;
};

struct ClientResponse {
  int status = 0;
  Headers headers;  // of the last answer
  std::string body;

  // The first header of that name.
  [[nodiscard]] std::optional<std::string_view> header(std::string_view name) const;
};

struct ClientOptions {
  std::string ca_file;  // trusted besides nothing else; empty: those of the system
};

// Keeps its connection between requests. Thread-compatible.
class HttpClient {
 public:
  explicit HttpClient(ClientOptions options = {});
  HttpClient(HttpClient&&) noexcept;
  HttpClient& operator=(HttpClient&&) noexcept;
  ~HttpClient();

  // Any answer of a server is success, whatever its status. GET and HEAD follow up to five redirects within the same
  // scheme, host and port; others are handed back as they are.
  // Errors: `client.unreachable`, `client.timeout`, `client.tls`, `client.too_large`, `client.stopped` (by on_body),
  // `client.failed`.
  [[nodiscard]] Result<ClientResponse> send(const ClientRequest& request);

 private:
  class Transfer;
  std::unique_ptr<Transfer> transfer_;
};

}  // namespace weft::http
