#include "platform/worker/socket_address.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netdb.h>

#include <algorithm>
#include <condition_variable>
#include <cstring>
#include <memory>
#include <mutex>
#include <thread>

namespace weft {
namespace {

constexpr std::array<std::uint8_t, 12> kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

IpAddress from_v4(const std::uint8_t* bytes) {
  IpAddress address;
  std::ranges::copy(kMapped, address.bytes.begin());
  std::copy_n(bytes, 4, address.bytes.begin() + 12);
  return address;
}

// Behind these prefixes an IPv4 address is reached: NAT64 (64:ff9b::/96), 6to4 (2002::/16), and the old ::/96.
IpAddress from_v6(const std::uint8_t* bytes) {
  constexpr std::array<std::uint8_t, 12> kNat64{0, 0x64, 0xff, 0x9b};
  constexpr std::array<std::uint8_t, 12> kCompatible{};
  const bool unspecified_or_loopback = std::all_of(bytes, bytes + 15, [](auto b) { return b == 0; }) && bytes[15] <= 1;
  if (std::equal(kNat64.begin(), kNat64.end(), bytes)) return from_v4(bytes + 12);
  if (std::equal(kCompatible.begin(), kCompatible.end(), bytes) && !unspecified_or_loopback) return from_v4(bytes + 12);
  if (bytes[0] == 0x20 && bytes[1] == 0x02) return from_v4(bytes + 2);
  IpAddress address;
  std::copy_n(bytes, 16, address.bytes.begin());
  return address;
}

struct Lookup {
  std::mutex mutex;
  std::condition_variable changed;
  bool done = false;
  int error = 0;
  std::vector<SocketAddress> addresses;
};

std::vector<SocketAddress> addresses_in(const addrinfo* list) {
  std::vector<SocketAddress> addresses;
  for (; list != nullptr; list = list->ai_next) {
    SocketAddress address;
    std::memcpy(&address.storage, list->ai_addr, list->ai_addrlen);
    address.size = list->ai_addrlen;
    if (list->ai_family == AF_INET)
      address.ip = from_v4(reinterpret_cast<const std::uint8_t*>(&reinterpret_cast<const sockaddr_in*>(list->ai_addr)->sin_addr));
    else if (list->ai_family == AF_INET6)
      address.ip = from_v6(reinterpret_cast<const sockaddr_in6*>(list->ai_addr)->sin6_addr.s6_addr);
    else
      continue;
    addresses.push_back(address);
  }
  return addresses;
}

int look_up(const std::string& host, std::uint16_t port, int flags, std::vector<SocketAddress>& addresses) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV | flags;
  addrinfo* list = nullptr;
  const int error = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &list);
  if (error != 0) return error;
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(list, &::freeaddrinfo);
  addresses = addresses_in(list);
  return 0;
}

}  // namespace

bool IpAddress::is_v4() const { return std::equal(kMapped.begin(), kMapped.end(), bytes.begin()); }

std::string IpAddress::text() const {
  std::array<char, INET6_ADDRSTRLEN> buffer{};
  if (is_v4())
    ::inet_ntop(AF_INET, bytes.data() + 12, buffer.data(), buffer.size());
  else
    ::inet_ntop(AF_INET6, bytes.data(), buffer.data(), buffer.size());
  return buffer.data();
}

std::optional<IpAddress> parse_ip_address(std::string_view text) {
  if (text.starts_with('[') && text.ends_with(']')) text = text.substr(1, text.size() - 2);
  const std::string terminated(text);
  std::array<std::uint8_t, 16> bytes{};
  if (::inet_pton(AF_INET, terminated.c_str(), bytes.data()) == 1) return from_v4(bytes.data());
  if (::inet_pton(AF_INET6, terminated.c_str(), bytes.data()) == 1) return from_v6(bytes.data());
  return std::nullopt;
}

Result<std::vector<SocketAddress>> resolve(const std::string& host, std::uint16_t port, const Patience& patience) {
  std::vector<SocketAddress> numeric;
  if (look_up(host, port, AI_NUMERICHOST, numeric) == 0) return numeric;

  // getaddrinfo can't be interrupted: a thread of its own finishes whenever the resolver lets it.
  auto lookup = std::make_shared<Lookup>();
  std::thread([lookup, host, port] {
    std::vector<SocketAddress> addresses;
    const int error = look_up(host, port, AI_ADDRCONFIG, addresses);
    const std::lock_guard lock(lookup->mutex);
    lookup->error = error;
    lookup->addresses = std::move(addresses);
    lookup->done = true;
    lookup->changed.notify_all();
  }).detach();

  std::unique_lock lock(lookup->mutex);
  while (!lookup->done) {
    lookup->changed.wait_for(lock, std::chrono::milliseconds(20));
    if (patience.stopped()) return fail(ErrorKind::Unavailable, "data_store.stopped", "the connection was given up");
    if (!lookup->done && std::chrono::steady_clock::now() > patience.until)
      return fail(ErrorKind::Timeout, "data_store.unresolved", fmt::format("the name `{}` could not be resolved in time", host),
                  "See whether the server's name service answers.");
  }
  if (lookup->error == 0 && !lookup->addresses.empty()) return std::move(lookup->addresses);
  return fail(ErrorKind::Unavailable, "data_store.unresolved",
              fmt::format("the name `{}` has no address: {}", host, lookup->error == 0 ? "none found" : ::gai_strerror(lookup->error)),
              "Check the store's host; the server itself must be able to resolve it.");
}

}  // namespace weft
