// Answers that were given once. A snapshot never changes, so an answer for (snapshot, permitted view, query, format) never
// goes stale; what may go stale, the right to it, is no part of this: it is checked before anybody looks here.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

namespace weft {

struct KnownAnswer {
  int status = 200;
  std::string content_range;  // empty: none
  std::string body;
  std::int64_t rows = 0;
};

// Thread-safe. Holds at most `max_bytes`; what was not asked for longest goes first.
class AnswerCache {
 public:
  explicit AnswerCache(std::int64_t max_bytes) : max_bytes_(max_bytes) {}

  // Null: not known.
  [[nodiscard]] std::shared_ptr<const KnownAnswer> find(const std::string& key);
  // Whether an answer of that size would be kept: one takes no more than an eighth of the room.
  [[nodiscard]] bool has_room_for(std::size_t body_bytes) const;
  void keep(std::string key, std::shared_ptr<const KnownAnswer> answer);
  [[nodiscard]] std::int64_t bytes() const;

 private:
  struct Entry {
    std::string key;
    std::shared_ptr<const KnownAnswer> answer;
    std::int64_t bytes = 0;
  };
  using Entries = std::list<Entry>;

  const std::int64_t max_bytes_;
  mutable std::mutex mutex_;
  Entries entries_;  // the one that was asked for last is first
  std::unordered_map<std::string_view, Entries::iterator> by_key_;
  std::int64_t bytes_ = 0;
};

}  // namespace weft
