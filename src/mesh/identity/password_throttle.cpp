#include "mesh/identity/password_throttle.h"

namespace weft {

namespace {

constexpr std::int64_t kMicrosPerSecond = 1'000'000;

void split_groups(std::string_view text, std::vector<std::string_view>& groups) {
  while (!text.empty()) {
    const auto colon = text.find(':');
    groups.push_back(text.substr(0, colon));
    text.remove_prefix(colon == std::string_view::npos ? text.size() : colon + 1);
  }
}

// An IPv6 network of 64 bits belongs to one client: the first four groups, where `::` stands for the zeros that are missing.
std::string network_of(std::string_view address) {
  constexpr std::size_t kGroups = 8;
  const bool is_v4 = address.find(':') == std::string_view::npos || address.find('.') != std::string_view::npos;
  if (is_v4) return std::string(address);
  const auto gap = address.find("::");
  std::vector<std::string_view> groups, after_gap;
  split_groups(address.substr(0, gap), groups);
  if (gap != std::string_view::npos) split_groups(address.substr(gap + 2), after_gap);
  while (groups.size() + after_gap.size() < kGroups) groups.emplace_back("0");
  groups.insert(groups.end(), after_gap.begin(), after_gap.end());
  return fmt::format("{}:{}:{}:{}", groups[0], groups[1], groups[2], groups[3]);
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
