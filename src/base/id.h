// Strong identifiers: text, unguessable, sortable by the time of their making (UUID version 7, RFC 9562).
#pragma once

#include <compare>
#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"

namespace weft {

// A new UUIDv7 in its canonical lower-case text form. Random bits come from the kernel.
[[nodiscard]] std::string new_uuid(Timestamp now);

// Whether `text` has the canonical form of a UUID (36 characters, lower-case hex and dashes).
[[nodiscard]] bool is_uuid(std::string_view text);

template <typename Tag>
class Id {
 public:
  Id() = default;
  explicit Id(std::string text) : text_(std::move(text)) {}
  [[nodiscard]] static Id make(Timestamp now) { return Id(new_uuid(now)); }

  [[nodiscard]] const std::string& text() const { return text_; }
  [[nodiscard]] bool empty() const { return text_.empty(); }
  auto operator<=>(const Id&) const = default;

 private:
  std::string text_;
};

}  // namespace weft

template <typename Tag>
struct std::hash<weft::Id<Tag>> {
  std::size_t operator()(const weft::Id<Tag>& id) const noexcept { return std::hash<std::string>{}(id.text()); }
};
