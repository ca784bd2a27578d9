// One HTTP/1.1 request from bytes (RFC 9112). Knows no sockets. Strict: what another parser on the way could read
// differently (request smuggling) is refused, even where the RFC would let it pass.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "platform/http/chunk_decoder.h"
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

// One object per request, fed with the connection's buffer: the head until it is complete, then the body.
class RequestParser {
 public:
  explicit RequestParser(std::size_t max_head_bytes);

  // How many bytes of the buffer are done with; the caller drops them and feeds the rest again, with more behind it.
  struct Progress {
    enum class State { NeedMore, Complete } state = State::NeedMore;
    std::size_t consumed = 0;
  };

  // Consumes nothing before the head is complete. A rejected head still shows what was understood.
  [[nodiscard]] std::expected<Progress, Rejection> parse_head(std::string_view bytes);
  [[nodiscard]] IncomingHead& incoming() { return incoming_; }

  // Appends to `body`, the same at each call. More than `max_bytes` in all is 413.
  // REQUIRES: the head is complete, the body is not.
  [[nodiscard]] std::expected<Progress, Rejection> parse_body(std::string_view bytes, std::uint64_t max_bytes, std::string& body);

 private:
  [[nodiscard]] std::expected<void, Rejection> parse_lines(std::string_view lines);
  [[nodiscard]] std::expected<void, Rejection> parse_request_line(std::string_view line);
  [[nodiscard]] std::expected<void, Rejection> parse_field(std::string_view line);
  [[nodiscard]] std::expected<void, Rejection> parse_target();
  [[nodiscard]] std::expected<void, Rejection> check_host();
  [[nodiscard]] std::expected<void, Rejection> check_framing();
  [[nodiscard]] std::expected<void, Rejection> check_length();
  [[nodiscard]] std::expected<void, Rejection> check_expectation();
  void choose_persistence();

  HeadScan scan_;
  IncomingHead incoming_;
  std::optional<std::string> authority_;  // of a target in absolute form
  ChunkDecoder chunks_;
};

}  // namespace weft::http
