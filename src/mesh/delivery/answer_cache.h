// Answers that were given once. A snapshot never changes, so an answer for (snapshot, permitted view, query, format) never
// goes stale; what may go stale, the right to it, is no part of this: it is checked before anybody looks here.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace weft {

struct KnownAnswer {
  int status = 200;
  std::string content_range;  // empty: none
  std::string body;
  std::int64_t rows = 0;
};

// Thread-safe. Holds at most `max_bytes`; what was not asked for longest goes first. Outlives its fillings.
class AnswerCache {
 public:
  explicit AnswerCache(std::int64_t max_bytes) : max_bytes_(max_bytes) {}

  // Memory for an answer that is being put together; given back when it is destroyed.
  class Filling {
   public:
    Filling(Filling&& other) noexcept : cache_(std::exchange(other.cache_, nullptr)), bytes_(other.bytes_) {}
    Filling& operator=(Filling&&) = delete;
    Filling(const Filling&) = delete;
    ~Filling();
    [[nodiscard]] std::size_t bytes() const { return bytes_; }

   private:
    friend class AnswerCache;
    Filling(AnswerCache* cache, std::size_t bytes) : cache_(cache), bytes_(bytes) {}
    AnswerCache* cache_;
    std::size_t bytes_;
  };

  // Null: not known.
  [[nodiscard]] std::shared_ptr<const KnownAnswer> find(const std::string& key);
  // Whether an answer of that size would be kept: one takes no more than a quarter of the room.
  [[nodiscard]] bool has_room_for(std::size_t body_bytes) const;
  // nullopt: too large, or too much is being put together already; that is bounded by a quarter of the room, too.
  [[nodiscard]] std::optional<Filling> begin_filling(std::size_t body_bytes);
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
  std::size_t filling_ = 0;  // bytes
};

}  // namespace weft
