// One HTTP exchange as the rest of Weft sees it: no sockets. Header names compare without case.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/cancel.h"
#include "base/result.h"
#include "base/time.h"

namespace weft::http {

enum class Method { Get, Head, Post, Put, Patch, Delete, Options, Other };

[[nodiscard]] std::string_view to_text(Method method);  // `GET`; of Other: `?`

using Headers = std::vector<std::pair<std::string, std::string>>;

// What is known before the body is read.
struct RequestHead {
  Method method = Method::Get;
  std::string target;  // as sent: path and query
  std::string path;    // percent-encoded, before the first `?`
  std::string query;   // raw, after the first `?`
  Headers headers;
  std::string peer_address;  // of the client; behind a trusted proxy the one that it names
  bool secure = false;       // TLS here, or at a trusted proxy
  std::string request_id;    // ours, or the client's X-Request-Id where it is a plain token of at most 64 bytes
  Timestamp received_at;
  std::optional<std::uint64_t> content_length;

  // The first header of that name; nullopt when there is none.
  [[nodiscard]] std::optional<std::string_view> header(std::string_view name) const;
};

struct Request : RequestHead {
  std::string body;
  // Set once nobody waits for the answer any more: the client left, or closed his side, or the server cut him off. For long
  // work, which may ask at any time on any thread. Null: nobody tells.
  std::shared_ptr<const Cancel> client_left;
};

enum class StreamEnd {
  Complete,   // the last byte was handed to the kernel
  Abandoned,  // the client left, the server drains, or next() failed
};

// A body that is made while it is sent. next() runs on the pool that the request was admitted to, never two at a time,
// and only when the socket has taken the chunk before: a slow client costs one chunk of memory and no thread.
class BodyStream {
 public:
  virtual ~BodyStream() = default;
  // Replaces `chunk` by the next bytes (aim at 256 KiB); false when there are no more (chunk is then empty).
  // An error cuts the connection, so that no client takes a part for the whole.
  // The first one is asked for before the head is sent: its error becomes an ordinary problem answer.
  [[nodiscard]] virtual Result<bool> next(std::string& chunk) = 0;
  // The exact number of bytes, where it is known beforehand (a file): sent as Content-Length, and a stream that gives
  // fewer or more is cut.
  [[nodiscard]] virtual std::optional<std::uint64_t> length() const { return std::nullopt; }
  // Called exactly once, on the same pool. `bytes_sent` counts body bytes before compression that reached the kernel.
  virtual void finished(StreamEnd end, std::uint64_t bytes_sent) noexcept = 0;
};

// Status and headers of an answer that is given again and again. The lines of its head are written once. Thread-safe.
class SharedHead {
 public:
  SharedHead(int status, Headers headers) : status_(status), headers_(std::move(headers)) {}
  [[nodiscard]] int status() const { return status_; }
  [[nodiscard]] const Headers& headers() const { return headers_; }
  // What `write` gave at the first call.
  template <typename Write>
  [[nodiscard]] const std::string& lines(const Write& write) const {
    std::call_once(written_, [&] { lines_ = write(); });
    return lines_;
  }

 private:
  const int status_;
  const Headers headers_;
  mutable std::once_flag written_;
  mutable std::string lines_;
};

// Bytes that others hold, too. REQUIRES: one head goes with one body, and with one path.
struct SharedAnswer {
  std::shared_ptr<const SharedHead> head;  // instead of the Response's own status and headers
  std::shared_ptr<const std::string> body;
};

struct Response {
  int status = 200;
  Headers headers;  // Content-Length, Date, Connection, security headers and X-Request-Id are the server's business
  std::variant<std::string, std::unique_ptr<BodyStream>, SharedAnswer> body;

  Response& set(std::string name, std::string value) & {
    headers.emplace_back(std::move(name), std::move(value));
    return *this;
  }
  Response&& set(std::string name, std::string value) && {
    headers.emplace_back(std::move(name), std::move(value));
    return std::move(*this);
  }
  [[nodiscard]] std::optional<std::string_view> header(std::string_view name) const;
};

[[nodiscard]] Response text_response(int status, std::string content_type, std::string body);

// Splits a raw query at `&` and `=`, percent-decodes and takes `+` as a space. Order and repetition are kept.
// Errors: `query.malformed` (bad escape, NUL, not UTF-8), `query.too_long`.
[[nodiscard]] Result<std::vector<std::pair<std::string, std::string>>> parse_query(std::string_view raw);

// Percent-decodes one path segment. Errors: `path.malformed`.
[[nodiscard]] Result<std::string> decode_segment(std::string_view segment);

}  // namespace weft::http
