// Who acts. Loaded in the transaction that checks it, so that a role or an ownership taken away a moment ago counts.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/id.h"
#include "base/result.h"
#include "base/time.h"

namespace weft {

using UserId = Id<struct UserTag>;

// The numbers are stored: never change one.
enum class Role : std::uint8_t { DomainAdministrator = 1, DomainOwner = 2, Governance = 4, DataUser = 8 };

[[nodiscard]] std::string_view to_text(Role role);  // `domain-administrator`, `domain-owner`, `governance`, `data-user`
[[nodiscard]] Result<Role> parse_role(std::string_view text);

class Roles {
 public:
  constexpr Roles() = default;
  constexpr Roles(Role role) : bits_(static_cast<std::uint8_t>(role)) {}
  [[nodiscard]] constexpr bool has(Role role) const { return (bits_ & static_cast<std::uint8_t>(role)) != 0; }
  [[nodiscard]] constexpr bool any_of(Roles roles) const { return (bits_ & roles.bits_) != 0; }
  [[nodiscard]] constexpr bool empty() const { return bits_ == 0; }
  constexpr Roles& add(Role role) {
    bits_ = static_cast<std::uint8_t>(bits_ | static_cast<std::uint8_t>(role));
    return *this;
  }
  friend constexpr Roles operator|(Roles left, Roles right) {
    Roles both;
    both.bits_ = static_cast<std::uint8_t>(left.bits_ | right.bits_);
    return both;
  }
  [[nodiscard]] std::vector<Role> list() const;
  // The sum of the roles' numbers, as it is stored, and back.
  [[nodiscard]] constexpr int bits() const { return bits_; }
  [[nodiscard]] static constexpr Roles from_bits(std::int64_t bits) {
    Roles roles;
    roles.bits_ = static_cast<std::uint8_t>(bits & 15);
    return roles;
  }
  bool operator==(const Roles&) const = default;

 private:
  std::uint8_t bits_ = 0;
};
constexpr Roles operator|(Role left, Role right) { return Roles(left) | Roles(right); }

struct Principal {
  UserId id;  // empty: nobody is signed in
  std::string name;
  Roles roles;
  std::vector<std::string> owned_domains;  // paths; whoever owns a domain owns those below it

  [[nodiscard]] bool anonymous() const { return id.empty(); }
  [[nodiscard]] bool has(Role role) const { return roles.has(role); }
  [[nodiscard]] bool administrator() const { return has(Role::DomainAdministrator); }
  // Owner of `path` or of a domain above it. Ownership counts with the role domain-owner only.
  [[nodiscard]] bool owns(std::string_view path) const;
  // May see and change what belongs to the domain besides its products' rows: its owners, and administrators.
  [[nodiscard]] bool keeps(std::string_view path) const { return administrator() || owns(path); }
};

// What each use case is told besides its input.
struct Context {
  Timestamp now;
  const Principal& who;
  std::string_view request_id;
};

}  // namespace weft
