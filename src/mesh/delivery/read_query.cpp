#include "mesh/delivery/read_query.h"

#include <charconv>

#include "base/ascii.h"
#include "base/utf8.h"
#include "mesh/delivery/read_grammar.h"
#include "mesh/delivery/text_cursor.h"

namespace weft {

namespace {

struct LogicWord {
  std::string_view name;
  Logic::Kind kind;
  Negation negation;
};
constexpr std::array kLogicWords = {
    LogicWord{"and", Logic::Kind::And, Negation::Plain},
    LogicWord{"or", Logic::Kind::Or, Negation::Plain},
    LogicWord{"not.and", Logic::Kind::And, Negation::Negated},
    LogicWord{"not.or", Logic::Kind::Or, Negation::Negated},
};
// Of PostgREST's writes: a reader who sends them means something that will not happen.
constexpr std::array<std::string_view, 2> kWriteWords = {"columns", "on_conflict"};
constexpr std::array<std::string_view, 4> kShapeWords = {"select", "order", "limit", "offset"};

std::unexpected<Error> bad_range(std::string message) { return fail(ErrorKind::RangeNotSatisfiable, "data.range", std::move(message)); }

Result<std::int64_t> parse_count(std::string_view name, std::string_view text) {
  std::int64_t number = 0;
  const auto* end = text.data() + text.size();
  const auto [rest, problem] = std::from_chars(text.data(), end, number);
  if (problem != std::errc() || rest != end) {
    return fail(ErrorKind::Invalid, "data.syntax", fmt::format("{} must be a whole number, not '{}'", name, shorten(text, 40)));
  }
  if (number < 0) return bad_range(fmt::format("{} should be greater than or equal to zero.", name == "limit" ? "Limit" : "Offset"));
  if (name == "offset" && number > kMaxOffset) {
    return fail(ErrorKind::Invalid, "data.limit_exceeded", fmt::format("offset is more than {}.", kMaxOffset));
  }
  return number;
}

// ---- Range: `0-9`, `10-`, also `items=0-9`; what is none of these is not about rows and is ignored, as HTTP wants it.

struct RowRange {
  std::int64_t first = 0;
  std::optional<std::int64_t> last;
};

std::optional<std::int64_t> parse_digits(std::string_view text) {
  if (text.empty() || text.find_first_not_of("0123456789") != std::string_view::npos) return std::nullopt;
  std::int64_t number = 0;
  const auto [rest, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  return problem == std::errc() ? number : std::numeric_limits<std::int64_t>::max();
}

std::optional<RowRange> parse_range(std::string_view text) {
  text = trim(text);
  if (text.starts_with("items=")) text.remove_prefix(6);
  const auto dash = text.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const auto first = parse_digits(text.substr(0, dash));
  const auto last = parse_digits(text.substr(dash + 1));
  if (!first || (!last && dash + 1 != text.size())) return std::nullopt;
  return RowRange{*first, last};
}

// Range and limit/offset name rows of the same list; the answer is what both name.
Result<RowPage> combine(const RowPage& asked, const std::optional<RowRange>& range) {
  constexpr auto kEnd = std::numeric_limits<std::int64_t>::max();
  if (asked.limit == 0) return RowPage{0, 0};
  auto first = asked.offset;
  auto last = asked.limit && *asked.limit <= kEnd - asked.offset ? asked.offset + *asked.limit - 1 : kEnd;
  if (range) {
    first = std::max(first, range->first);
    last = std::min(last, range->last.value_or(kEnd));
    if (first > last) return bad_range("The lower boundary must be lower than or equal to the upper boundary in the Range header.");
    if (first > kMaxOffset)
      return fail(ErrorKind::Invalid, "data.limit_exceeded", fmt::format("The Range begins behind row {}.", kMaxOffset));
  }
  RowPage page;
  page.offset = first;
  if (last != kEnd) page.limit = last - first + 1;
  return page;
}

// ---- Prefer

struct Preferences {
  CountMode count = CountMode::None;
  std::string applied;
};

// Preferences of PostgREST that are about writes: nothing to do for them on a read, and nothing wrong with them.
bool is_about_writes(std::string_view preference) {
  constexpr std::array<std::string_view, 5> kNames = {"return=", "resolution=", "missing=", "tx=", "params="};
  return std::ranges::any_of(kNames, [&](std::string_view name) { return preference.starts_with(name); });
}

Result<Preferences> parse_prefer(std::string_view header) {
  Preferences preferences;
  std::string_view count, handling;
  std::vector<std::string> unknown;
  for (std::size_t at = 0; at <= header.size();) {
    const auto end = std::min(header.find(',', at), header.size());
    const auto preference = trim(header.substr(at, end - at));
    at = end + 1;
    if (preference == "count=exact" || preference == "count=planned" || preference == "count=estimated") {
      if (count.empty()) count = preference;
    } else if (preference == "handling=strict" || preference == "handling=lenient") {
      if (handling.empty()) handling = preference;
    } else if (!preference.empty() && !is_about_writes(preference)) {
      unknown.push_back(shorten(preference, 80));
    }
  }
  if (handling == "handling=strict" && !unknown.empty()) {
    return fail(ErrorKind::Invalid, "data.preference", fmt::format("Invalid preferences: {}", fmt::join(unknown, ", ")));
  }
  if (count == "count=exact") preferences.count = CountMode::Exact;
  if (count == "count=planned") preferences.count = CountMode::Planned;
  if (count == "count=estimated") preferences.count = CountMode::Estimated;
  preferences.applied = count;
  if (!handling.empty()) preferences.applied += fmt::format("{}{}", count.empty() ? "" : ", ", handling);
  return preferences;
}

// ---- Parameters

std::size_t count_conditions(const Logic& logic) {
  if (logic.kind == Logic::Kind::Condition) {
    const auto& condition = logic.condition;
    const bool patterns = condition.op == Operator::Like || condition.op == Operator::ILike;
    return patterns ? std::max<std::size_t>(condition.values.size(), 1) : 1;
  }
  std::size_t count = 0;
  for (const auto& part : logic.parts) count += count_conditions(part);
  return count;
}

Result<void> check_conditions(const std::vector<Logic>& filters) {
  std::size_t count = 0;
  for (const auto& filter : filters) count += count_conditions(filter);
  if (count <= kMaxConditions) return {};
  return fail(ErrorKind::Invalid, "data.limit_exceeded", fmt::format("The query has {} conditions, {} are allowed.", count, kMaxConditions),
              "Use in.(…) for many values of one column.");
}

using Parameter = std::pair<std::string, std::string>;

Result<Logic> parse_filter_parameter(const Parameter& parameter) {
  const auto& [name, value] = parameter;
  if (const auto* word = std::ranges::find(kLogicWords, name, &LogicWord::name); word != kLogicWords.end()) {
    return parse_logic(word->kind, word->negation, value);
  }
  if (std::ranges::find(kWriteWords, name) != kWriteWords.end()) {
    return fail(ErrorKind::Invalid, "data.syntax", fmt::format("The parameter '{}' is for writing; the data door only reads.", name),
                fmt::format("A filter on a column of that name is written \"{}\"=eq.…, with the double quotes.", name));
  }
  return parse_filter(name, value);
}

Result<void> check_size(const std::vector<Parameter>& parameters) {
  std::size_t bytes = 0;
  for (const auto& [name, value] : parameters) bytes += name.size() + value.size() + 2;
  if (bytes <= kMaxQueryBytes) return {};
  return fail(ErrorKind::Invalid, "data.limit_exceeded", fmt::format("The query has more than {} bytes.", kMaxQueryBytes));
}

}  // namespace

Result<ReadQuery> parse_read_query(const ReadRequest& request) {
  CHECK(check_size(request.parameters));
  if (!request.accept_profile.empty() && request.accept_profile != "public") {
    return fail(ErrorKind::NotAcceptable, "data.profile", "The schema must be one of the following: public",
                "A port is its own address; leave Accept-Profile out.");
  }
  ReadQuery query;
  query.shape = request.shape;
  std::vector<std::string_view> seen;
  RowPage asked;
  for (const auto& parameter : request.parameters) {
    const auto& [name, value] = parameter;
    if (std::ranges::find(kShapeWords, name) == kShapeWords.end()) {
      query.filters.push_back(TRY(parse_filter_parameter(parameter)));
      continue;
    }
    if (std::ranges::find(seen, name) != seen.end()) {
      return fail(ErrorKind::Invalid, "data.syntax", fmt::format("The parameter '{}' is given more than once.", name));
    }
    seen.push_back(name);
    if (name == "select") query.select = TRY(parse_select(value));
    if (name == "order") query.order = TRY(parse_order(value));
    if (name == "limit") asked.limit = TRY(parse_count(name, value));
    if (name == "offset") asked.offset = TRY(parse_count(name, value));
  }
  if (query.select.empty()) query.select.emplace_back();
  CHECK(check_conditions(query.filters));
  const bool rows = request.range_unit.empty() || request.range_unit == "items";
  query.page = TRY(combine(asked, rows ? parse_range(request.range) : std::nullopt));
  auto preferences = TRY(parse_prefer(request.prefer));
  query.count = preferences.count;
  query.preference_applied = std::move(preferences.applied);
  return query;
}

namespace {

Result<std::string> decode(std::string_view text) {
  auto malformed = [](std::string message) {
    return fail(ErrorKind::Invalid, "data.malformed_filter", std::move(message),
                "It is written as in a URL: % is %25, & is %26, + is %2B.");
  };
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+') {
      decoded += ' ';
    } else if (text[i] == '%') {
      const auto high = i + 1 < text.size() ? hex_digit(text[i + 1]) : -1;
      const auto low = i + 2 < text.size() ? hex_digit(text[i + 2]) : -1;
      if (high < 0 || low < 0)
        return malformed(fmt::format("The row filter has a % without two hexadecimal digits at character {}.", i + 1));
      decoded += static_cast<char>(high * 16 + low);
      i += 2;
    } else {
      decoded += text[i];
    }
  }
  if (decoded.find('\0') != std::string::npos || find_invalid_utf8(decoded)) return malformed("The row filter is not UTF-8 text.");
  return decoded;
}

}  // namespace

Error name_casts(Error error, const std::vector<SelectItem>& select) {
  if (error.id != "query.conversion" && error.id != "query.out_of_range") return error;
  std::vector<std::string> casts;
  for (const auto& item : select) {
    if (!item.cast.empty()) casts.push_back(fmt::format("{}::{}", item.column, item.cast));
  }
  if (casts.empty()) return error;
  error.message = fmt::format("A value does not survive the cast {}.", fmt::join(casts, " or "));
  error.hint = "Filter out what is none of that type, or leave the column as it is.";
  return error;
}

Result<std::vector<Logic>> parse_row_filter(std::string_view text) {
  if (text.size() > kMaxQueryBytes) {
    return fail(ErrorKind::Invalid, "data.limit_exceeded", fmt::format("The row filter has more than {} bytes.", kMaxQueryBytes));
  }
  std::vector<Logic> filters;
  for (std::size_t at = 0; at < text.size();) {
    const auto end = std::min(text.find('&', at), text.size());
    const auto pair = text.substr(at, end - at);
    at = end + 1;
    const auto equals = std::min(pair.find('='), pair.size());
    Parameter parameter{TRY(decode(pair.substr(0, equals))), TRY(decode(pair.substr(std::min(equals + 1, pair.size()))))};
    if (std::ranges::find(kShapeWords, parameter.first) != kShapeWords.end()) {
      return fail(ErrorKind::Invalid, "data.syntax", fmt::format("A row filter can't have '{}'.", parameter.first),
                  "Only conditions belong there, such as origin=eq.JFK; columns are limited by hidden_columns.");
    }
    filters.push_back(TRY(parse_filter_parameter(parameter)));
  }
  CHECK(check_conditions(filters));
  return filters;
}

}  // namespace weft
