#include "base/setting_rule.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "base/ascii.h"

namespace weft::setting_rule {

namespace {

std::unexpected<Error> refuse(std::string message) { return fail(ErrorKind::Invalid, "config.value", std::move(message)); }

bool is_letter_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

std::optional<int> parse_number(std::string_view text, int min, int max) {
  int number = 0;
  auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (problem != std::errc{} || end != text.data() + text.size() || number < min || number > max) return std::nullopt;
  return number;
}

struct Address {
  std::array<unsigned char, 16> bytes{};
  int bits = 0;  // 32 or 128
};

std::optional<Address> parse_address(std::string_view text) {
  Address address;
  std::string terminated(text);
  if (inet_pton(AF_INET, terminated.c_str(), address.bytes.data()) == 1) {
    address.bits = 32;
  } else if (inet_pton(AF_INET6, terminated.c_str(), address.bytes.data()) == 1) {
    address.bits = 128;
  } else {
    return std::nullopt;
  }
  return address;
}

bool is_host_name(std::string_view text) {
  if (text.empty() || text.size() > 253) return false;
  std::size_t label = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '.') {
      if (label == 0 || text[i - 1] == '-') return false;
      label = 0;
    } else {
      // An underscore is no letter of host names, yet container networks use it.
      if (!is_letter_or_digit(c) && c != '_' && (c != '-' || label == 0)) return false;
      if (++label > 63) return false;
    }
  }
  return label > 0 && text.back() != '-';
}

// `host`, `host:port`, `[v6]`, `[v6]:port`; an address of version 6 without brackets has no port.
struct HostAndPort {
  std::string_view host;
  std::optional<int> port;
};

std::optional<HostAndPort> parse_host_and_port(std::string_view text) {
  HostAndPort result;
  std::string_view rest;
  if (text.starts_with('[')) {
    auto end = text.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    result.host = text.substr(1, end - 1);
    rest = text.substr(end + 1);
    auto address = parse_address(result.host);
    if (!address || address->bits != 128) return std::nullopt;
  } else {
    auto colon = text.find(':');
    result.host = text.substr(0, colon);
    rest = colon == std::string_view::npos ? std::string_view{} : text.substr(colon);
    if (!is_host_name(result.host)) return std::nullopt;
  }
  if (rest.empty()) return result;
  if (!rest.starts_with(':')) return std::nullopt;
  result.port = parse_number(rest.substr(1), 1, 65535);
  if (!result.port) return std::nullopt;
  return result;
}

bool has_control_characters(std::string_view text) {
  return std::ranges::any_of(text, [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

}  // namespace

Result<std::string> origin(std::string_view text) {
  std::string_view rest = text;
  if (rest.ends_with('/')) rest.remove_suffix(1);
  std::string result;
  for (std::string_view scheme : {"https://", "http://"}) {
    if (rest.starts_with(scheme)) result = scheme;
  }
  if (!result.empty()) {
    rest.remove_prefix(result.size());
    if (parse_host_and_port(rest)) {
      // Browsers send the Origin in lower case.
      return result + lower_case(rest);
    }
  }
  return refuse("must be http:// or https:// with a host and, if need be, a port, and nothing after it");
}

Result<std::string> origin_or_any(std::string_view text) {
  if (text == "*") return std::string(text);
  return origin(text);
}

Result<std::string> network(std::string_view text) {
  auto slash = text.find('/');
  auto address = parse_address(text.substr(0, slash));
  if (!address) return refuse("must be an IP address or a network such as 10.0.0.0/8");
  if (slash == std::string_view::npos) return std::string(text);
  auto prefix = parse_number(text.substr(slash + 1), 0, address->bits);
  if (!prefix) return refuse("must have a prefix length from 0 to " + std::to_string(address->bits) + " after the slash");
  for (int bit = *prefix; bit < address->bits; ++bit) {
    if ((address->bytes[static_cast<std::size_t>(bit / 8)] >> (7 - bit % 8) & 1) != 0) {
      return refuse("must be a network, with nothing but zeros after its prefix");
    }
  }
  return std::string(text);
}

Result<std::string> store_address(std::string_view text) {
  if (text.find('/') != std::string_view::npos) return network(text);
  if (parse_host_and_port(text) || parse_address(text)) return std::string(text);
  return refuse("must be a host, host:port, an IP address or a network such as 10.0.0.0/8");
}

Result<std::string> host(std::string_view text) {
  if (is_host_name(text) || parse_address(text)) return std::string(text);
  return refuse("must be a host name or an IP address");
}

Result<std::string> absolute_path(std::string_view text) {
  if (!text.starts_with('/') || has_control_characters(text)) return refuse("must be an absolute path");
  for (std::size_t at = 0; at < text.size();) {
    auto end = std::min(text.find('/', at), text.size());
    auto part = text.substr(at, end - at);
    if (part == "." || part == "..") return refuse("must be an absolute path without . and ..");
    at = end + 1;
  }
  while (text.size() > 1 && text.ends_with('/')) text.remove_suffix(1);
  return std::string(text);
}

Result<std::string> postgres_url(std::string_view text) {
  if ((text.starts_with("postgres://") || text.starts_with("postgresql://")) && !has_control_characters(text)) {
    return std::string(text);
  }
  return refuse("must start with postgres://");
}

Result<std::string> mailbox(std::string_view text) {
  auto address = text;
  if (auto open = text.rfind('<'); open != std::string_view::npos && text.ends_with('>')) {
    address = text.substr(open + 1, text.size() - open - 2);
  }
  auto at = address.find('@');
  bool plain = std::ranges::all_of(address, [](unsigned char c) {
    return c > 0x20 && c < 0x7f && std::string_view("<>,;:\"()[]\\").find(static_cast<char>(c)) == std::string_view::npos;
  });
  if (has_control_characters(text) || at == std::string_view::npos || at == 0 || !plain || !is_host_name(address.substr(at + 1))) {
    return refuse("must be a mail address such as weft@example.org or Weft <weft@example.org>");
  }
  return std::string(text);
}

}  // namespace weft::setting_rule
