// Which hosts data stores may be on (`stores.addresses`). Decided on the address that is then connected to, so that a name
// can't mean one host when it is checked and another when it is used.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "platform/worker/socket_address.h"

namespace weft {

// Without entries everything may be reached but loopback, link-local, multicast, unspecified and the clouds' metadata
// addresses. With entries only what they list: host names, addresses, networks (`10.0.0.0/8`), a port behind a colon
// where wanted (`[2001:db8::1]:5432`). Of those special addresses, a listed name may be on loopback; all others must be
// listed as address or network themselves, and a network wider than /8 does not count for that.
class AddressPolicy {
 public:
  // Errors: `setting.invalid`, naming the entry.
  [[nodiscard]] static Result<AddressPolicy> parse(const std::vector<std::string>& entries);

  // Errors: `data_store.address_blocked`.
  [[nodiscard]] Result<void> check(std::string_view host, const IpAddress& address, std::uint16_t port) const;

 private:
  struct Name {
    std::string host;        // lower case
    std::uint16_t port = 0;  // 0: any
  };
  struct Network {
    IpAddress address;
    unsigned prefix = 128;
    std::uint16_t port = 0;
  };
  std::vector<Name> names_;
  std::vector<Network> networks_;
};

}  // namespace weft
