// The chunked transfer coding (RFC 9112, section 7.1), decoded as the bytes arrive. Extensions and trailers are checked
// and forgotten.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "platform/http/head_scan.h"

namespace weft::http {

class ChunkDecoder {
 public:
  // Appends the data in `bytes` to `body` and returns how many bytes belong to this body: all of them until it is
  // complete. Rejects a body of more than `max_bytes` with 413 as soon as a chunk's size says so.
  [[nodiscard]] std::expected<std::size_t, Rejection> decode(std::string_view bytes, std::uint64_t max_bytes, std::string& body);

  [[nodiscard]] bool complete() const { return place_ == Place::Complete; }

 private:
  enum class Place {
    SizeStart,        // the first digit is due
    Size,             // more digits
    BeforeExtension,  // blanks after the size
    Extension,
    SizeLineFeed,
    Data,
    DataCarriageReturn,
    DataLineFeed,
    TrailerStart,  // a trailer, or the last empty line
    Trailer,
    TrailerLineFeed,
    LastLineFeed,
    Complete,
  };

  [[nodiscard]] std::expected<void, Rejection> take(char byte, std::uint64_t max_bytes, std::uint64_t received);
  [[nodiscard]] std::expected<void, Rejection> add_digit(int digit, std::uint64_t max_bytes, std::uint64_t received);
  [[nodiscard]] bool count_overhead(std::uint64_t received);

  Place place_ = Place::SizeStart;
  std::uint64_t left_in_chunk_ = 0;
  int digits_ = 0;              // of the size
  std::uint64_t overhead_ = 0;  // bytes of extensions and trailers so far
};

[[nodiscard]] Rejection body_too_large(std::uint64_t max_bytes);

}  // namespace weft::http
