// What the server does by itself: hits are folded, mail is sent, grants expire at their instant, what has run out is
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
#include "mesh/subscription/subscription_ports.h"
#include "mesh/usage/fold_hits.h"

namespace weft {

struct HousekeepingPorts {
  Transactor& transactor;
  const UsagePorts& usage;
  const SubscriptionPorts& subscriptions;
  CredentialStore& credentials;
  WrongPasswordStore& wrong_passwords;
  IdempotencyStore& idempotency;
  CatalogFollower& catalog;
  MailPorts mail;
  const Clock& clock;
};

// A thread for each that may take long: neither a slow mail server nor a long index must keep a grant open.
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
  void keep_catalog();
  // False once it is to stop.
  bool pause(std::chrono::microseconds length);
  // How long until there is something to do.
  [[nodiscard]] std::chrono::microseconds rest() const;
  Result<void> expire();
  Result<void> sweep();

  const HousekeepingPorts ports_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  Timestamp swept_at_;
  std::thread house_, mail_, index_;
};

}  // namespace weft
