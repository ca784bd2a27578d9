#include "mesh/identity/create_user.h"

namespace weft {

namespace {

Result<void> check(const CreateUser& input) {
  std::vector<FieldError> complaints;
  if (!is_user_name(input.name)) complaints.push_back({"name", std::string(kUserNameRule)});
  if (!input.email.empty() && !is_email(input.email)) complaints.push_back({"email", "is not an e-mail address"});
  if (input.password) {
    if (auto complaint = password_complaint(*input.password, input.name)) complaints.push_back({"password", std::move(*complaint)});
  }
  if (complaints.empty()) return {};
  auto message = fmt::format("{}: {}", complaints.front().field, complaints.front().message);
  return fail(make_error(ErrorKind::Invalid, "form.invalid", std::move(message)).with_fields(std::move(complaints)));
}

}  // namespace

Result<User> create_user(Tx& tx, const Context& context, const IdentityPorts& ports, const CreateUser& input) {
  CHECK(check(input));
  User user;
  user.id = UserId::make(context.now);
  user.name = input.name;
  user.email = input.email;
  user.roles = input.roles;
  user.created_at = context.now;
  std::optional<std::string> hash;
  if (input.password) hash = ports.secrets.hash_password(*input.password);
  CHECK(ports.users.insert(tx, user, std::move(hash)));
  CHECK(ports.audit.append(tx, context, {"user.create", "user", user.id.text(), "", nullptr, to_json(user)}));
  return user;
}

}  // namespace weft
