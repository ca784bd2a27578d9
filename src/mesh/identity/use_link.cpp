#include "mesh/identity/use_link.h"

#include "mesh/identity/create_user.h"

namespace weft {

namespace {

std::unexpected<Error> link_invalid() {
  return fail(ErrorKind::Denied, "link.invalid", "The link is unknown, used up, or too old.", "Ask an administrator for a new one.");
}

std::string digest_of(const UseLink& input, Secrets& secrets) { return secrets.digest(input.link.substr(input.link.rfind('#') + 1)); }

CreateUser first_administrator(const UseLink& input) {
  return {input.name, "", input.password, Role::DomainAdministrator, input.password_hash};
}

Result<void> check_password(const User& user, const UseLink& input) {
  if (auto complaint = password_complaint(input.password, user.name)) return fail(form_invalid({{"password", std::move(*complaint)}}));
  return {};
}

Result<User> reset_password(Tx& tx, const Context& context, const IdentityPorts& ports, const UserId& id, const UseLink& input) {
  const auto user = TRY(get_user(tx, ports.users, id));
  CHECK(check_password(user, input));
  CHECK(ports.users.set_password_hash(tx, user.id, input.password_hash));
  CHECK(ports.credentials.end_sessions(tx, user.id, ""));
  CHECK(ports.credentials.end_tokens(tx, user.id));
  const Principal self{user.id, user.name, user.roles, {}};
  CHECK(ports.audit.append(tx, {context.now, self, context.request_id},
                           {"user.reset_password", "user", user.id.text(), "", nullptr, nullptr}));
  return user;
}

}  // namespace

Result<void> check_link(Tx& tx, const Context& context, const IdentityPorts& ports, const UseLink& input) {
  const auto found = TRY(ports.credentials.find_link(tx, digest_of(input, ports.secrets), context.now));
  if (!found) return link_invalid();
  if (const auto& user = *found) return check_password(TRY(get_user(tx, ports.users, *user)), input);
  if (TRY(ports.users.count_administrators(tx)) > 0) return link_invalid();
  if (const auto complaints = complaints_about(first_administrator(input)); !complaints.empty()) return fail(form_invalid(complaints));
  return {};
}

Result<User> use_link(Tx& tx, const Context& context, const IdentityPorts& ports, const UseLink& input) {
  const auto taken = TRY(ports.credentials.take_link(tx, digest_of(input, ports.secrets), context.now));
  if (!taken) return link_invalid();
  if (const auto& user = *taken) return reset_password(tx, context, ports, *user, input);
  // An administrator may have come by another way since the start, such as `weft admin create`.
  CHECK(ports.users.lock_administrators(tx));
  if (TRY(ports.users.count_administrators(tx)) > 0) return link_invalid();
  const Principal system;
  return create_user(tx, {context.now, system, context.request_id}, ports, first_administrator(input));
}

}  // namespace weft
