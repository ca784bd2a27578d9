#include "mesh/identity/change_password.h"

namespace weft {

Result<void> change_password(const Context& context, const PasswordPorts& ports, const ChangePassword& input) {
  const auto& [users, credentials, audit, secrets] = ports.identity;
  std::vector<FieldError> complaints;
  if (auto complaint = password_complaint(input.next, context.who.name)) complaints.push_back({"new_password", std::move(*complaint)});
  const auto owner = TRY(check_password(context.now, ports, {context.who.name, input.current, input.address}));
  if (!owner) complaints.insert(complaints.begin(), {"current_password", "is wrong"});
  if (!complaints.empty()) return fail(form_invalid(complaints));
  const auto hash = secrets.hash_password(input.next);

  return transact(ports.transactor, [&](Tx& tx) -> Result<void> {
    if (TRY(users.password_hash(tx, owner->user.id)) != owner->hash) {
      return fail(ErrorKind::Conflict, "user.changed", "The password was changed by somebody else in between.", "Sign in again.");
    }
    CHECK(users.set_password_hash(tx, owner->user.id, hash));
    CHECK(credentials.end_sessions(tx, owner->user.id, input.kept_session));
    if (input.tokens == ChangePassword::Tokens::End) CHECK(credentials.end_tokens(tx, owner->user.id));
    return audit.append(tx, context,
                        {"user.change_password", "user", owner->user.id.text(), "", nullptr,
                         json::object{{"tokens", input.tokens == ChangePassword::Tokens::End ? "ended" : "kept"}}});
  });
}

}  // namespace weft
