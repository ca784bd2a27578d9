// Reads that keep a thread of the pool busy for long: which ones they are, and how many of them may work at once. Not about
// how long they may take.
#pragma once

#include <atomic>

#include "mesh/delivery/accept.h"
#include "mesh/delivery/plan_read.h"
#include "mesh/delivery/reading_slots.h"

namespace weft {

// Whether reading `rows` rows by that plan may take long before, or between, the pieces of its answer: all rows are sorted or
// written to a file first, or very many are looked through. Pure; known beforehand is only what can be at most.
[[nodiscard]] bool is_long(const ReadPlan& plan, DataFormat format, std::int64_t rows);

class LongReads;

// The places that a long read has taken.
class LongRead {
 public:
  LongRead(LongRead&& other) noexcept : all_(std::exchange(other.all_, nullptr)), slot_(std::move(other.slot_)) {}
  LongRead& operator=(LongRead&&) = delete;
  LongRead(const LongRead&) = delete;
  ~LongRead() { rest(); }

  // What was long is done, and the answer only waits for its reader: others may work. His own place stays taken.
  void rest();

 private:
  friend class LongReads;
  LongRead(LongReads* all, ReadingSlot slot) : all_(all), slot_(std::move(slot)) {}
  LongReads* all_;
  ReadingSlot slot_;
};

struct LongReadLimits {
  int per_user = 2;
  int working = 3;  // of all users: the other threads of the pool are left to short reads
};

// Thread-safe. Outlives its reads.
class LongReads {
 public:
  explicit LongReads(LongReadLimits limits) : limits_(limits), slots_(limits.per_user) {}

  // At once or not at all: who would wait here held a thread. Errors: `data.too_many_long_reads` (TooManyRequests), his own;
  // `data.busy` (Unavailable), those of all.
  [[nodiscard]] Result<LongRead> take(const UserId& user);

 private:
  friend class LongRead;
  const LongReadLimits limits_;
  ReadingSlots slots_;
  std::atomic<int> working_{0};
};

}  // namespace weft
