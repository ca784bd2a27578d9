#include "platform/duck/json_text.h"

#include <cstddef>

#include "base/ascii.h"
#include "platform/duck/encode_json.h"

namespace weft::duck {
namespace {

bool is_digit(char byte) { return byte >= '0' && byte <= '9'; }

// Reads one JSON text and copies its tokens. Each function returns whether what it looked for was there.
class TokenCopier {
 public:
  TokenCopier(Output& out, std::string_view text) : out_(out), rest_(text) {}

  bool copy() {
    if (!value(0)) return false;
    skip_space();
    return rest_.empty();
  }

 private:
  void skip_space() {
    const auto first = rest_.find_first_not_of(" \t\r\n");
    rest_.remove_prefix(first == rest_.npos ? rest_.size() : first);
  }
  [[nodiscard]] char peek() const { return rest_.empty() ? '\0' : rest_.front(); }
  void take(std::size_t size) {
    out_.append(rest_.substr(0, size));
    rest_.remove_prefix(size);
  }
  bool take_if(char byte) {
    if (peek() != byte) return false;
    take(1);
    return true;
  }
  bool word(std::string_view expected) {
    if (!rest_.starts_with(expected)) return false;
    take(expected.size());
    return true;
  }

  bool value(int depth) {
    if (depth > kMaxEmbeddedDepth) return false;
    skip_space();
    switch (peek()) {
      case '{': return object(depth);
      case '[': return array(depth);
      case '"': return string();
      case 't': return word("true");
      case 'f': return word("false");
      case 'n': return word("null");
      default: return number();
    }
  }

  bool object(int depth) {
    take(1);
    skip_space();
    if (take_if('}')) return true;
    do {
      skip_space();
      if (!string()) return false;
      skip_space();
      if (!take_if(':') || !value(depth + 1)) return false;
      skip_space();
    } while (take_if(','));
    return take_if('}');
  }

  bool array(int depth) {
    take(1);
    skip_space();
    if (take_if(']')) return true;
    do {
      if (!value(depth + 1)) return false;
      skip_space();
    } while (take_if(','));
    return take_if(']');
  }

  bool string() {
    if (peek() != '"') return false;
    for (std::size_t i = 1; i < rest_.size(); ++i) {
      const char byte = rest_[i];
      if (static_cast<unsigned char>(byte) < 0x20) return false;
      if (byte == '"') {
        take(i + 1);
        return true;
      }
      if (byte == '\\') {
        const auto escape = escape_size(rest_.substr(i));
        if (escape == 0) return false;
        i += escape - 1;
      }
    }
    return false;
  }

  static std::size_t escape_size(std::string_view text) {
    if (text.size() < 2) return 0;
    if (std::string_view("\"\\/bfnrt").contains(text[1])) return 2;
    if (text[1] != 'u' || text.size() < 6) return 0;
    for (const char digit : text.substr(2, 4)) {
      if (hex_digit(digit) < 0) return 0;
    }
    return 6;
  }

  [[nodiscard]] std::size_t digits_at(std::size_t first) const {
    auto last = first;
    while (last < rest_.size() && is_digit(rest_[last])) ++last;
    return last - first;
  }

  bool number() {
    std::size_t size = peek() == '-' ? 1 : 0;
    const auto whole = digits_at(size);
    if (whole == 0 || (whole > 1 && rest_[size] == '0')) return false;
    size += whole;
    if (size < rest_.size() && rest_[size] == '.') {
      const auto fraction = digits_at(size + 1);
      if (fraction == 0) return false;
      size += 1 + fraction;
    }
    if (size < rest_.size() && (rest_[size] == 'e' || rest_[size] == 'E')) {
      ++size;
      if (size < rest_.size() && (rest_[size] == '+' || rest_[size] == '-')) ++size;
      const auto exponent = digits_at(size);
      if (exponent == 0) return false;
      size += exponent;
    }
    take(size);
    return true;
  }

  Output& out_;
  std::string_view rest_;
};

}  // namespace

Embedded append_json_text(Output& out, std::string_view text) {
  const auto before = out.size();
  if (TokenCopier(out, text).copy()) return Embedded::AsJson;
  out.cut(before);
  write_json_string(out, text);
  return Embedded::AsString;
}

}  // namespace weft::duck
