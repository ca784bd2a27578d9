#include <argon2.h>

#include <stdexcept>

#include "platform/crypto/crypto.h"

namespace weft {
namespace {

// OWASP's recommendation for argon2id.
constexpr std::uint32_t kPasses = 2;
constexpr std::uint32_t kMemoryKibibytes = 19 * 1024;
constexpr std::uint32_t kLanes = 1;
constexpr std::size_t kSaltBytes = 16;
constexpr std::size_t kHashBytes = 32;

}  // namespace

std::string hash_password(std::string_view password) {
  const auto salt = random_bytes(kSaltBytes);
  std::string encoded(argon2_encodedlen(kPasses, kMemoryKibibytes, kLanes, kSaltBytes, kHashBytes, Argon2_id), '\0');
  const int code = argon2id_hash_encoded(kPasses, kMemoryKibibytes, kLanes, password.data(), password.size(), salt.data(), salt.size(),
                                         kHashBytes, encoded.data(), encoded.size());
  if (code != ARGON2_OK) throw std::runtime_error(argon2_error_message(code));
  encoded.resize(encoded.find('\0'));
  return encoded;
}

bool verify_password(std::string_view hash, std::string_view password) {
  const std::string encoded(hash);  // argon2 wants it to end with a NUL
  const int code = argon2id_verify(encoded.c_str(), password.data(), password.size());
  // Short of memory is no verdict on the password.
  if (code == ARGON2_MEMORY_ALLOCATION_ERROR) throw std::bad_alloc();
  return code == ARGON2_OK;
}

}  // namespace weft
