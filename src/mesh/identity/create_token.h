// A token for a program that acts for its maker.
#pragma once

#include "mesh/identity/identity_ports.h"

namespace weft {

struct CreateToken {
  std::string name;
  std::optional<Timestamp> expires_at;
  std::optional<std::int64_t> max_seconds;  // where the operator set one: also the life of a token without an end
};

struct CreatedToken {
  Token token;
  std::string text;  // `weft_…`; shown once
};

// What is wrong with its end, or nullopt.
[[nodiscard]] std::optional<std::string> end_complaint(const CreateToken& input, Timestamp now);

// Errors: `form.invalid` when it ends in the past or later than allowed (ten years at most), `token.too_many`.
[[nodiscard]] Result<CreatedToken> create_token(Tx& tx, const Context& context, const IdentityPorts& ports, const CreateToken& input);

}  // namespace weft
