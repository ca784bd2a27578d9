#include "mesh/identity/delete_token.h"

namespace weft {

Result<void> delete_token(Tx& tx, const Context& context, const IdentityPorts& ports, const TokenId& id) {
  const auto token = TRY(ports.credentials.find_token(tx, id, context.who.id));
  if (!token || !TRY(ports.credentials.delete_token(tx, id, context.who.id))) {
    return fail(ErrorKind::NotFound, "token.not_found", "You have no such token.", "See GET /api/v1/tokens for yours.");
  }
  return ports.audit.append(tx, context, {"token.delete", "token", id.text(), "", to_json(*token), nullptr});
}

}  // namespace weft
