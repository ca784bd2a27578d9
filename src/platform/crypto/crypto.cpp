#include "platform/crypto/crypto.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>
#include <sys/random.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <stdexcept>

namespace weft {
namespace {

constexpr std::size_t kKeyBytes = 32;
constexpr std::size_t kNonceBytes = 12;
constexpr std::size_t kTagBytes = 16;

struct FreeCipher {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using Cipher = std::unique_ptr<EVP_CIPHER_CTX, FreeCipher>;

const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }
unsigned char* bytes_of(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

// OpenSSL's EVP takes int for lengths. Secrets are small; whatever is not is a mistake of ours.
int length_of(std::string_view text) {
  constexpr std::size_t kMaxBytes = std::size_t{1} << 30;
  if (text.size() > kMaxBytes) throw std::logic_error("too long to encrypt");
  return static_cast<int>(text.size());
}

void require(int openssl_result) {
  // None of these calls fails with the arguments given here, unless memory ran out.
  if (openssl_result != 1) throw std::runtime_error("OpenSSL failed");
}

Error unreadable() {
  return make_error(ErrorKind::Internal, "secret.unreadable",
                    "A stored secret can't be decrypted: it was made with another key, or was changed.");
}

std::optional<unsigned> base64url_digit(char character) {
  if (character >= 'A' && character <= 'Z') return static_cast<unsigned>(character - 'A');
  if (character >= 'a' && character <= 'z') return static_cast<unsigned>(character - 'a' + 26);
  if (character >= '0' && character <= '9') return static_cast<unsigned>(character - '0' + 52);
  if (character == '-') return 62U;
  if (character == '_') return 63U;
  return std::nullopt;
}

}  // namespace

std::string random_bytes(std::size_t count) {
  std::string bytes(count, '\0');
  for (std::size_t filled = 0; filled < count;) {
    const auto got = getrandom(bytes.data() + filled, count - filled, 0);
    if (got > 0) {
      filled += static_cast<std::size_t>(got);
    } else if (errno != EINTR) {
      std::perror("the kernel gives no random bytes");
      std::abort();  // nothing that needs them can go on safely
    }
  }
  return bytes;
}

std::string sha256(std::string_view bytes) {
  // SHA256() would look the algorithm up and make a context each time, which takes longer than a short text itself.
  static const std::unique_ptr<EVP_MD, decltype(&EVP_MD_free)> algorithm(EVP_MD_fetch(nullptr, "SHA256", nullptr), &EVP_MD_free);
  thread_local const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
  std::string digest(SHA256_DIGEST_LENGTH, '\0');
  require(EVP_DigestInit_ex2(context.get(), algorithm.get(), nullptr));
  require(EVP_DigestUpdate(context.get(), bytes.data(), bytes.size()));
  require(EVP_DigestFinal_ex(context.get(), bytes_of(digest), nullptr));
  return digest;
}

std::string sha256_hex(std::string_view bytes) {
  constexpr char kHex[] = "0123456789abcdef";
  std::string hex;
  for (const char character : sha256(bytes)) {
    const auto byte = static_cast<unsigned char>(character);
    hex += kHex[byte >> 4];
    hex += kHex[byte & 0x0F];
  }
  return hex;
}

std::string hmac_sha256(std::string_view key, std::string_view bytes) {
  std::string digest(SHA256_DIGEST_LENGTH, '\0');
  // A null key would mean the one of the call before.
  const std::string_view named_key = key.empty() ? std::string_view("") : key;
  if (HMAC(EVP_sha256(), named_key.data(), length_of(key), bytes_of(bytes), bytes.size(), bytes_of(digest), nullptr) == nullptr) {
    throw std::runtime_error("OpenSSL failed");
  }
  return digest;
}

bool equal_in_constant_time(std::string_view left, std::string_view right) {
  return left.size() == right.size() && CRYPTO_memcmp(left.data(), right.data(), left.size()) == 0;
}

std::string to_base64url(std::string_view bytes) {
  constexpr char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string text;
  text.reserve((bytes.size() * 4 + 2) / 3);
  unsigned pending = 0;
  int bits = 0;
  for (const char character : bytes) {
    pending = (pending << 8) | static_cast<unsigned char>(character);
    for (bits += 8; bits >= 6; bits -= 6) text += kDigits[(pending >> (bits - 6)) & 0x3F];
  }
  if (bits > 0) text += kDigits[(pending << (6 - bits)) & 0x3F];
  return text;
}

Result<std::string> from_base64url(std::string_view text) {
  std::string bytes;
  bytes.reserve(text.size() * 3 / 4);
  unsigned pending = 0;
  int bits = 0;
  bool is_valid = text.size() % 4 != 1;
  for (const char character : text) {
    const auto digit = base64url_digit(character);
    if (!digit) is_valid = false;
    if (!is_valid) break;
    pending = (pending << 6) | *digit;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes += static_cast<char>((pending >> bits) & 0xFF);
    }
  }
  // Bits left over must be zero: otherwise several texts would mean the same bytes.
  if (!is_valid || (pending & ((1U << bits) - 1)) != 0) {
    return fail(ErrorKind::Invalid, "base64url.invalid", "this is not base64url without padding",
                "use A-Z, a-z, 0-9, - and _ (RFC 4648, section 5)");
  }
  return bytes;
}

std::string seal(std::string_view key, std::string_view plaintext, std::string_view context) {
  if (key.size() != kKeyBytes) throw std::logic_error("a key for seal() has 32 bytes");
  auto sealed = random_bytes(kNonceBytes);
  sealed.resize(kNonceBytes + plaintext.size() + kTagBytes);
  auto* const ciphertext = bytes_of(sealed) + kNonceBytes;

  const Cipher cipher(EVP_CIPHER_CTX_new());
  int written = 0;
  require(EVP_EncryptInit_ex2(cipher.get(), EVP_aes_256_gcm(), bytes_of(key), bytes_of(sealed), nullptr));
  if (!context.empty()) require(EVP_EncryptUpdate(cipher.get(), nullptr, &written, bytes_of(context), length_of(context)));
  if (!plaintext.empty()) {
    require(EVP_EncryptUpdate(cipher.get(), ciphertext, &written, bytes_of(plaintext), length_of(plaintext)));
  }
  require(EVP_EncryptFinal_ex(cipher.get(), ciphertext + plaintext.size(), &written));
  require(EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_GET_TAG, kTagBytes, ciphertext + plaintext.size()));
  return sealed;
}

Result<std::string> unseal(std::string_view key, std::string_view sealed, std::string_view context) {
  if (key.size() != kKeyBytes || sealed.size() < kNonceBytes + kTagBytes) return fail(unreadable());
  const auto ciphertext = sealed.substr(kNonceBytes, sealed.size() - kNonceBytes - kTagBytes);
  std::string tag(sealed.substr(sealed.size() - kTagBytes));
  std::string plaintext(ciphertext.size(), '\0');

  const Cipher cipher(EVP_CIPHER_CTX_new());
  int written = 0;
  require(EVP_DecryptInit_ex2(cipher.get(), EVP_aes_256_gcm(), bytes_of(key), bytes_of(sealed), nullptr));
  if (!context.empty()) require(EVP_DecryptUpdate(cipher.get(), nullptr, &written, bytes_of(context), length_of(context)));
  if (!ciphertext.empty()) {
    require(EVP_DecryptUpdate(cipher.get(), bytes_of(plaintext), &written, bytes_of(ciphertext), length_of(ciphertext)));
  }
  require(EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_SET_TAG, kTagBytes, tag.data()));
  if (EVP_DecryptFinal_ex(cipher.get(), bytes_of(plaintext) + plaintext.size(), &written) != 1) return fail(unreadable());
  return plaintext;
}

}  // namespace weft
