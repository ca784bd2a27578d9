#include "base/utf8.h"

#include <cstdint>
#include <cstring>

namespace weft {
namespace {

// The length of the well-formed sequence that `text` begins with (Unicode 15, table 3-7), 0 if there is none.
std::size_t sequence_bytes(std::string_view text) {
  const auto continues = [&](std::size_t index, unsigned low = 0x80, unsigned high = 0xBF) {
    if (index >= text.size()) return false;
    const auto byte = static_cast<unsigned char>(text[index]);
    return byte >= low && byte <= high;
  };
  const unsigned lead = static_cast<unsigned char>(text.front());
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return continues(1) ? 2 : 0;
  if (lead >= 0xE0 && lead <= 0xEF) {
    const unsigned low = lead == 0xE0 ? 0xA0 : 0x80;   // shorter forms exist below
    const unsigned high = lead == 0xED ? 0x9F : 0xBF;  // surrogates above
    return continues(1, low, high) && continues(2) ? 3 : 0;
  }
  if (lead >= 0xF0 && lead <= 0xF4) {
    const unsigned low = lead == 0xF0 ? 0x90 : 0x80;
    const unsigned high = lead == 0xF4 ? 0x8F : 0xBF;  // nothing above U+10FFFF
    return continues(1, low, high) && continues(2) && continues(3) ? 4 : 0;
  }
  return 0;
}

}  // namespace

std::optional<std::size_t> find_invalid_utf8(std::string_view text) {
  for (std::size_t offset = 0; offset < text.size();) {
    // Eight ASCII bytes at once: most text is nothing else.
    std::uint64_t word = 0;
    if (text.size() - offset >= sizeof(word)) {
      std::memcpy(&word, text.data() + offset, sizeof(word));
      if ((word & 0x8080808080808080U) == 0) {
        offset += sizeof(word);
        continue;
      }
    }
    const auto bytes = sequence_bytes(text.substr(offset));
    if (bytes == 0) return offset;
    offset += bytes;
  }
  return std::nullopt;
}

std::string shorten(std::string_view text, std::size_t max_bytes) {
  if (text.size() <= max_bytes) return std::string(text);
  std::size_t end = max_bytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80) --end;
  return std::string(text.substr(0, end)) + "…";
}

}  // namespace weft
