#include "platform/http/chunk_decoder.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/ascii.h"

namespace weft::http {

namespace {

constexpr std::uint64_t kMaxOverheadBytes = 16 * 1024;  // beyond as much as the data
constexpr int kMaxSizeDigits = 16;

// May stand in an extension or a trailer.
bool is_text(char c) { return (static_cast<unsigned char>(c) >= 0x20 && c != 0x7F) || c == '\t'; }

std::unexpected<Rejection> malformed(std::string message) {
  return std::unexpected(Rejection{400, make_error(ErrorKind::Invalid, "request.malformed_body", std::move(message))});
}

std::unexpected<Rejection> bad_size() { return malformed("The size of a chunk is malformed."); }

}  // namespace

Rejection body_too_large(std::uint64_t max_bytes) {
  return {413, make_error(ErrorKind::TooLarge, "request.body_too_large", fmt::format("The body has more than {} bytes.", max_bytes))
                   .with_hint("Send less at once.")};
}

std::expected<std::size_t, Rejection> ChunkDecoder::decode(std::string_view bytes, std::uint64_t max_bytes, std::string& body) {
  std::size_t at = 0;
  while (at < bytes.size() && place_ != Place::Complete) {
    if (place_ == Place::Data) {
      const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(left_in_chunk_, bytes.size() - at));
      body.append(bytes.substr(at, size));
      at += size;
      left_in_chunk_ -= size;
      if (left_in_chunk_ == 0) place_ = Place::DataCarriageReturn;
      continue;
    }
    if (auto taken = take(bytes[at], max_bytes, body.size()); !taken) return std::unexpected(std::move(taken).error());
    ++at;
  }
  return at;
}

std::expected<void, Rejection> ChunkDecoder::take(char byte, std::uint64_t max_bytes, std::uint64_t received) {
  const auto expect = [&](char expected, Place next) -> std::expected<void, Rejection> {
    if (byte != expected) return malformed("A chunk does not end where its size says.");
    place_ = next;
    return {};
  };
  switch (place_) {
    case Place::SizeStart:
      left_in_chunk_ = 0;
      digits_ = 0;
      if (hex_digit(byte) < 0) return bad_size();
      place_ = Place::Size;
      return add_digit(hex_digit(byte), max_bytes, received);
    case Place::Size:
      if (hex_digit(byte) >= 0) return add_digit(hex_digit(byte), max_bytes, received);
      [[fallthrough]];
    case Place::BeforeExtension:
      if (byte == ';') {
        place_ = Place::Extension;
      } else if (byte == ' ' || byte == '\t') {
        place_ = Place::BeforeExtension;
      } else if (byte == '\r' && place_ == Place::Size) {
        place_ = Place::SizeLineFeed;
        return {};
      } else {
        return bad_size();
      }
      return count_overhead(received) ? std::expected<void, Rejection>() : malformed("The extensions of the chunks are too long.");
    case Place::Extension:
      if (byte == '\r') {
        place_ = Place::SizeLineFeed;
      } else if (!is_text(byte) || !count_overhead(received)) {
        return malformed("The extension of a chunk is malformed or too long.");
      }
      return {};
    case Place::SizeLineFeed: return expect('\n', left_in_chunk_ == 0 ? Place::TrailerStart : Place::Data);
    case Place::DataCarriageReturn: return expect('\r', Place::DataLineFeed);
    case Place::DataLineFeed: return expect('\n', Place::SizeStart);
    case Place::TrailerStart:
      if (byte == '\r') {
        place_ = Place::LastLineFeed;
        return {};
      }
      if (byte == ' ' || byte == '\t') return malformed("A trailer is folded over several lines.");
      place_ = Place::Trailer;
      [[fallthrough]];
    case Place::Trailer:
      if (byte == '\r') {
        place_ = Place::TrailerLineFeed;
      } else if (!is_text(byte) || !count_overhead(received)) {
        return malformed("The trailer is malformed or too long.");
      }
      return {};
    case Place::TrailerLineFeed: return expect('\n', Place::TrailerStart);
    case Place::LastLineFeed: return expect('\n', Place::Complete);
    case Place::Data:
    case Place::Complete: break;
  }
  return {};
}

std::expected<void, Rejection> ChunkDecoder::add_digit(int digit, std::uint64_t max_bytes, std::uint64_t received) {
  if (++digits_ > kMaxSizeDigits) return bad_size();
  left_in_chunk_ = left_in_chunk_ * 16 + static_cast<std::uint64_t>(digit);
  if (left_in_chunk_ > max_bytes - std::min(received, max_bytes)) return std::unexpected(body_too_large(max_bytes));
  return {};
}

bool ChunkDecoder::count_overhead(std::uint64_t received) { return ++overhead_ <= kMaxOverheadBytes + received; }

}  // namespace weft::http
