#include "mesh/identity/sign_in.h"

namespace weft {

Result<SignedIn> sign_in(const Context& context, const PasswordPorts& ports, const SignIn& input) {
  const auto& [users, credentials, audit, secrets] = ports.identity;
  const auto refuse = [] {
    return fail(ErrorKind::Unauthenticated, "session.wrong_password", "The name or the password is wrong.",
                "An administrator can make a link that sets a new password.");
  };
  const auto owner = TRY(check_password(context.now, ports, input));
  if (!owner) return refuse();

  return transact(ports.transactor, [&](Tx& tx) -> Result<SignedIn> {
    auto principal = TRY(users.find_principal(tx, owner->user.id));
    // The password may have been changed, or the user disabled, while it was verified.
    if (!principal || TRY(users.password_hash(tx, owner->user.id)) != owner->hash) return refuse();
    auto secret = secrets.make_secret();
    CHECK(credentials.insert_session(tx, secrets.digest(secret), owner->user.id, context.now,
                                     context.now.plus_seconds(ports.session_seconds)));
    CHECK(audit.append(tx, {context.now, *principal, context.request_id},
                       {"user.sign_in", "user", owner->user.id.text(), "", nullptr, json::object{{"address", input.address}}}));
    return SignedIn{owner->user, std::move(*principal), std::move(secret)};
  });
}

}  // namespace weft
