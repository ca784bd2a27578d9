// Secrets: random, digests, authenticated encryption, password hashes. OpenSSL and argon2 stay in this folder.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "base/result.h"

namespace weft {

// From the kernel; never fails once the machine is up.
[[nodiscard]] std::string random_bytes(std::size_t count);

[[nodiscard]] std::string sha256(std::string_view bytes);      // 32 raw bytes
[[nodiscard]] std::string sha256_hex(std::string_view bytes);  // 64 characters
[[nodiscard]] std::string hmac_sha256(std::string_view key, std::string_view bytes);
[[nodiscard]] bool equal_in_constant_time(std::string_view left, std::string_view right);

[[nodiscard]] std::string to_base64url(std::string_view bytes);  // no padding
// Errors: `base64url.invalid`; each text that is read is the one that to_base64url() writes.
[[nodiscard]] Result<std::string> from_base64url(std::string_view text);

// AES-256-GCM with a fresh 96-bit nonce: nonce ‖ ciphertext ‖ tag. `context` is authenticated, not stored: it binds a
// secret to its place (`data_store:<id>`), so that a row can't be moved to another. REQUIRES: a key of 32 bytes.
[[nodiscard]] std::string seal(std::string_view key, std::string_view plaintext, std::string_view context);
// Errors: `secret.unreadable` when key, bytes or context are not those of seal().
[[nodiscard]] Result<std::string> unseal(std::string_view key, std::string_view sealed, std::string_view context);

// Envelope encryption: a data key per secret, wrapped by the master key. The text form is versioned and printable.
class SecretBox {
 public:
  // Reads `key_file` (32 bytes, base64url). `create`: makes it with mode 0600 when it is missing (first start only).
  // Errors: `secret.key_missing`, `secret.key_unsafe` (others may read it), `secret.key_malformed`.
  enum class Missing { Create, Refuse };
  [[nodiscard]] static Result<SecretBox> open(const std::filesystem::path& key_file, Missing missing);

  [[nodiscard]] std::string seal(std::string_view plaintext, std::string_view context) const;
  [[nodiscard]] Result<std::string> unseal(std::string_view sealed, std::string_view context) const;
  // A key derived for one purpose (HKDF-SHA-256), such as "audit" or "cursor".
  [[nodiscard]] std::string derive(std::string_view purpose) const;

 private:
  explicit SecretBox(std::string key) : key_(std::move(key)) {}
  std::string key_;
};

// argon2id, PHC string, 19 MiB, 2 passes, 1 lane (OWASP). Takes tens of milliseconds: password pool only.
[[nodiscard]] std::string hash_password(std::string_view password);
[[nodiscard]] bool verify_password(std::string_view hash, std::string_view password);

}  // namespace weft
