#include "base/id.h"

#include <sys/random.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

namespace weft {
namespace {

using UuidBytes = std::array<std::uint8_t, 16>;

constexpr std::size_t kUuidCharacters = 36;

bool is_dash_place(std::size_t position) { return position == 8 || position == 13 || position == 18 || position == 23; }

// Fresh bytes for each id, asked for sixteen ids at a time: every request has one.
// REQUIRES: no process goes on after fork() with its parent's memory; workers are started anew.
void fill_random(UuidBytes& bytes) {
  thread_local std::array<UuidBytes, 16> store;
  thread_local std::size_t left = 0;
  // Up to 256 bytes the kernel answers whole or not at all; a signal can only interrupt the wait for early entropy.
  while (left == 0) {
    if (getrandom(store.data(), sizeof store, 0) == static_cast<ssize_t>(sizeof store)) {
      left = store.size();
    } else if (errno != EINTR) {
      std::perror("the kernel gives no random bytes");
      std::abort();
    }
  }
  bytes = store[--left];
}

}  // namespace

std::string new_uuid(Timestamp now) {
  UuidBytes bytes;
  fill_random(bytes);

  // RFC 9562, 6.2, method 3: the 12 bits after the version hold the fraction of the millisecond, so that ids sort by
  // the microsecond; 62 random bits remain.
  const std::int64_t micros = now.micros < 0 ? 0 : now.micros;
  const auto millis = static_cast<std::uint64_t>(micros / 1000);
  const auto fraction = static_cast<std::uint32_t>((micros % 1000) * 4096 / 1000);
  for (std::size_t index = 0; index < 6; ++index) {
    bytes[index] = static_cast<std::uint8_t>(millis >> (40 - 8 * index));
  }
  bytes[6] = static_cast<std::uint8_t>(0x70U | (fraction >> 8));
  bytes[7] = static_cast<std::uint8_t>(fraction);
  bytes[8] = static_cast<std::uint8_t>(0x80U | (bytes[8] & 0x3FU));

  constexpr char kHex[] = "0123456789abcdef";
  std::string text;
  text.reserve(kUuidCharacters);
  for (const std::uint8_t byte : bytes) {
    if (is_dash_place(text.size())) text += '-';
    text += kHex[byte >> 4];
    text += kHex[byte & 0x0F];
  }
  return text;
}

bool is_uuid(std::string_view text) {
  if (text.size() != kUuidCharacters) return false;
  for (std::size_t position = 0; position < text.size(); ++position) {
    const char character = text[position];
    const bool is_hex = (character >= '0' && character <= '9') || (character >= 'a' && character <= 'f');
    if (is_dash_place(position) ? character != '-' : !is_hex) return false;
  }
  return true;
}

}  // namespace weft
