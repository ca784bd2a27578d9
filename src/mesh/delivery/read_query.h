// The data door's query as a syntax tree: text → ReadQuery. The grammar is PostgREST's (docs/reference/data-door.md).
// Knows no schema: whether a column exists, or a value fits its type, is plan_read's business. No HTTP, no SQL.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace weft {

inline constexpr std::size_t kMaxQueryBytes = 16 * 1024;  // all names and values, decoded
inline constexpr std::size_t kMaxConditions = 100;        // each pattern of a like(any) is one
inline constexpr std::size_t kMaxValueBytes = 8 * 1024;
inline constexpr std::size_t kMaxListItems = 1000;  // of in.(…) and eq(any).{…}
inline constexpr std::size_t kMaxSelectItems = 1000;
inline constexpr std::size_t kMaxOrderKeys = 16;
inline constexpr int kMaxLogicDepth = 10;
inline constexpr std::int64_t kMaxOffset = 1'000'000'000'000;

enum class Operator { Equal, NotEqual, Greater, GreaterEqual, Less, LessEqual, Like, ILike, In, Is, IsDistinct };
enum class Quantifier { None, Any, All };
enum class IsWord { Null, NotNull, True, False, Unknown };

// `column=eq.value`
struct Condition {
  std::string column;
  Operator op = Operator::Equal;
  Quantifier quantifier = Quantifier::None;
  IsWord word = IsWord::Null;  // of Is
  // One, but for In and with a quantifier any number. NULL may be among those of {…}, as in SQL.
  std::vector<std::optional<std::string>> values;
  bool operator==(const Condition&) const = default;
};

enum class Negation { Plain, Negated };

struct Logic {
  enum class Kind { Condition, And, Or };
  Kind kind = Kind::Condition;
  Negation negation = Negation::Plain;
  Condition condition;
  std::vector<Logic> parts;  // of And, Or: at least one
  bool operator==(const Logic&) const = default;
};

struct SelectItem {
  std::string column;  // empty: `*`
  std::string alias;   // empty: the column's name
  std::string cast;    // a type's name as written, lower case; empty: none
  bool operator==(const SelectItem&) const = default;
};

enum class Direction { Ascending, Descending };
enum class Nulls { ByDirection, First, Last };  // ByDirection: as PostgreSQL, last when ascending, first when descending

struct OrderKey {
  std::string column;
  Direction direction = Direction::Ascending;
  Nulls nulls = Nulls::ByDirection;
  bool operator==(const OrderKey&) const = default;
};

struct RowPage {
  std::int64_t offset = 0;
  std::optional<std::int64_t> limit;
  bool operator==(const RowPage&) const = default;
};

enum class CountMode { None, Exact, Planned, Estimated };  // all but None count exactly
enum class Shape { Rows, SingleObject };

// What the door got, decoded: parameters in their order, repetitions kept; the headers' texts, empty where absent.
struct ReadRequest {
  std::vector<std::pair<std::string, std::string>> parameters;
  std::string range;           // only of a GET: HTTP defines it for nothing else
  std::string range_unit;      // honoured when empty or `items`
  std::string prefer;          // several headers joined by commas
  std::string accept_profile;  // `public` or empty
  Shape shape = Shape::Rows;
};

struct ReadQuery {
  std::vector<SelectItem> select;  // never empty
  std::vector<Logic> filters;      // all must hold
  std::vector<OrderKey> order;
  RowPage page;
  CountMode count = CountMode::None;
  Shape shape = Shape::Rows;
  std::string preference_applied;  // for the header Preference-Applied; empty: none
};

// Errors: `data.syntax`, `data.limit_exceeded`, `data.not_supported`, `data.embedding`, `data.aggregate`,
// `data.preference` (400), `data.range` (416), `data.profile` (406).
[[nodiscard]] Result<ReadQuery> parse_read_query(const ReadRequest& request);

// Where a value did not survive a cast: with the casts of the query, since the database's own words would quote the value.
[[nodiscard]] Error name_casts(Error error, const std::vector<SelectItem>& select);

// A grant's row filter: the filters of a query string, as they would stand in a URL (`%26` and `+` are decoded).
// Nothing but filters is allowed. Errors: as above, and `data.malformed_filter` for a bad escape.
[[nodiscard]] Result<std::vector<Logic>> parse_row_filter(std::string_view text);

}  // namespace weft
