#include "mesh/delivery/spool.h"

#include "base/id.h"
#include "base/quantity.h"

namespace weft {

namespace {

constexpr std::int64_t kLargestShare = 4;  // of the room for one answer

// For people: 3 MiB, not 3145729 B.
std::string rounded(std::int64_t bytes) {
  for (const auto unit : {std::int64_t{1} << 30, std::int64_t{1} << 20, std::int64_t{1} << 10}) {
    if (bytes >= unit) return to_text(ByteSize{bytes / unit * unit});
  }
  return to_text(ByteSize{bytes});
}

}  // namespace

SpooledFile::~SpooledFile() {
  (void)spool_.count(*this, 0);
  std::error_code ignored;  // mostly it has no name any more
  std::filesystem::remove(path_, ignored);
}

Result<void> SpooledFile::check() {
  std::error_code failure;
  const auto bytes = std::filesystem::file_size(path_, failure);
  if (failure) return {};  // not there yet
  return spool_.count(*this, static_cast<std::int64_t>(bytes));
}

std::unique_ptr<SpooledFile> Spool::make_file(std::string_view ending) {
  return std::make_unique<SpooledFile>(*this, folder_ / fmt::format("{}{}", new_uuid(SystemClock().now()), ending));
}

std::int64_t Spool::bytes() const {
  const std::scoped_lock lock(mutex_);
  return bytes_;
}

Result<void> Spool::count(SpooledFile& file, std::int64_t bytes) {
  const std::scoped_lock lock(mutex_);
  bytes_ += bytes - file.bytes_;
  file.bytes_ = bytes;
  const auto largest = max_bytes_ / kLargestShare;
  if (bytes > largest) {
    return fail(
        ErrorKind::TooLarge, "data.too_large",
        fmt::format("The answer takes more than {}, and it has to be whole first.", rounded(largest)),
        "Read fewer rows or columns, or another format than Parquet: those leave as they are made. All of a port as Parquet has no limit.");
  }
  if (bytes > 0 && bytes_ > max_bytes_) {
    auto error = make_error(ErrorKind::Unavailable, "data.spool_full", "There is no room for another answer that has to be whole first.")
                     .with_hint("Try again when others have been read, or read another format than Parquet.");
    error.retry_after_seconds = 5;
    return fail(std::move(error));
  }
  return {};
}

}  // namespace weft
