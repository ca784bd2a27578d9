#include "mesh/identity/sign_out.h"

namespace weft {

Result<void> sign_out(Tx& tx, const Context& context, const IdentityPorts& ports, std::string_view session_hash) {
  CHECK(ports.credentials.end_session(tx, session_hash));
  return ports.audit.append(tx, context, {"user.sign_out", "user", context.who.id.text(), "", nullptr, nullptr});
}

}  // namespace weft
