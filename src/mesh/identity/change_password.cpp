#include "mesh/identity/change_password.h"

namespace weft {

Result<void> change_password(const Context& context, const PasswordPorts& ports, const ChangePassword& input) {
  const auto& [users, credentials, audit, secrets] = ports.identity;
  const auto refuse = [](std::string field, std::string complaint) {
    auto message = fmt::format("{}: {}", field, complaint);
    return fail(make_error(ErrorKind::Invalid, "form.invalid", std::move(message)).with_fields({{std::move(field), std::move(complaint)}}));
  };
  if (auto complaint = password_complaint(input.next, context.who.name)) return refuse("new_password", std::move(*complaint));
  const auto owner = TRY(check_password(context.now, ports, {context.who.name, input.current, input.address}));
  if (!owner) return refuse("current_password", "is wrong");
  const auto hash = secrets.hash_password(input.next);

  return transact(ports.transactor, [&](Tx& tx) -> Result<void> {
    if (TRY(users.password_hash(tx, owner->user.id)) != owner->hash) {
      return fail(ErrorKind::Conflict, "user.changed", "The password was changed by somebody else in between.", "Sign in again.");
    }
    CHECK(users.set_password_hash(tx, owner->user.id, hash));
    CHECK(credentials.end_sessions(tx, owner->user.id, input.kept_session));
    return audit.append(tx, context, {"user.change_password", "user", owner->user.id.text(), "", nullptr, nullptr});
  });
}

}  // namespace weft
