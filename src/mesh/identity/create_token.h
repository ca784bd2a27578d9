// A token for a program that acts for its maker.
#pragma once

#include "mesh/identity/identity_ports.h"

namespace weft {

struct CreateToken {
  std::string name;
  std::optional<Timestamp> expires_at;
};

struct CreatedToken {
  Token token;
  std::string text;  // `weft_…`; shown once
};

// Errors: `form.invalid` when it ends in the past or more than ten years ahead, `token.too_many`.
[[nodiscard]] Result<CreatedToken> create_token(Tx& tx, const Context& context, const IdentityPorts& ports, const CreateToken& input);

}  // namespace weft
