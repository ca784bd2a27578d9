#include "platform/http/proxy.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <ranges>

#include "platform/http/field.h"

namespace weft::http {

namespace {

constexpr std::array<std::uint8_t, 12> kMappedPrefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
constexpr int kMappedBits = 96;

bool is_mapped(const Address& address) { return std::equal(kMappedPrefix.begin(), kMappedPrefix.end(), address.bytes.begin()); }

std::optional<int> parse_number(std::string_view text, int max) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < 0 || number > max) return std::nullopt;
  return number;
}

std::optional<Address> parse_bare(std::string_view text) {
  const std::string terminated(text);
  Address address;
  if (inet_pton(AF_INET6, terminated.c_str(), address.bytes.data()) == 1) return address;
  std::ranges::copy(kMappedPrefix, address.bytes.begin());
  if (inet_pton(AF_INET, terminated.c_str(), address.bytes.data() + kMappedPrefix.size()) == 1) return address;
  return std::nullopt;
}

}  // namespace

std::optional<Address> parse_address(std::string_view text) {
  text = trim(text);
  if (text.starts_with('[')) {
    const auto end = text.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    const auto rest = text.substr(end + 1);
    if (!rest.empty() && (rest[0] != ':' || !parse_number(rest.substr(1), 65535))) return std::nullopt;
    return parse_bare(text.substr(1, end - 1));
  }
  const auto colon = text.find(':');
  if (colon != std::string_view::npos && text.find(':', colon + 1) == std::string_view::npos) {
    if (!parse_number(text.substr(colon + 1), 65535)) return std::nullopt;
    text = text.substr(0, colon);
  }
  return parse_bare(text);
}

std::string to_text(const Address& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (is_mapped(address)) {
    inet_ntop(AF_INET, address.bytes.data() + kMappedPrefix.size(), text.data(), text.size());
  } else {
    inet_ntop(AF_INET6, address.bytes.data(), text.data(), text.size());
  }
  return text.data();
}

Result<TrustedProxies> TrustedProxies::parse(const std::vector<std::string>& entries) {
  TrustedProxies trusted;
  for (const auto& entry : entries) {
    const auto slash = entry.find('/');
    const auto network = parse_bare(std::string_view(entry).substr(0, slash));
    const int width = network && is_mapped(*network) ? 128 - kMappedBits : 128;
    const auto bits = slash == std::string::npos ? std::optional(width) : parse_number(std::string_view(entry).substr(slash + 1), width);
    if (!network || !bits) {
      return fail(ErrorKind::Invalid, "server.trusted_proxies",
                  fmt::format("The trusted proxy '{}' is neither an address nor a range.", entry),
                  "Write it as 10.0.0.1, 10.0.0.0/8 or fd00::/8.");
    }
    trusted.ranges_.push_back({*network, *bits + 128 - width});
  }
  return trusted;
}

bool TrustedProxies::contains(const Address& address) const {
  return std::ranges::any_of(ranges_, [&](const Range& range) {
    const auto whole = static_cast<std::size_t>(range.bits / 8);
    if (std::memcmp(address.bytes.data(), range.network.bytes.data(), whole) != 0) return false;
    const int rest = range.bits % 8;
    if (rest == 0) return true;
    const int mask = 0xFF << (8 - rest);
    return (address.bytes.at(whole) & mask) == (range.network.bytes.at(whole) & mask);
  });
}

Client client_of(const TrustedProxies& trusted, const Client& peer, const Headers& headers) {
  auto client = peer;
  if (trusted.empty()) return client;
  const auto peer_address = parse_address(peer.address);
  if (!peer_address || !trusted.contains(*peer_address)) return client;

  const auto hops = joined_field(headers, "x-forwarded-for");
  for (auto hop : list_elements(hops) | std::views::reverse) {
    const auto address = parse_address(hop);
    if (!address) break;  // what stands further left came through somebody who writes nonsense
    client.address = to_text(*address);
    if (!trusted.contains(*address)) break;
  }
  const auto schemes = joined_field(headers, "x-forwarded-proto");
  const auto named = list_elements(schemes);
  if (!named.empty()) client.scheme = equal_ignoring_case(named.back(), "https") ? Scheme::Secure : Scheme::Plain;
  return client;
}

}  // namespace weft::http
