#include "cli/housekeeping.h"

#include "mesh/subscription/expire_subscriptions.h"
#include "platform/log/log.h"

namespace weft {

namespace {

constexpr std::chrono::microseconds kPause = std::chrono::seconds(1);
constexpr int kBatch = 100;
constexpr std::int64_t kSweepEverySeconds = 60;
// Small transactions, so that nobody waits long for the writer's place; a few in a row, so that no grant waits for its end.
constexpr int kSweepAtOnce = 500;
constexpr int kSweepsInARow = 10;

template <typename T>
void note(const Result<T>& done, std::string_view doing) {
  if (!done) log::write(log::Level::Error, "job failed", done.error(), {{"doing", doing}});
}

}  // namespace

Housekeeping::Housekeeping(HousekeepingPorts ports) : ports_(std::move(ports)) {
  house_ = std::thread([this] { keep_house(); });
  mail_ = std::thread([this] { send_mail(); });
  catalog_ = std::thread([this] { keep_catalog(); });
}

void Housekeeping::stop() {
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
    changed_.notify_all();
  }
  ports_.catalog.stop();
  if (catalog_.joinable()) catalog_.join();
  if (mail_.joinable()) mail_.join();
  if (!house_.joinable()) return;
  house_.join();
  note(fold_hits(ports_.usage), "folding hits");
}

bool Housekeeping::pause(std::chrono::microseconds length) {
  std::unique_lock lock(mutex_);
  return !changed_.wait_for(lock, length, [this] { return stopping_; });
}

void Housekeeping::keep_house() {
  std::chrono::microseconds rested{};
  do {
    const auto expired = expire();
    note(expired, "expiring grants");
    note(fold_hits(ports_.usage), "folding hits");
    sweep();
    rested = expired ? rest() : std::chrono::microseconds(kPause);
  } while (pause(rested));
}

void Housekeeping::send_mail() {
  auto rest = kPause;
  do {
    // One at a time: a mail server that does not answer must not keep us from stopping.
    const auto tried = deliver_mails(ports_.mail, 1);
    note(tried, "delivering mail");
    count_mail();
    rest = tried && *tried > 0 ? std::chrono::microseconds(0) : kPause;
  } while (pause(rest));
}

void Housekeeping::count_mail() {
  const auto now = ports_.clock.now();
  if (now < next_count_) return;
  next_count_ = now.plus_seconds(1);
  auto tx = ports_.transactor.begin(TxMode::Read);
  if (!tx) return;  // what is known stays
  if (const auto count = ports_.mail.outbox.count_waiting(**tx)) ports_.mails_waiting(*count);
}

// So that no search waits for the index; each pause is a point from which a restart goes on.
void Housekeeping::keep_catalog() {
  do {
    auto followed = ports_.catalog.follow();
    if (followed) followed = ports_.catalog.save();
    if (!followed && followed.error().kind != ErrorKind::Unavailable) note(followed, "following changes");
  } while (pause(kPause));
}

std::chrono::microseconds Housekeeping::rest() const {
  auto tx = ports_.transactor.begin(TxMode::Read);
  if (!tx) return kPause;
  const auto next = ports_.subscriptions.subscriptions.next_end(**tx);
  if (!next || !*next) return kPause;
  return std::clamp(std::chrono::microseconds((*next)->micros - ports_.clock.now().micros), std::chrono::microseconds(0), kPause);
}

Result<void> Housekeeping::expire() {
  auto reading = TRY(ports_.transactor.begin(TxMode::Read));
  if (TRY(ports_.subscriptions.subscriptions.overdue(*reading, ports_.clock.now(), 1)).empty()) return {};
  reading.reset();
  const Principal system;
  CHECK(transact(ports_.transactor, [&](Tx& tx) {
    return expire_subscriptions(tx, Context{ports_.clock.now(), system, "housekeeping"}, ports_.subscriptions, kBatch);
  }));
  return {};
}

void Housekeeping::sweep() {
  const auto now = ports_.clock.now();
  if (now < next_sweep_) return;
  const auto ago = [now](std::chrono::milliseconds span) { return Timestamp{now.micros - std::chrono::microseconds(span).count()}; };
  const auto& retention = ports_.retention;
  const Forget all[] = {
      [&](Tx& tx) { return ports_.credentials.sweep(tx, now, kSweepAtOnce); },
      [&](Tx& tx) { return ports_.wrong_passwords.sweep(tx, now, kSweepAtOnce); },
      [&](Tx& tx) { return ports_.idempotency.sweep(tx, now, kSweepAtOnce); },
      [&](Tx& tx) { return ports_.usage.usage.forget_seconds(tx, ago(retention.usage_exact), kSweepAtOnce); },
      [&](Tx& tx) { return ports_.runs.sweep(tx, ago(retention.runs), kSweepAtOnce); },
      [&](Tx& tx) { return ports_.mail.outbox.sweep(tx, ago(retention.notifications), kSweepAtOnce); },
  };
  bool more = false;
  for (const auto& some : all) {
    const auto left = forget(some);
    note(left, "forgetting what has run out");
    more = more || left.value_or(false);
  }
  if (!more) next_sweep_ = now.plus_seconds(kSweepEverySeconds);
}

Result<bool> Housekeeping::forget(const Forget& some) {
  for (int i = 0; i < kSweepsInARow; ++i) {
    auto tx = TRY(ports_.transactor.begin(TxMode::Write));
    const auto gone = TRY(some(*tx));
    if (gone == 0) return false;  // nothing to write
    CHECK(tx->commit());
    if (gone < kSweepAtOnce) return false;
  }
  return true;
}

}  // namespace weft
