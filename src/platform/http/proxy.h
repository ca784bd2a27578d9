// Who the client is when the peer of the socket is a proxy that we trust.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "platform/http/message.h"

namespace weft::http {

// An IPv4 or IPv6 address; IPv4 is kept in its mapped form (::ffff:a.b.c.d), so that both ways of writing are equal.
struct Address {
  std::array<std::uint8_t, 16> bytes{};
  bool operator==(const Address&) const = default;
};

// Takes `10.0.0.1`, `::1`, and with a port `10.0.0.1:80`, `[::1]:80`. nullopt for what is neither.
[[nodiscard]] std::optional<Address> parse_address(std::string_view text);
[[nodiscard]] std::string to_text(const Address& address);

class TrustedProxies {
 public:
  // Addresses or CIDR ranges. Errors: `server.trusted_proxies`, naming the entry.
  [[nodiscard]] static Result<TrustedProxies> parse(const std::vector<std::string>& entries);

  [[nodiscard]] bool empty() const { return ranges_.empty(); }
  [[nodiscard]] bool contains(const Address& address) const;

 private:
  struct Range {
    Address network;
    int bits = 128;
  };
  std::vector<Range> ranges_;
};

enum class Scheme { Plain, Secure };

struct Client {
  std::string address;
  Scheme scheme = Scheme::Plain;
};

// The rightmost address of X-Forwarded-For that is no trusted proxy, when the peer is one; what stands left of it
// anybody can have written. X-Forwarded-Proto: its last value, the one that the nearest proxy wrote.
[[nodiscard]] Client client_of(const TrustedProxies& trusted, const Client& peer, const Headers& headers);

}  // namespace weft::http
