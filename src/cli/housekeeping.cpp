#include "cli/housekeeping.h"

#include "base/caught.h"
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

// What `work` returns; its failure is noted.
template <typename Work>
auto noted(std::string_view doing, Work work) {
  auto done = caught(std::move(work));
  note(done, doing);
  return done;
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
  (void)noted("folding hits", [this] { return fold_hits(ports_.usage); });
}

bool Housekeeping::pause(std::chrono::microseconds length) {
  std::unique_lock lock(mutex_);
  return !changed_.wait_for(lock, length, [this] { return stopping_; });
}

void Housekeeping::keep_house() {
  std::chrono::microseconds rested{};
  do {
    const auto expired = noted("expiring grants", [this] { return expire(); });
    (void)noted("folding hits", [this] { return fold_hits(ports_.usage); });
    sweep();
    rested = expired ? noted("looking for the next end", [this] { return rest(); }).value_or(kPause) : kPause;
  } while (pause(rested));
}

void Housekeeping::send_mail() {
  auto rest = kPause;
  do {
    // One at a time: a mail server that does not answer must not keep us from stopping.
    const auto tried = noted("delivering mail", [this] { return deliver_mails(ports_.mail, 1); });
    (void)noted("counting mail", [this] { return count_mail(); });
    rest = tried && *tried > 0 ? std::chrono::microseconds(0) : kPause;
  } while (pause(rest));
}

Result<void> Housekeeping::count_mail() {
  const auto now = ports_.clock.now();
  if (now < next_count_) return {};
  next_count_ = now.plus_seconds(1);
  const auto tx = TRY(ports_.transactor.begin(TxMode::Read));
  ports_.mails_waiting(TRY(ports_.mail.outbox.count_waiting(*tx)));
  return {};
}

// So that no search waits for the index; each pause is a point from which a restart goes on.
void Housekeeping::keep_catalog() {
  do {
    const auto followed = caught([this]() -> Result<void> {
      CHECK(ports_.catalog.follow());
      return ports_.catalog.save();
    });
    if (!followed && followed.error().kind != ErrorKind::Unavailable) note(followed, "following changes");
  } while (pause(kPause));
}

Result<std::chrono::microseconds> Housekeeping::rest() const {
  const auto tx = TRY(ports_.transactor.begin(TxMode::Read));
  const auto next = TRY(ports_.subscriptions.subscriptions.next_end(*tx));
  if (!next) return kPause;
  return std::clamp(std::chrono::microseconds(next->micros - ports_.clock.now().micros), std::chrono::microseconds(0), kPause);
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
    const auto left = noted("forgetting what has run out", [&] { return forget(some); });
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
