#include "mesh/identity/create_user.h"

#include <stdexcept>

namespace weft {

std::vector<FieldError> complaints_about(const CreateUser& input) {
  std::vector<FieldError> complaints;
  if (!is_user_name(input.name)) complaints.push_back({"name", std::string(kUserNameRule)});
  if (!input.email.empty() && !is_email(input.email)) complaints.push_back({"email", std::string(kEmailRule)});
  if (input.password) {
    if (auto complaint = password_complaint(*input.password, input.name)) complaints.push_back({"password", std::move(*complaint)});
  }
  return complaints;
}

Result<User> create_user(Tx& tx, const Context& context, const IdentityPorts& ports, const CreateUser& input) {
  if (const auto complaints = complaints_about(input); !complaints.empty()) return fail(form_invalid(complaints));
  if (input.password && !input.password_hash) throw std::logic_error("the password was not hashed before the transaction");
  User user;
  user.id = UserId::make(context.now);
  user.name = input.name;
  user.email = input.email;
  user.roles = input.roles;
  user.created_at = context.now;
  CHECK(ports.users.insert(tx, user, input.password_hash));
  CHECK(ports.audit.append(tx, context, {"user.create", "user", user.id.text(), "", nullptr, to_json(user)}));
  return user;
}

}  // namespace weft
