#include "mesh/identity/check_password.h"

#include "base/ascii.h"

namespace weft {

namespace {

Result<std::optional<PasswordOwner>> find_owner(const PasswordPorts& ports, const std::string& name) {
  // Tries are counted by this very text: no store may take another one for the same name.
  if (!is_user_name(name)) return std::nullopt;
  auto tx = TRY(ports.transactor.begin(TxMode::Read));
  auto user = TRY(ports.identity.users.find_by_name(*tx, name));
  if (!user || user->state != UserState::Active) return std::nullopt;
  auto hash = TRY(ports.identity.users.password_hash(*tx, user->id));
  if (!hash) return std::nullopt;
  return PasswordOwner{std::move(*user), std::move(*hash)};
}

}  // namespace

Result<std::optional<PasswordOwner>> check_password(Timestamp now, const PasswordPorts& ports, const CheckPassword& input) {
  auto& secrets = ports.identity.secrets;
  CHECK(ports.addresses.admit(input.address, now));
  const auto name = lower_case(input.name);
  const auto name_hash = secrets.digest(name);
  const auto attempt = TRY(transact(ports.transactor, [&](Tx& tx) -> Result<PasswordTry> {
    auto begun = TRY(ports.wrong_passwords.begin_try(tx, name_hash, now));
    if (begun.verdict == PasswordTry::Verdict::Refuse) return fail(too_many_wrong_passwords(begun.retry_after_seconds));
    return begun;
  }));
  auto owner = TRY(find_owner(ports, name));
  bool right = false;
  if (owner) {
    right = secrets.verify_password(owner->hash, input.password);
  } else {
    secrets.verify_in_vain(input.password);
  }
  if (!right) {
    ports.addresses.count_wrong(input.address, now);
    if (attempt.verdict == PasswordTry::Verdict::LastVerify) return fail(too_many_wrong_passwords(attempt.retry_after_seconds));
    return std::nullopt;
  }
  CHECK(transact(ports.transactor, [&](Tx& tx) { return ports.wrong_passwords.forget_try(tx, name_hash, now); }));
  return owner;
}

}  // namespace weft
