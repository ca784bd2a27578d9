#include "platform/http/head_scan.h"

#include <fmt/format.h>

#include <algorithm>

#include "platform/http/field.h"

namespace weft::http {

namespace {

constexpr std::size_t kMaxEmptyBytes = 8;  // RFC 9112 2.2: a few empty lines before a request are overlooked
constexpr char kTlsHandshake = 0x16;

std::unexpected<Rejection> reject(int status, std::string id, std::string message, std::string hint = {}) {
  auto error = make_error(ErrorKind::Invalid, std::move(id), std::move(message));
  error.hint = std::move(hint);
  return std::unexpected(Rejection{status, std::move(error)});
}

}  // namespace

std::expected<HeadScan::State, Rejection> HeadScan::scan(std::string_view bytes) {
  while (place_ != Place::Ended && position_ < bytes.size()) {
    skip_ordinary(bytes);
    if (position_ == bytes.size()) break;
    if (auto taken = take(bytes[position_]); !taken) return std::unexpected(std::move(taken).error());
    ++position_;
    const auto used = position_ - begin_;
    if (place_ == Place::RequestLine && used > limits_.max_request_line_bytes) {
      return reject(414, "request.target_too_long", fmt::format("The request line has more than {} bytes.", limits_.max_request_line_bytes),
                    fmt::format("Shorten it: path and query have room for about {} bytes.", limits_.max_request_line_bytes));
    }
    if (used > limits_.max_head_bytes) {
      return reject(431, "request.head_too_large", fmt::format("The head of the request has more than {} bytes.", limits_.max_head_bytes),
                    fmt::format("Shorten it: send fewer or shorter headers, at most {} bytes in all.", limits_.max_head_bytes));
    }
  }
  return place_ == Place::Ended ? State::Complete : State::Incomplete;
}

// Most bytes only belong to their line. They are passed over here, up to where a limit would be met.
void HeadScan::skip_ordinary(std::string_view bytes) {
  if (after_carriage_return_ || (place_ != Place::RequestLine && place_ != Place::Field)) return;
  const auto limit = place_ == Place::RequestLine ? limits_.max_request_line_bytes : limits_.max_head_bytes;
  const auto end = std::min(bytes.size(), begin_ + limit);
  while (position_ < end && bytes[position_] >= ' ' && bytes[position_] <= '~') ++position_;
}

std::expected<void, Rejection> HeadScan::take(char byte) {
  if (after_carriage_return_) {
    after_carriage_return_ = false;
    if (byte == '\n') return end_line();
    return reject(400, "request.line_ending", "A carriage return in the head is not followed by a line feed.");
  }
  if (byte == '\r') {
    after_carriage_return_ = true;
    return {};
  }
  if (place_ == Place::BeforeRequestLine) {
    if (byte == kTlsHandshake) {
      return reject(400, "request.tls_on_plain_port", "This port speaks HTTP without TLS.", "Use http:// here.");
    }
    if (!is_token(std::string_view(&byte, 1))) {
      return reject(400, "request.not_http", "The first byte is not one that an HTTP method can start with.");
    }
    begin_ = position_;
    place_ = Place::RequestLine;
    return {};
  }
  if (place_ == Place::LineStart) {
    if (byte == ' ' || byte == '\t') {
      return reject(400, "request.folded_header", "A header is folded over several lines.", "Write each header in one line.");
    }
    place_ = Place::Field;
  }
  const auto code = static_cast<unsigned char>(byte);
  const bool control = (code < 0x20 && byte != '\t') || code == 0x7F;
  if (control || (place_ == Place::RequestLine && (code > 0x7E || byte == '\t'))) {
    return reject(400, "request.bad_character", fmt::format("Byte {} of the head is 0x{:02x}, which may not stand there.", position_, code),
                  place_ == Place::RequestLine ? "Percent-encode it." : "");
  }
  return {};
}

std::expected<void, Rejection> HeadScan::end_line() {
  switch (place_) {
    case Place::BeforeRequestLine:
      if (position_ >= kMaxEmptyBytes) {
        return reject(400, "request.not_http", "There are empty lines where a request is due.");
      }
      break;
    case Place::RequestLine:
    case Place::Field: place_ = Place::LineStart; break;
    case Place::LineStart: place_ = Place::Ended; break;
    case Place::Ended: break;
  }
  return {};
}

}  // namespace weft::http
