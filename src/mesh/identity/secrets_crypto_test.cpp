#include "mesh/identity/secrets_crypto.h"

#include <gtest/gtest.h>
#include <time.h>

#include <limits>

namespace weft {

namespace {

TEST(CryptoSecretsTest, MakesSecretsOf43Characters) {
  const auto secrets = make_crypto_secrets();
  const auto secret = secrets->make_secret();
  EXPECT_EQ(secret.size(), 43U);
  EXPECT_EQ(secret.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"), std::string::npos);
  EXPECT_NE(secret, secrets->make_secret());
  EXPECT_EQ(secrets->digest("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(CryptoSecretsTest, KnowsARightPassword) {
  const auto secrets = make_crypto_secrets();
  const auto hash = secrets->hash_password("right password");
  EXPECT_TRUE(secrets->verify_password(hash, "right password"));
  EXPECT_FALSE(secrets->verify_password(hash, "wrong password"));
}

// What this thread has used of a processor, whatever else the machine does.
std::int64_t used_nanoseconds() {
  timespec used{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
  return std::int64_t{used.tv_sec} * 1'000'000'000 + used.tv_nsec;
}

// What is verified in vain must cost what a real verification costs, or the time would tell which names exist. A hash that
// can't be read would cost nothing at all.
TEST(CryptoSecretsTest, VerifiesInVainAsLongAsForReal) {
  const auto secrets = make_crypto_secrets();
  const auto hash = secrets->hash_password("right password");
  const auto best = [](auto work) {
    auto least = std::numeric_limits<std::int64_t>::max();
    for (int i = 0; i < 7; ++i) {
      const auto start = used_nanoseconds();
      work();
      least = std::min(least, used_nanoseconds() - start);
    }
    return least;
  };
  const auto real = best([&] { EXPECT_FALSE(secrets->verify_password(hash, "wrong password")); });
  const auto in_vain = best([&] { secrets->verify_in_vain("wrong password"); });
  EXPECT_GT(in_vain * 2, real);
  EXPECT_LT(in_vain, real * 2);
}

}  // namespace

}  // namespace weft
