#include "mesh/identity/password_throttle.h"

#include <arpa/inet.h>

namespace weft {

namespace {

constexpr std::int64_t kMicrosPerSecond = 1'000'000;

// An IPv6 network of 64 bits belongs to one client.
std::string network_of(std::string_view address) {
  const std::string text(address);
  in6_addr parsed{};
  if (inet_pton(AF_INET6, text.c_str(), &parsed) != 1 || IN6_IS_ADDR_V4MAPPED(&parsed)) return text;
  return {reinterpret_cast<const char*>(parsed.s6_addr), 8};
}

int seconds_until(Timestamp time, Timestamp now) {
  return static_cast<int>(std::max<std::int64_t>(1, (time.micros - now.micros + kMicrosPerSecond - 1) / kMicrosPerSecond));
}

}  // namespace

PasswordTry judge_try(std::vector<Timestamp>& wrong, Timestamp now) {
  // A time ahead of now comes from a clock that was set back: it must not close the name for longer than the window.
  std::erase_if(
      wrong, [&](Timestamp at) { return at.plus_seconds(kWrongPasswordSeconds) <= now || now.plus_seconds(kWrongPasswordSeconds) < at; });
  std::ranges::sort(wrong);
  const auto opens_at = [&] { return wrong.front().plus_seconds(kWrongPasswordSeconds); };
  if (wrong.size() >= static_cast<std::size_t>(kMaxWrongPasswords)) {
    return {PasswordTry::Verdict::Refuse, seconds_until(opens_at(), now)};
  }
  wrong.push_back(now);
  const bool last = wrong.size() == static_cast<std::size_t>(kMaxWrongPasswords);
  return {last ? PasswordTry::Verdict::LastVerify : PasswordTry::Verdict::Verify, seconds_until(opens_at(), now)};
}

Result<void> AddressThrottle::admit(std::string_view address, Timestamp now) {
  const auto network = network_of(address);
  const std::lock_guard lock(mutex_);
  const auto minute = now.micros / (60 * kMicrosPerSecond);
  if (minute != minute_) return {};
  const auto known = wrong_.find(network);
  if (known == wrong_.end() || known->second < kMaxWrongPasswordsPerAddressAndMinute) return {};
  auto error = make_error(ErrorKind::TooManyRequests, "password.address_throttled", "Too many wrong passwords came from this address.");
  error.hint = "Wait a minute.";
  error.retry_after_seconds = seconds_until({(minute + 1) * 60 * kMicrosPerSecond}, now);
  return fail(std::move(error));
}

void AddressThrottle::count_wrong(std::string_view address, Timestamp now) {
  auto network = network_of(address);
  const std::lock_guard lock(mutex_);
  const auto minute = now.micros / (60 * kMicrosPerSecond);
  if (minute != minute_) {  // so it never holds more addresses than passwords can be verified in a minute
    minute_ = minute;
    wrong_.clear();
  }
  ++wrong_[std::move(network)];
}

Error too_many_wrong_passwords(int retry_after_seconds) {
  auto error = make_error(ErrorKind::TooManyRequests, "password.throttled", "Too many wrong passwords were given for this name.");
  error.hint = fmt::format("Wait {} seconds, or have an administrator make a link that sets a new password.", retry_after_seconds);
  error.retry_after_seconds = retry_after_seconds;
  return error;
}

}  // namespace weft
