// Port: running a planned read on a snapshot's file and encoding the rows.
#pragma once

#include <filesystem>
#include <functional>

#include "mesh/delivery/accept.h"
#include "mesh/delivery/plan_read.h"

namespace weft {

// A running read. One thread at a time.
class RowStream {
 public:
  virtual ~RowStream() = default;
  // Replaces `chunk` by the next bytes (about 256 KiB); false when there are no more. `rows` grows by what it holds.
  [[nodiscard]] virtual Result<bool> next(std::string& chunk, std::int64_t& rows) = 0;
  // Of all chunks together, where that is known beforehand.
  [[nodiscard]] virtual std::optional<std::uint64_t> bytes() const { return std::nullopt; }
};

// Asked every now and then while a read works, on another thread, never twice at a time: its error stops the read and is what
// comes of it. Empty: nobody asks. Lives as long as the stream.
using StillWanted = std::function<Result<void>()>;

class RowReader {
 public:
  virtual ~RowReader() = default;
  // `file` is absolute. Errors: `data.*` that a value in the query causes (overflow in a cast, …), `query.failed`,
  // `data.too_slow` (Timeout), `data.too_large` (TooLarge) and `data.spool_full` (Unavailable) of what must be whole before
  // it leaves; what `still_wanted` says. The stream fails likewise.
  [[nodiscard]] virtual Result<std::unique_ptr<RowStream>> read(const std::filesystem::path& file, const ReadPlan& plan, DataFormat format,
                                                                StillWanted still_wanted) = 0;
  [[nodiscard]] virtual Result<std::int64_t> count(const std::filesystem::path& file, const ReadPlan& plan, StillWanted still_wanted) = 0;
};

}  // namespace weft
