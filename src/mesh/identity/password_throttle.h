// How many wrong passwords a name, or an address, may have. Counted per name in the store, so that a restart forgets
// nothing and all replicas count together; per address only in memory, against floods. Not about whether a password is
// right: see check_password.h.
#pragma once

#include <mutex>
#include <unordered_map>

#include "base/time.h"
#include "base/transaction.h"

namespace weft {

inline constexpr int kMaxWrongPasswords = 10;  // the tenth is answered 429 already
inline constexpr std::int64_t kWrongPasswordSeconds = 15 * 60;
inline constexpr int kMaxWrongPasswordsPerAddressAndMinute = 100;

// A try at a password, counted as wrong from its beginning, so that tries at the same time can't pass the limit together.
struct PasswordTry {
  enum class Verdict {
    Verify,      // look at the password
    LastVerify,  // look at it; if it is wrong, that is one too many
    Refuse,      // don't look at it: nobody shall learn whether it is right
  } verdict = Verdict::Refuse;
  int retry_after_seconds = 0;  // how long the name stays closed if this one is wrong
};

// Pure: judges a try at `now` and adds it to `wrong` unless it is refused; what is too old to count is dropped.
[[nodiscard]] PasswordTry judge_try(std::vector<Timestamp>& wrong, Timestamp now);

// Port: the wrong passwords of late. Names come hashed.
class WrongPasswordStore {
 public:
  virtual ~WrongPasswordStore() = default;
  // Tries of one name wait for each other until the commit. REQUIRES: Write.
  [[nodiscard]] virtual Result<PasswordTry> begin_try(Tx& tx, std::string_view name_hash, Timestamp now) = 0;
  // The try that began at `at` was right.
  [[nodiscard]] virtual Result<void> forget_try(Tx& tx, std::string_view name_hash, Timestamp at) = 0;
  // Drops names without a wrong password of late; at most `limit`.
  [[nodiscard]] virtual Result<std::int64_t> sweep(Tx& tx, Timestamp now, int limit) = 0;
};

// Wrong passwords per address (of IPv6: per network of 64 bits) within the running minute. Thread-safe.
class AddressThrottle {
 public:
  // Errors: `password.address_throttled` (429).
  [[nodiscard]] Result<void> admit(std::string_view address, Timestamp now);
  void count_wrong(std::string_view address, Timestamp now);

 private:
  std::mutex mutex_;
  std::int64_t minute_ = 0;
  std::unordered_map<std::string, int> wrong_;  // of this minute
};

// Errors for a closed name: `password.throttled` (429).
[[nodiscard]] Error too_many_wrong_passwords(int retry_after_seconds);

}  // namespace weft
