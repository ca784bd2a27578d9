#include "mesh/identity/work_slots.h"

namespace weft {

std::optional<WorkSlot> WorkSlots::try_take(const std::string& payer) {
  const std::scoped_lock lock(mutex_);
  auto& state = payers_[payer];
  if (state.busy + state.waiting >= options_.per_payer) return std::nullopt;  // those who wait come first
  ++state.busy;
  return WorkSlot(this, payer);
}

Result<WorkSlot> WorkSlots::take(const std::string& payer) {
  std::unique_lock lock(mutex_);
  auto& state = payers_[payer];  // stays where it is while anybody is counted in it
  auto refuse = [this] {
    auto error = make_error(ErrorKind::TooManyRequests, "worker.too_many",
                            fmt::format("You keep {} workers busy already, with runs and looks into data together.", options_.per_payer))
                     .with_hint("Wait for one to end, or cancel a run.");
    error.retry_after_seconds = 5;
    return error;
  };
  if (state.busy >= options_.per_payer) {
    if (state.waiting >= options_.waiting_per_payer) return fail(refuse());
    ++state.waiting;
    const bool free = freed_.wait_for(lock, options_.patience, [&] { return state.busy < options_.per_payer; });
    --state.waiting;
    if (!free) return fail(refuse());
  }
  ++state.busy;
  return WorkSlot(this, payer);
}

void WorkSlots::when_freed(std::function<void()> freed) {
  const std::scoped_lock lock(mutex_);
  when_freed_ = std::move(freed);
}

void WorkSlots::give_back(const std::string& payer) {
  std::function<void()> tell;
  {
    const std::scoped_lock lock(mutex_);
    auto found = payers_.find(payer);
    --found->second.busy;
    if (found->second.busy == 0 && found->second.waiting == 0) payers_.erase(found);
    freed_.notify_all();
    tell = when_freed_;
  }
  if (tell) tell();
}

}  // namespace weft
