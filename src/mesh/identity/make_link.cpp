#include "mesh/identity/make_link.h"

namespace weft {

namespace {

Result<PasswordLink> make_link(Tx& tx, const Context& context, const IdentityPorts& ports, std::optional<UserId> user,
                               std::string_view public_url) {
  const auto secret = ports.secrets.make_secret();
  PasswordLink link{fmt::format("{}/password#{}", public_url, secret), context.now.plus_seconds(kLinkSeconds)};
  CHECK(ports.credentials.insert_link(tx, ports.secrets.digest(secret), std::move(user), link.expires_at));
  return link;
}

}  // namespace

Result<PasswordLink> make_reset_link(Tx& tx, const Context& context, const IdentityPorts& ports, const UserId& id,
                                     std::string_view public_url) {
  const auto user = TRY(get_user(tx, ports.users, id));
  auto link = TRY(make_link(tx, context, ports, user.id, public_url));
  CHECK(ports.audit.append(
      tx, context,
      {"user.make_reset_link", "user", user.id.text(), "", nullptr, json::object{{"expires_at", to_rfc3339(link.expires_at)}}}));
  return link;
}

Result<std::optional<PasswordLink>> make_first_link(Tx& tx, const Context& context, const IdentityPorts& ports,
                                                    std::string_view public_url) {
  if (TRY(ports.users.count_administrators(tx)) > 0) return std::nullopt;
  auto link = TRY(make_link(tx, context, ports, std::nullopt, public_url));
  CHECK(ports.audit.append(tx, context,
                           {"user.make_first_link", "user", "", "", nullptr, json::object{{"expires_at", to_rfc3339(link.expires_at)}}}));
  return link;
}

}  // namespace weft
