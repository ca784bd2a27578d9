#include "mesh/delivery/answer_cache.h"

namespace weft {

namespace {

constexpr std::int64_t kLargestShare = 4;   // of the room for one answer
constexpr std::int64_t kBytesAround = 512;  // what an entry takes beside its texts

}  // namespace

std::shared_ptr<const KnownAnswer> AnswerCache::find(const std::string& key) {
  const std::scoped_lock lock(mutex_);
  const auto found = by_key_.find(key);
  if (found == by_key_.end()) return nullptr;
  entries_.splice(entries_.begin(), entries_, found->second);
  return found->second->answer;
}

bool AnswerCache::has_room_for(std::size_t body_bytes) const {
  return static_cast<std::int64_t>(body_bytes) + kBytesAround <= max_bytes_ / kLargestShare;
}

std::optional<AnswerCache::Filling> AnswerCache::begin_filling(std::size_t body_bytes) {
  const std::scoped_lock lock(mutex_);
  if (!has_room_for(filling_ + body_bytes)) return std::nullopt;
  filling_ += body_bytes;
  return Filling(this, body_bytes);
}

AnswerCache::Filling::~Filling() {
  if (cache_ == nullptr) return;
  const std::scoped_lock lock(cache_->mutex_);
  cache_->filling_ -= bytes_;
}

void AnswerCache::keep(std::string key, std::shared_ptr<const KnownAnswer> answer) {
  if (!has_room_for(answer->body.size())) return;
  Entries gone;  // ends outside the lock
  const auto size = static_cast<std::int64_t>(answer->body.capacity() + key.size()) + kBytesAround;
  const std::scoped_lock lock(mutex_);
  if (by_key_.contains(key)) return;
  entries_.push_front({std::move(key), std::move(answer), size});
  by_key_.emplace(entries_.front().key, entries_.begin());
  bytes_ += size;
  while (bytes_ > max_bytes_) {
    auto& last = entries_.back();
    bytes_ -= last.bytes;
    by_key_.erase(last.key);
    gone.splice(gone.begin(), entries_, std::prev(entries_.end()));
  }
}

std::int64_t AnswerCache::bytes() const {
  const std::scoped_lock lock(mutex_);
  return bytes_;
}

}  // namespace weft
