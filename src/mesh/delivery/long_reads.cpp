#include "mesh/delivery/long_reads.h"

namespace weft {

namespace {

// About a tenth of a second of one processor, each.
constexpr std::int64_t kManyValues = 2'000'000;  // sorted or written
constexpr std::int64_t kManyRows = 5'000'000;    // looked through

constexpr int kRetrySeconds = 2;

}  // namespace

bool is_long(const ReadPlan& plan, DataFormat format, std::int64_t rows) {
  const bool ordered = !plan.parts.order_by.empty() || plan.parts.row_order == RowOrder::Lost;
  const bool spooled = format == DataFormat::Parquet && !plan.unchanged;
  const auto values = rows_in_page(plan.page, rows) * static_cast<std::int64_t>(plan.columns.size());
  if ((ordered || spooled) && values > kManyValues) return true;
  return (ordered || spooled || !plan.all_rows) && rows > kManyRows;
}

void LongRead::rest() {
  if (all_ != nullptr) all_->working_.fetch_sub(1, std::memory_order_relaxed);
  all_ = nullptr;
}

Result<LongRead> LongReads::take(const UserId& user) {
  auto slot = slots_.take(user);
  if (!slot) {
    auto error = make_error(ErrorKind::TooManyRequests, "data.too_many_long_reads",
                            fmt::format("You have {} long reads under way already.", limits_.per_user))
                     .with_hint("Wait for one to end. Long are large sorts, filtered Parquet, and filters and counts over very many rows.");
    error.retry_after_seconds = kRetrySeconds;
    return fail(std::move(error));
  }
  if (working_.fetch_add(1, std::memory_order_relaxed) >= limits_.working) {
    working_.fetch_sub(1, std::memory_order_relaxed);
    auto error = make_error(ErrorKind::Unavailable, "data.busy", "The server works on as many long reads as it can.")
                     .with_hint("Try again in a moment.");
    error.retry_after_seconds = kRetrySeconds;
    return fail(std::move(error));
  }
  return LongRead(this, *std::move(slot));
}

}  // namespace weft
