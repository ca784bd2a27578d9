// What the server does by itself: hits are folded, mail is sent, the catalog's index follows, grants expire at their instant, what has run out is
// forgotten. Runs have their own dispatcher.
#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>

#include "mesh/catalog/follow_changes.h"
#include "mesh/door/idempotency_store.h"
#include "mesh/identity/password_throttle.h"
#include "mesh/identity/user_store.h"
#include "mesh/notification/deliver_mails_mail.h"
#include "mesh/run/run_store.h"
#include "mesh/subscription/subscription_ports.h"
#include "mesh/usage/fold_hits.h"

namespace weft {

// How long what is no longer needed stays.
struct Retention {
  std::chrono::milliseconds usage_exact{}, runs{}, notifications{};
};

struct HousekeepingPorts {
  Transactor& transactor;
  const UsagePorts& usage;
  const SubscriptionPorts& subscriptions;
  CredentialStore& credentials;
  WrongPasswordStore& wrong_passwords;
  IdempotencyStore& idempotency;
  MailPorts mail;
  CatalogFollower& catalog;
  RunStore& runs;
  const Clock& clock;
  Retention retention;
  std::function<void(std::int64_t count)> mails_waiting;
};

// Three threads: neither a slow mail server nor a long index must keep a grant open.
class Housekeeping {
 public:
  // What `ports` name outlives it.
  explicit Housekeeping(HousekeepingPorts ports);
  Housekeeping(const Housekeeping&) = delete;
  Housekeeping& operator=(const Housekeeping&) = delete;
  ~Housekeeping() { stop(); }

  // Folds what is left. Blocks; idempotent.
  void stop();

 private:
  void keep_house();
  void send_mail();
  // Once a second at most.
  Result<void> count_mail();
  void keep_catalog();
  // False once it is to stop.
  bool pause(std::chrono::microseconds length);
  // How long until there is something to do.
  [[nodiscard]] Result<std::chrono::microseconds> rest() const;
  Result<void> expire();
  // Some of what has run out; the next time comes at once while there is more.
  void sweep();
  using Forget = std::function<Result<std::int64_t>(Tx& tx)>;  // how many rows are gone
  // False when nothing is left.
  Result<bool> forget(const Forget& some);

  const HousekeepingPorts ports_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  Timestamp next_sweep_, next_count_;
  std::thread house_, mail_, catalog_;
};

}  // namespace weft
