#include "platform/worker/address_policy.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/ascii.h"

namespace weft {
namespace {

constexpr unsigned kV4Offset = 96;  // prefixes of IPv4 count from the end of ::ffff:0:0/96
constexpr unsigned kWidestExact = 8;

bool lies_in(const IpAddress& address, const IpAddress& network, unsigned prefix) {
  for (unsigned at = 0; at < 16 && prefix > 8 * at; ++at) {
    const unsigned bits = std::min(8U, prefix - 8 * at);
    const auto mask = static_cast<std::uint8_t>(0xff << (8 - bits));
    if ((address.bytes[at] & mask) != (network.bytes[at] & mask)) return false;
  }
  return true;
}

struct SpecialNetwork {
  std::string_view network;
  unsigned prefix;
  std::string_view what;
};

constexpr std::string_view kLoopback = "a loopback address";
constexpr std::string_view kMetadata = "a metadata address";
constexpr SpecialNetwork kSpecial[] = {
    {"127.0.0.0", 8, kLoopback},
    {"::1", 128, kLoopback},
    {"0.0.0.0", 8, "an unspecified address"},
    {"::", 128, "an unspecified address"},
    {"169.254.0.0", 16, "a link-local address"},
    {"fe80::", 10, "a link-local address"},
    {"224.0.0.0", 3, "a multicast or reserved address"},
    {"ff00::", 8, "a multicast address"},
    {"fd00:ec2::254", 128, kMetadata},
    {"100.100.100.200", 32, kMetadata},
    {"192.0.0.192", 32, kMetadata},
    {"168.63.129.16", 32, kMetadata},
};

// Empty: nothing special.
std::string_view special_kind(const IpAddress& address) {
  for (const auto& special : kSpecial) {
    const auto network = *parse_ip_address(special.network);
    if (lies_in(address, network, special.prefix + (network.is_v4() ? kV4Offset : 0))) return special.what;
  }
  return {};
}

std::string without_dot(std::string_view text) {
  auto result = lower_case(text);
  if (result.ends_with('.')) result.pop_back();
  return result;
}

std::optional<unsigned> parse_number(std::string_view text, unsigned most) {
  unsigned number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number > most) return std::nullopt;
  return number;
}

bool is_host_character(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_'; }

// Takes `:5432` off the end; an address of IPv6 has a port only behind brackets. Nothing if what stands there is none.
std::optional<std::uint16_t> take_port(std::string_view& text) {
  const auto colon = text.rfind(':');
  const bool has_port = colon != std::string_view::npos && (text.starts_with('[') ? colon > text.rfind(']') : text.find(':') == colon);
  if (!has_port) return 0;
  const auto port = parse_number(text.substr(colon + 1), 65535);
  if (!port || *port == 0) return std::nullopt;
  text = text.substr(0, colon);
  return static_cast<std::uint16_t>(*port);
}

bool is_port(std::uint16_t allowed, std::uint16_t port) { return allowed == 0 || allowed == port; }

}  // namespace

Result<AddressPolicy> AddressPolicy::parse(const std::vector<std::string>& entries) {
  AddressPolicy policy;
  for (const auto& entry : entries) {
    const auto refuse = [&entry] {
      return fail(ErrorKind::Invalid, "setting.invalid",
                  fmt::format("`{}` in `stores.addresses` is neither host, host:port, IP address nor network", entry));
    };
    std::string_view text = entry;
    const auto port = take_port(text);
    if (!port) return refuse();
    const auto slash = text.find('/');
    if (const auto address = parse_ip_address(text.substr(0, slash))) {
      const unsigned offset = address->is_v4() ? kV4Offset : 0;
      const auto prefix = slash == std::string_view::npos ? 128 - offset : parse_number(text.substr(slash + 1), 128 - offset);
      if (!prefix) return refuse();
      policy.networks_.push_back({*address, *prefix + offset, *port});
      continue;
    }
    auto host = without_dot(text);
    if (host.empty() || !std::ranges::all_of(host, is_host_character)) return refuse();
    policy.names_.push_back({std::move(host), *port});
  }
  return policy;
}

Result<void> AddressPolicy::check(std::string_view host, const IpAddress& address, std::uint16_t port) const {
  const auto special = special_kind(address);
  const auto name = without_dot(host);
  const bool named = std::ranges::any_of(names_, [&](const Name& n) { return n.host == name && is_port(n.port, port); });
  const bool listed = std::ranges::any_of(networks_, [&](const Network& network) {
    const unsigned own_prefix = network.prefix - (network.address.is_v4() ? kV4Offset : 0);
    return lies_in(address, network.address, network.prefix) && is_port(network.port, port) &&
           (special.empty() || own_prefix >= kWidestExact);
  });
  if (listed || (named && (special.empty() || special == kLoopback))) return {};
  if (names_.empty() && networks_.empty() && special.empty()) return {};
  auto error = make_error(ErrorKind::Denied, "data_store.address_blocked",
                          special.empty() ? fmt::format("`{}` is not among the hosts that stores may be on", host)
                                          : fmt::format("`{}` is {}, where stores may not be", host, special));
  error.hint = fmt::format("If it is meant, the administrator adds {} to the setting `stores.addresses`.", address.text());
  return fail(std::move(error));
}

}  // namespace weft
