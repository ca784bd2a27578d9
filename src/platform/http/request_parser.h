// One HTTP/1.1 request from bytes: Beast's parser behind rules that are stricter than it. Knows no sockets; what Beast
// takes and two parsers could read in two ways (smuggling) is refused.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <string_view>

#include "platform/http/conditional.h"
#include "platform/http/head_scan.h"
#include "platform/http/message.h"

namespace weft::http {

inline constexpr std::size_t kMaxRequestLineBytes = 16 * 1024;
inline constexpr std::size_t kMaxFields = 128;

enum class Persistence { KeepAlive, Close };

// A head with what only the server needs to know of it.
struct IncomingHead {
  enum class Framing { NoBody, Length, Chunked };
  enum class Expectation { None, Continue };

  RequestHead head;
  int minor_version = 1;  // of HTTP/1.x
  Persistence persistence = Persistence::Close;
  Framing framing = Framing::NoBody;
  Expectation expectation = Expectation::None;
  GzipSuffix gzip_suffix = GzipSuffix::Absent;  // of the ETags in its conditions
};

[[nodiscard]] Rejection body_too_large(std::uint64_t max_bytes);

// One object per request, fed with the connection's buffer: the head until it is complete, then the body.
class RequestParser {
 public:
  explicit RequestParser(std::size_t max_head_bytes);
  RequestParser(RequestParser&&) noexcept;
  RequestParser& operator=(RequestParser&&) noexcept;
  ~RequestParser();

  // How many bytes of the buffer are done with; the caller drops them and feeds the rest again, with more behind it.
  struct Progress {
    enum class State { NeedMore, Complete } state = State::NeedMore;
    std::size_t consumed = 0;
  };

  // Consumes nothing before the head is complete. A rejected head still shows what was understood.
  [[nodiscard]] std::expected<Progress, Rejection> parse_head(std::string_view bytes);
  [[nodiscard]] IncomingHead& incoming();

  // Appends to `body`. More than `max_bytes` in all is 413.
  // REQUIRES: the head is complete.
  [[nodiscard]] std::expected<Progress, Rejection> parse_body(std::string_view bytes, std::uint64_t max_bytes, std::string& body);

 private:
  class Grammar;
  std::unique_ptr<Grammar> grammar_;
  HeadScan scan_;
};

}  // namespace weft::http
