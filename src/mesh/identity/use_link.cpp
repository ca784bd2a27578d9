#include "mesh/identity/use_link.h"

#include "mesh/identity/create_user.h"

namespace weft {

namespace {

std::unexpected<Error> link_invalid() {
  return fail(ErrorKind::Denied, "link.invalid", "The link is unknown, used up, or too old.", "Ask an administrator for a new one.");
}

Result<User> reset_password(Tx& tx, const Context& context, const IdentityPorts& ports, const UserId& id, const std::string& password) {
  const auto user = TRY(get_user(tx, ports.users, id));
  if (auto complaint = password_complaint(password, user.name)) {
    return fail(make_error(ErrorKind::Invalid, "form.invalid", "password: " + *complaint).with_fields({{"password", *complaint}}));
  }
  CHECK(ports.users.set_password_hash(tx, user.id, ports.secrets.hash_password(password)));
  CHECK(ports.credentials.end_sessions(tx, user.id, ""));
  const Principal self{user.id, user.name, user.roles, {}};
  CHECK(ports.audit.append(tx, {context.now, self, context.request_id},
                           {"user.reset_password", "user", user.id.text(), "", nullptr, nullptr}));
  return user;
}

}  // namespace

Result<User> use_link(Tx& tx, const Context& context, const IdentityPorts& ports, const UseLink& input) {
  const auto secret = input.link.substr(input.link.rfind('#') + 1);
  const auto taken = TRY(ports.credentials.take_link(tx, ports.secrets.digest(secret), context.now));
  if (!taken) return link_invalid();
  if (const auto& user = *taken) return reset_password(tx, context, ports, *user, input.password);
  // An administrator may have come by another way since the start, such as `weft admin create`.
  CHECK(ports.users.lock_administrators(tx));
  if (TRY(ports.users.count_administrators(tx)) > 0) return link_invalid();
  const Principal system;
  return create_user(tx, {context.now, system, context.request_id}, ports, {input.name, "", input.password, Role::DomainAdministrator});
}

}  // namespace weft
