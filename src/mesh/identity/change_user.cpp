#include "mesh/identity/change_user.h"

namespace weft {

Result<User> change_user(Tx& tx, const Context& context, const IdentityPorts& ports, const ChangeUser& input) {
  if (input.email && !input.email->empty() && !is_email(*input.email)) return fail(form_invalid({{"email", std::string(kEmailRule)}}));
  // Before the user is read: else two administrators could take the role from each other.
  if (input.roles || input.state) CHECK(ports.users.lock_administrators(tx));
  const auto before = TRY(get_user(tx, ports.users, input.user));
  auto after = before;
  if (input.email) after.email = *input.email;
  if (input.roles) after.roles = *input.roles;
  if (input.state) after.state = *input.state;
  if (to_json(after) == to_json(before)) return before;
  CHECK(ports.users.update(tx, after));
  ++after.version;
  if (before.active_administrator() && !after.active_administrator() && TRY(ports.users.count_administrators(tx)) == 0) {
    return fail(ErrorKind::Conflict, "user.last_administrator", fmt::format("{} is the last active administrator.", before.name),
                "Make somebody else an administrator first.");
  }
  if (after.state == UserState::Disabled) {
    CHECK(ports.credentials.end_sessions(tx, after.id, ""));
    CHECK(ports.credentials.end_tokens(tx, after.id));
    CHECK(ports.credentials.drop_link(tx, after.id));
  }
  CHECK(ports.audit.append(tx, context, {"user.change", "user", after.id.text(), "", to_json(before), to_json(after)}));
  return after;
}

}  // namespace weft
