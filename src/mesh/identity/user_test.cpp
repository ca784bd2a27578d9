#include "mesh/identity/user.h"

#include <gtest/gtest.h>

namespace weft {

namespace {

TEST(UserNameTest, IsPlainOrAnAddress) {
  for (const std::string_view good : {"a", "ann", "ann.smith", "0day", "svc_etl-2", "ann@example.org", "ann.smith+x@mail.example.org"}) {
    EXPECT_TRUE(is_user_name(good)) << good;
  }
  EXPECT_TRUE(is_user_name(std::string(64, 'a')));
  EXPECT_FALSE(is_user_name(std::string(65, 'a')));
  for (const std::string_view bad : {"", "Ann", ".ann", "-ann", "ann smith", "ann\n", "ann@", "@example.org", "a@b@c", "änn", "ann/.."}) {
    EXPECT_FALSE(is_user_name(bad)) << bad;
  }
}

TEST(EmailTest, NeedsNoQuotingAnywhere) {
  for (const std::string_view good : {"ann@example.org", "Ann.O'Neil@Example.ORG", "a@b", "x+y=z@a-b.c"})
    EXPECT_TRUE(is_email(good)) << good;
  for (const std::string_view bad : {"", "ann", "ann@", "@b", "a b@c", "a@b c", "a@b\r\nBcc: x@y", "<a@b>", "a@b>", "a,b@c", "\"a\"@b",
                                     ".a@b", "a.@b", "a..b@c", "a@-b", "a@b-", "a@b..c", "a@.b", "a@ü"}) {
    EXPECT_FALSE(is_email(bad)) << bad;
  }
  EXPECT_FALSE(is_email(std::string(65, 'a') + "@b"));
  std::string long_host = "a@" + std::string(63, 'b');
  while (long_host.size() <= kMaxEmailBytes) long_host += "." + std::string(63, 'b');
  EXPECT_FALSE(is_email(long_host));
}

TEST(PasswordTest, IsLongAndNotTrivial) {
  const struct {
    std::string password;
    bool good;
  } cases[] = {
      {"", false},
      {"ninechars", false},
      {"ten chars!", true},
      {"aaaaaaaaaaaaaaa", false},
      {"ann.smith.1", false},
      {std::string(256, 'a') + "b", false},
      {std::string(255, 'a') + "b", true},
      {"pässwörter", true},
  };
  for (const auto& [password, good] : cases) EXPECT_EQ(!password_complaint(password, "ann.smith.1"), good) << password;
}

TEST(RolesTest, KeepTheirStoredNumbers) {
  EXPECT_EQ(Roles(Role::DomainAdministrator).bits(), 1);
  EXPECT_EQ(Roles(Role::DomainOwner).bits(), 2);
  EXPECT_EQ(Roles(Role::Governance).bits(), 4);
  EXPECT_EQ(Roles(Role::DataUser).bits(), 8);
  for (int bits = 0; bits < 16; ++bits) EXPECT_EQ(Roles::from_bits(bits).bits(), bits);
}

TEST(PrincipalTest, OwnsWhatLiesBelowItsDomains) {
  const Principal owner{UserId("u"), "olga", Role::DomainOwner, {"sales"}};
  EXPECT_TRUE(owner.owns("sales"));
  EXPECT_TRUE(owner.owns("sales.emea"));
  EXPECT_FALSE(owner.owns("salesforce"));
  EXPECT_FALSE(owner.keeps("hr"));
  const Principal administrator{UserId("u"), "ann", Role::DomainAdministrator, {}};
  EXPECT_TRUE(administrator.keeps("hr"));
  EXPECT_FALSE(administrator.owns("hr"));
}

TEST(UserTest, IsShownWithoutSecrets) {
  const User user{UserId("u"), "ann", "", Role::Governance | Role::DataUser, UserState::Disabled, {0}, 3};
  EXPECT_EQ(
      json::serialize(to_json(user)),
      R"({"id":"u","name":"ann","email":null,"roles":["governance","data-user"],"state":"disabled","created_at":"1970-01-01T00:00:00.000000Z"})");
}

}  // namespace

}  // namespace weft
