#include "mesh/identity/secrets_crypto.h"

#include "platform/crypto/crypto.h"

namespace weft {

namespace {

// Of no password, and as dear to compare with as one from hash_password(): a test holds the two against each other.
constexpr std::string_view kNobodysHash =
    "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5J3Mgc2FsdC4uLg$Tm9ib2R5IGhhcyB0aGlzIGhhc2gsIGFuZCBub2JvZHkgaXM";

class CryptoSecrets final : public Secrets {
 public:
  std::string make_secret() override { return to_base64url(random_bytes(32)); }
  std::string digest(std::string_view secret) override { return sha256_hex(secret); }
  std::string hash_password(std::string_view password) override { return weft::hash_password(password); }
  bool verify_password(std::string_view hash, std::string_view password) override { return weft::verify_password(hash, password); }
  void verify_in_vain(std::string_view password) override { static_cast<void>(weft::verify_password(kNobodysHash, password)); }
};

}  // namespace

std::unique_ptr<Secrets> make_crypto_secrets() { return std::make_unique<CryptoSecrets>(); }

}  // namespace weft
