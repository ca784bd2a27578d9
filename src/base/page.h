// Lists are read in pages: keyset paging by an opaque cursor.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace weft {

inline constexpr int kDefaultPageSize = 50;
inline constexpr int kMaxPageSize = 1000;

// `after` is the key of the last item seen (for most lists its id, which sorts by time). Stores return up to
// `limit` + 1 items: the extra one says that there are more.
struct PageRequest {
  int limit = kDefaultPageSize;
  std::optional<std::string> after;
};

template <typename T>
struct Page {
  std::vector<T> items;
  std::optional<std::string> next;  // key to pass as `after`
};

// Cuts the extra item that a store returned; `key` gives an item's key.
template <typename T, typename Key>
[[nodiscard]] Page<T> cut_page(std::vector<T> items, const PageRequest& request, Key key) {
  Page<T> page;
  if (items.size() > static_cast<std::size_t>(request.limit)) {
    items.resize(static_cast<std::size_t>(request.limit));
    page.next = key(items.back());
  }
  page.items = std::move(items);
  return page;
}

}  // namespace weft
