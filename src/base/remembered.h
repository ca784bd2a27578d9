// What was decided at one epoch of the store (Transactor::epoch()): it holds exactly as long as the epoch does, so all of it
// is forgotten at the first word of another. Epoch 0 remembers nothing.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

namespace weft {

// Thread-safe. Holds at most `max_entries`; when there are more it starts anew.
template <typename Value>
class Remembered {
 public:
  explicit Remembered(std::size_t max_entries) : max_entries_(max_entries) {}

  // What was kept under that key at that very epoch; null: nothing.
  [[nodiscard]] std::shared_ptr<const Value> find(std::string_view key, std::uint64_t epoch) const {
    const std::scoped_lock lock(mutex_);
    if (epoch == 0 || epoch != epoch_) return nullptr;
    const auto found = entries_.find(key);
    return found == entries_.end() ? nullptr : found->second;
  }

  // `epoch`: read before anything that `value` rests on was.
  void keep(std::string_view key, std::uint64_t epoch, std::shared_ptr<const Value> value) {
    Entries forgotten;  // ends outside the lock
    const std::scoped_lock lock(mutex_);
    if (epoch == 0 || epoch < epoch_) return;
    if (epoch > epoch_ || entries_.size() >= max_entries_) {
      forgotten.swap(entries_);
      epoch_ = epoch;
    }
    entries_.insert_or_assign(std::string(key), std::move(value));
  }

 private:
  struct Hash : std::hash<std::string_view> {
    using is_transparent = void;
  };
  using Entries = std::unordered_map<std::string, std::shared_ptr<const Value>, Hash, std::equal_to<>>;

  const std::size_t max_entries_;
  mutable std::mutex mutex_;
  std::uint64_t epoch_ = 0;
  Entries entries_;
};

}  // namespace weft
