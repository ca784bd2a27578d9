// Port: running a planned read on a snapshot's file and encoding the rows.
#pragma once

#include <filesystem>

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

class RowReader {
 public:
  virtual ~RowReader() = default;
  // `file` is absolute. Errors: `data.*` that a value in the query causes (overflow in a cast, …), `query.failed`.
  [[nodiscard]] virtual Result<std::unique_ptr<RowStream>> read(const std::filesystem::path& file, const ReadPlan& plan,
                                                                DataFormat format) = 0;
  [[nodiscard]] virtual Result<std::int64_t> count(const std::filesystem::path& file, const ReadPlan& plan) = 0;
};

}  // namespace weft
