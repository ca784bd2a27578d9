#include "mesh/identity/password_throttle.h"

#include <gtest/gtest.h>

namespace weft {

namespace {

using Verdict = PasswordTry::Verdict;

Timestamp at(std::int64_t seconds) { return Timestamp{}.plus_seconds(1'000'000 + seconds); }

TEST(JudgeTryTest, ClosesWithTheTenthWrongPassword) {
  std::vector<Timestamp> wrong;
  for (int i = 0; i < 9; ++i) EXPECT_EQ(judge_try(wrong, at(i)).verdict, Verdict::Verify) << i;
  const auto tenth = judge_try(wrong, at(9));
  EXPECT_EQ(tenth.verdict, Verdict::LastVerify);
  EXPECT_EQ(tenth.retry_after_seconds, 15 * 60 - 9);
  const auto refused = judge_try(wrong, at(100));
  EXPECT_EQ(refused.verdict, Verdict::Refuse);
  EXPECT_EQ(refused.retry_after_seconds, 15 * 60 - 100);
  EXPECT_EQ(wrong.size(), 10U);  // what is refused doesn't count
}

TEST(JudgeTryTest, OpensOneByOneAsWrongPasswordsGrowOld) {
  std::vector<Timestamp> wrong;
  for (int i = 0; i < 10; ++i) static_cast<void>(judge_try(wrong, at(i)));
  EXPECT_EQ(judge_try(wrong, at(899)).verdict, Verdict::Refuse);
  EXPECT_EQ(judge_try(wrong, at(900)).verdict, Verdict::LastVerify);  // the first is forgotten, the other nine are not
  EXPECT_EQ(judge_try(wrong, at(900)).verdict, Verdict::Refuse);
  EXPECT_EQ(judge_try(wrong, at(901)).verdict, Verdict::LastVerify);
  EXPECT_EQ(judge_try(wrong, at(5000)).verdict, Verdict::Verify);
}

TEST(JudgeTryTest, IsNotClosedForeverByAClockThatWasSetBack) {
  std::vector<Timestamp> wrong(10, at(1'000'000));
  EXPECT_EQ(judge_try(wrong, at(0)).verdict, Verdict::Verify);
}

TEST(AddressThrottleTest, ClosesAnAddressForTheRestOfTheMinute) {
  AddressThrottle throttle;
  const Timestamp now{60'000'000'000};
  for (int i = 0; i < 100; ++i) {
    EXPECT_TRUE(throttle.admit("192.0.2.1", now)) << i;
    throttle.count_wrong("192.0.2.1", now);
  }
  const auto refused = throttle.admit("192.0.2.1", now.plus_seconds(20));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::TooManyRequests);
  EXPECT_EQ(refused.error().retry_after_seconds, 40);
  EXPECT_TRUE(throttle.admit("192.0.2.2", now));
  EXPECT_TRUE(throttle.admit("192.0.2.1", now.plus_seconds(60)));
}

TEST(AddressThrottleTest, TakesAnIpv6NetworkForOneAddress) {
  const struct {
    std::string_view counted, asked;
    bool same;
  } cases[] = {
      {"2001:db8:1:2:3:4:5:6", "2001:db8:1:2:ffff::1", true},
      {"2001:db8:1:2::1", "2001:db8:1:2:3:4:5:6", true},
      {"2001:db8::1", "2001:db8::2", true},
      {"2001:db8::1", "2001:db8:0:0:7::", true},
      {"2001:db8::1", "2001:db8:0:1::1", false},
      {"::1", "::2", true},
      {"::1", "1::", false},
      {"::ffff:192.0.2.1", "::ffff:192.0.2.2", false},
      {"192.0.2.1", "192.0.2.2", false},
  };
  const Timestamp now{60'000'000'000};
  for (const auto& [counted, asked, same] : cases) {
    AddressThrottle throttle;
    for (int i = 0; i < 100; ++i) throttle.count_wrong(counted, now);
    EXPECT_EQ(!throttle.admit(asked, now), same) << counted << " and " << asked;
  }
}

}  // namespace

}  // namespace weft
