#include "mesh/delivery/watch_plans_duck.h"

#include "base/quantity.h"

namespace weft {

namespace {

constexpr std::chrono::milliseconds kLookEvery{100};
// Looks without a plan before it sleeps until there is one: under load nobody has to wake it.
constexpr int kIdleLooks = 10;

Error too_slow(std::chrono::milliseconds limit) {
  return make_error(ErrorKind::Timeout, "data.too_slow", fmt::format("The read worked for longer than {}.", to_text(limit)))
      .with_hint("Read fewer rows or columns, or without an order; all of a port as Parquet comes at once.");
}

}  // namespace

PlanWatch::PlanWatch(std::chrono::milliseconds time_limit) : time_limit_(time_limit), thread_([this] { watch(); }) {}

PlanWatch::~PlanWatch() {
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

PlanWatch::Watched::Watched(PlanWatch& watch, duck::Connection& connection, const StillWanted& still_wanted)
    : watch_(watch), plan_(std::make_shared<Plan>()) {
  plan_->connection = &connection;
  plan_->still_wanted = &still_wanted;
  plan_->started = std::chrono::steady_clock::now();
  const std::scoped_lock lock(watch_.mutex_);
  watch_.plans_.push_back(plan_);
  if (std::exchange(watch_.asleep_, false)) watch_.changed_.notify_all();
}

std::optional<Error> PlanWatch::Watched::end() {
  if (!plan_) return std::nullopt;
  const auto plan = std::exchange(plan_, nullptr);
  {
    const std::scoped_lock lock(watch_.mutex_);
    std::erase(watch_.plans_, plan);
  }
  const std::scoped_lock lock(plan->mutex);  // whoever looks at it now must not do so later
  plan->connection = nullptr;
  return std::move(plan->stopped);
}

void PlanWatch::watch() {
  std::unique_lock lock(mutex_);
  int idle = 0;
  while (!stopping_) {
    idle = plans_.empty() ? idle + 1 : 0;
    if (idle >= kIdleLooks) {
      asleep_ = true;
      changed_.wait(lock, [this] { return stopping_ || !asleep_; });
      idle = 0;
    }
    changed_.wait_for(lock, kLookEvery, [this] { return stopping_; });
    const auto plans = plans_;
    lock.unlock();
    for (const auto& plan : plans) look_at(*plan);
    lock.lock();
  }
}

void PlanWatch::look_at(Plan& plan) const {
  const std::scoped_lock lock(plan.mutex);
  if (plan.connection == nullptr) return;
  // Again and again: DuckDB forgets an interrupt that comes before the statement begins.
  if (!plan.stopped) {
    if (std::chrono::steady_clock::now() - plan.started > time_limit_) {
      plan.stopped = too_slow(time_limit_);
    } else if (*plan.still_wanted) {
      if (auto wanted = (*plan.still_wanted)(); !wanted) plan.stopped = wanted.error();
    }
  }
  if (plan.stopped) plan.connection->interrupt();
}

}  // namespace weft
