// Port: what identity needs of cryptography. Thread-safe.
#pragma once

#include <string>
#include <string_view>

namespace weft {

class Secrets {
 public:
  virtual ~Secrets() = default;
  // 256 random bits: 43 characters of base64url.
  [[nodiscard]] virtual std::string make_secret() = 0;
  // How stores know a secret: SHA-256 in hex. Enough for what is random, never for a password.
  [[nodiscard]] virtual std::string digest(std::string_view secret) = 0;
  // Take tens of milliseconds each: password pool only.
  [[nodiscard]] virtual std::string hash_password(std::string_view password) = 0;
  [[nodiscard]] virtual bool verify_password(std::string_view hash, std::string_view password) = 0;
  // Takes as long, for nothing: when nobody has the name that came with the password.
  virtual void verify_in_vain(std::string_view password) = 0;
};

}  // namespace weft
