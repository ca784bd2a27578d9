// Prepared statements of one connection by their text; the one unused longest makes room.
#pragma once

#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace weft {

// Some texts are put together by filter: without a bound, a user's choice of filters would grow it for ever.
inline constexpr std::size_t kMaxPreparedStatements = 256;

// Thread-compatible. `Prepared` is movable.
template <typename Prepared>
class StatementCache {
 public:
  // Valid until the next insert().
  [[nodiscard]] Prepared* find(std::string_view text) {
    const auto found = places_.find(text);
    if (found == places_.end()) return nullptr;
    entries_.splice(entries_.begin(), entries_, found->second);
    return &entries_.front().prepared;
  }

  // REQUIRES: the text is not in it. Returns what had to go.
  std::optional<Prepared> insert(std::string text, Prepared prepared) {
    std::optional<Prepared> evicted;
    if (entries_.size() >= kMaxPreparedStatements) {
      places_.erase(entries_.back().text);
      evicted = std::move(entries_.back().prepared);
      entries_.pop_back();
    }
    entries_.push_front({std::move(text), std::move(prepared)});
    places_.emplace(entries_.front().text, entries_.begin());
    return evicted;
  }

  void erase(std::string_view text) {
    const auto found = places_.find(text);
    if (found == places_.end()) return;
    const auto entry = found->second;
    places_.erase(found);
    entries_.erase(entry);
  }

 private:
  struct Entry {
    std::string text;
    Prepared prepared;
  };

  std::list<Entry> entries_;  // the one used last first; list nodes keep the texts where they are
  std::unordered_map<std::string_view, typename std::list<Entry>::iterator> places_;
};

}  // namespace weft
