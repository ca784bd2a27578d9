#include "mesh/identity/principal.h"

#include "base/name.h"

namespace weft {

namespace {
constexpr std::pair<Role, std::string_view> kRoleNames[] = {
    {Role::DomainAdministrator, "domain-administrator"},
    {Role::DomainOwner, "domain-owner"},
    {Role::Governance, "governance"},
    {Role::DataUser, "data-user"},
};
}  // namespace

std::string_view to_text(Role role) {
  for (const auto& [known, name] : kRoleNames) {
    if (known == role) return name;
  }
  return "";
}

Result<Role> parse_role(std::string_view text) {
  for (const auto& [role, name] : kRoleNames) {
    if (name == text) return role;
  }
  return fail(ErrorKind::Invalid, "user.unknown_role", fmt::format("There is no role '{}'.", text),
              "Roles are domain-administrator, domain-owner, governance and data-user.");
}

std::vector<Role> Roles::list() const {
  std::vector<Role> roles;
  for (const auto& [role, name] : kRoleNames) {
    if (has(role)) roles.push_back(role);
  }
  return roles;
}

bool Principal::owns(std::string_view path) const {
  if (!has(Role::DomainOwner)) return false;
  return std::ranges::any_of(owned_domains, [&](const auto& owned) { return is_within(path, owned); });
}

}  // namespace weft
