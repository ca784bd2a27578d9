#include "mesh/identity/create_token.h"

#include "base/quantity.h"

namespace weft {

namespace {

Timestamp latest_end(const CreateToken& input, Timestamp now) {
  return now.plus_seconds(std::min(input.max_seconds.value_or(kMaxTokenSeconds), kMaxTokenSeconds));
}

}  // namespace

std::optional<std::string> end_complaint(const CreateToken& input, Timestamp now) {
  if (!input.expires_at || (*input.expires_at > now && *input.expires_at <= latest_end(input, now))) return std::nullopt;
  return fmt::format("must lie in the future, at most {} ahead",
                     input.max_seconds ? to_text(std::chrono::seconds(*input.max_seconds)) : std::string("ten years"));
}

Result<CreatedToken> create_token(Tx& tx, const Context& context, const IdentityPorts& ports, const CreateToken& input) {
  if (auto complaint = end_complaint(input, context.now)) return fail(form_invalid({{"expires_at", std::move(*complaint)}}));
  if (TRY(ports.credentials.count_tokens(tx, context.who.id, context.now)) >= kMaxTokensPerUser) {
    return fail(ErrorKind::Conflict, "token.too_many", fmt::format("You have {} tokens; more are not allowed.", kMaxTokensPerUser),
                "Delete those that are no longer used, with DELETE /api/v1/tokens/{id}.");
  }
  Token token{TokenId::make(context.now), context.who.id, input.name, context.now, input.expires_at};
  if (!token.expires_at && input.max_seconds) token.expires_at = latest_end(input, context.now);
  auto text = fmt::format("{}{}", kTokenPrefix, ports.secrets.make_secret());
  CHECK(ports.credentials.insert_token(tx, token, ports.secrets.digest(text)));
  CHECK(ports.audit.append(tx, context, {"token.create", "token", token.id.text(), "", nullptr, to_json(token)}));
  return CreatedToken{std::move(token), std::move(text)};
}

}  // namespace weft
