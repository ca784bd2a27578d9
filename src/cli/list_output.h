// How commands print what the API answered: as a table for people, or as the API's own JSON.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/mesh_client.h"

namespace weft {

// What every command that lists takes.
struct ListOptions {
  std::optional<std::int64_t> limit;  // not said: kUsualLimit
  enum class Extent { Limited, All } extent = Extent::Limited;
  std::string cursor;  // `next` of an earlier call with --json
};
inline constexpr std::int64_t kUsualLimit = 50;

struct ListColumn {
  std::string title;
  std::string pointer;  // JSON pointer into the item
};

struct ListRequest {
  std::string path;
  QueryPairs query;
  ListOptions options;
  std::vector<ListColumn> columns;
  std::string nothing;  // the remark when there is nothing
};

// JSON goes out page by page as one list, `{"items":[…],"next":…}`, with whatever the API said beside its items.
[[nodiscard]] Result<void> print_list(MeshClient& client, const ListRequest& request, const PersonOptions& options);

// One object: its JSON, or `text`.
[[nodiscard]] Result<void> print_object(const json::value& object, const PersonOptions& options, const std::string& text);

// A value for people: lists joined, people and products by name, times without their fractions.
[[nodiscard]] std::string cell_at(const json::value& value, std::string_view pointer);
[[nodiscard]] std::string cell_of(const json::value& value);

// The width that a table may have: that of the terminal, or any.
[[nodiscard]] std::optional<std::size_t> table_width();

}  // namespace weft
