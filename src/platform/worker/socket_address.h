// Addresses of the Internet: as text, from names.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace weft {

// IPv4 is kept as IPv6 maps it (`::ffff:192.0.2.1`), and so are forms of IPv6 that a network translates to IPv4, so that
// one address has one form.
struct IpAddress {
  std::array<std::uint8_t, 16> bytes{};
  auto operator<=>(const IpAddress&) const = default;

  [[nodiscard]] bool is_v4() const;
  [[nodiscard]] std::string text() const;
};

// `192.0.2.1`, `2001:db8::1`, `[2001:db8::1]`; no zone.
[[nodiscard]] std::optional<IpAddress> parse_ip_address(std::string_view text);

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;
  IpAddress ip;
};

// What to stop for while waiting, and when to give up.
struct Patience {
  std::chrono::steady_clock::time_point until;
  std::function<bool()> stopped;
};

// All stream addresses of `host`, which may be an address. Does not wait longer than `patience`, however long the
// system's resolver takes. Errors: `data_store.unresolved`, `data_store.stopped`.
[[nodiscard]] Result<std::vector<SocketAddress>> resolve(const std::string& host, std::uint16_t port, const Patience& patience);

}  // namespace weft
