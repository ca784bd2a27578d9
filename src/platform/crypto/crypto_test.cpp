#include "platform/crypto/crypto.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <set>
#include <stdexcept>

namespace weft {
namespace {

std::string hex(std::string_view bytes) {
  std::string text;
  for (const char byte : bytes) text += fmt::format("{:02x}", static_cast<unsigned char>(byte));
  return text;
}

struct DigestCase {
  std::string bytes;
  std::string_view digest;
};

TEST(Crypto, Sha256FollowsTheStandard) {
  const DigestCase cases[] = {
      {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
      {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
      {std::string(1'000'000, 'a'), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"},
      {std::string("\0", 1), "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"},
  };
  for (const auto& [bytes, digest] : cases) {
    EXPECT_EQ(sha256_hex(bytes), digest);
    EXPECT_EQ(hex(sha256(bytes)), digest);
  }
}

TEST(Crypto, HmacFollowsTheStandard) {
  // RFC 4231, cases 1, 2 and 6.
  EXPECT_EQ(hex(hmac_sha256(std::string(20, '\x0b'), "Hi There")), "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(hex(hmac_sha256("Jefe", "what do ya want for nothing?")), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(hex(hmac_sha256(std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First")),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
  static_cast<void>(hmac_sha256("another", "key"));
  EXPECT_EQ(hex(hmac_sha256({}, {})), "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad") << "not the key before";
}

TEST(Crypto, ComparesWholeTexts) {
  EXPECT_TRUE(equal_in_constant_time("", ""));
  EXPECT_TRUE(equal_in_constant_time("secret", "secret"));
  for (const std::string_view other : {"", "secre", "secrets", "Secret", "secreT"})
    EXPECT_FALSE(equal_in_constant_time("secret", other)) << other;
}

TEST(Crypto, RandomBytesDiffer) {
  EXPECT_EQ(random_bytes(0), "");
  std::set<std::string> seen;
  for (int index = 0; index < 100; ++index) seen.insert(random_bytes(16));
  EXPECT_EQ(seen.size(), 100U);
  const auto many = random_bytes(100'000);
  ASSERT_EQ(many.size(), 100'000U);
  EXPECT_EQ(std::set<char>(many.end() - 10'000, many.end()).size(), 256U) << "filled to its end";
}

struct Base64Case {
  std::string bytes;
  std::string_view text;
};

TEST(Crypto, Base64UrlFollowsTheStandard) {
  const Base64Case cases[] = {{"", ""},
                              {"f", "Zg"},
                              {"fo", "Zm8"},
                              {"foo", "Zm9v"},
                              {"foob", "Zm9vYg"},
                              {"fooba", "Zm9vYmE"},
                              {"foobar", "Zm9vYmFy"},
                              {"\xfb\xff\xfe", "-__-"},
                              {std::string("\0\0", 2), "AAA"}};
  for (const auto& [bytes, text] : cases) {
    EXPECT_EQ(to_base64url(bytes), text);
    EXPECT_EQ(from_base64url(text), bytes);
  }
  for (std::size_t size = 0; size < 200; ++size) {
    const auto bytes = random_bytes(size);
    EXPECT_EQ(from_base64url(to_base64url(bytes)), bytes);
  }
}

TEST(Crypto, Base64UrlHasOneFormOnly) {
  for (const std::string_view text : {"Zg==", "Zg=", "Z", "Zm9vY", "Zh", "Zm9", "Zm+v", "Zm/v", " Zg", "Zg\n", "Z\xc3\xa4", "AAB"}) {
    const auto bytes = from_base64url(text);
    ASSERT_FALSE(bytes) << text;
    EXPECT_EQ(bytes.error().id, "base64url.invalid");
  }
}

TEST(Crypto, SealFollowsTheStandard) {
  // NIST's GCM test case 16 for AES-256, as nonce, ciphertext and tag.
  const auto bytes = [](std::string_view text) {
    std::string read;
    for (std::size_t at = 0; at < text.size(); at += 2) read += static_cast<char>(std::stoi(std::string(text.substr(at, 2)), nullptr, 16));
    return read;
  };
  const auto key = bytes("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308");
  const auto sealed = bytes(
      "cafebabefacedbaddecaf888"
      "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
      "76fc6ece0f4e1768cddf8853bb2d551b");
  const auto plaintext = unseal(key, sealed, bytes("feedfacedeadbeeffeedfacedeadbeefabaddad2"));
  ASSERT_TRUE(plaintext);
  EXPECT_EQ(hex(*plaintext),
            "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39");
}

TEST(Crypto, UnsealsOnlyWhatWasSealedThere) {
  const auto key = random_bytes(32);
  for (const std::string& plaintext : {std::string(), std::string("x"), random_bytes(10'000)}) {
    const auto sealed = seal(key, plaintext, "data_store:1");
    EXPECT_EQ(unseal(key, sealed, "data_store:1"), plaintext);
    EXPECT_NE(seal(key, plaintext, "data_store:1"), sealed) << "a fresh nonce each time";

    EXPECT_EQ(unseal(key, sealed, "data_store:2").error().id, "secret.unreadable");
    EXPECT_EQ(unseal(key, sealed, "").error().id, "secret.unreadable");
    EXPECT_EQ(unseal(random_bytes(32), sealed, "data_store:1").error().id, "secret.unreadable");
    EXPECT_EQ(unseal("short", sealed, "data_store:1").error().id, "secret.unreadable");
    for (const std::size_t place : {std::size_t{0}, sealed.size() / 2, sealed.size() - 1}) {
      auto changed = sealed;
      changed[place] = static_cast<char>(changed[place] ^ 1);
      EXPECT_FALSE(unseal(key, changed, "data_store:1")) << place;
    }
    for (const std::size_t size : {std::size_t{0}, std::size_t{12}, std::size_t{27}, sealed.size() - 1}) {
      EXPECT_FALSE(unseal(key, sealed.substr(0, size), "data_store:1")) << size;
    }
  }
  EXPECT_EQ(unseal(key, seal(key, "x", ""), ""), "x");
  EXPECT_THROW(static_cast<void>(seal("short", "x", "")), std::logic_error);
}

TEST(Password, VerifiesItsOwnHashOnly) {
  const auto hash = hash_password("correct horse");
  EXPECT_TRUE(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$")) << hash;
  EXPECT_TRUE(verify_password(hash, "correct horse"));
  for (const std::string_view other : {"", "correct hors", "correct horse ", "Correct horse"})
    EXPECT_FALSE(verify_password(hash, other)) << other;
  EXPECT_NE(hash_password("correct horse"), hash) << "a fresh salt each time";
  EXPECT_FALSE(verify_password(hash, std::string("correct horse\0", 14))) << "it does not end at a NUL";
  EXPECT_TRUE(verify_password(hash_password(""), ""));
}

TEST(Password, ReadsForeignHashesAndRefusesOthers) {
  // From the reference implementation's tests.
  const std::string foreign = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";
  EXPECT_TRUE(verify_password(foreign, "password"));
  EXPECT_FALSE(verify_password(foreign, "differentpassword"));
  for (const std::string_view hash :
       {"", "x", "$argon2id$", "$argon2i$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$wWKIMhR9lyDFvRz9YTZweHKfbftvj+qf+YFY4NeBbtA",
        "$2b$10$abcdefghijklmnopqrstuv"}) {
    EXPECT_FALSE(verify_password(hash, "password")) << hash;
  }
}

}  // namespace
}  // namespace weft
