#include "mesh/delivery/read_grammar.h"

#include "base/ascii.h"
#include "mesh/delivery/text_cursor.h"

namespace weft {

namespace {

constexpr std::string_view kOperators = "eq, neq, gt, gte, lt, lte, like, ilike, in, is, isdistinct, each also after not.";
struct NamedOperator {
  std::string_view name;
  Operator op;
  enum class Quantified { No, Yes } quantified = Quantified::No;
};
constexpr std::array kNamedOperators = {
    NamedOperator{"eq", Operator::Equal, NamedOperator::Quantified::Yes},
    NamedOperator{"neq", Operator::NotEqual},
    NamedOperator{"gt", Operator::Greater, NamedOperator::Quantified::Yes},
    NamedOperator{"gte", Operator::GreaterEqual, NamedOperator::Quantified::Yes},
    NamedOperator{"lt", Operator::Less, NamedOperator::Quantified::Yes},
    NamedOperator{"lte", Operator::LessEqual, NamedOperator::Quantified::Yes},
    NamedOperator{"like", Operator::Like, NamedOperator::Quantified::Yes},
    NamedOperator{"ilike", Operator::ILike, NamedOperator::Quantified::Yes},
    NamedOperator{"in", Operator::In},
    NamedOperator{"is", Operator::Is},
    NamedOperator{"isdistinct", Operator::IsDistinct},
};

struct UnsupportedOperator {
  std::string_view name, why;
};
constexpr std::array kUnsupported = {
    UnsupportedOperator{"match", "regular expressions could hold up the server; use like with *"},
    UnsupportedOperator{"imatch", "regular expressions could hold up the server; use ilike with *"},
    UnsupportedOperator{"fts", "there is no full-text search on rows; use ilike with *"},
    UnsupportedOperator{"plfts", "there is no full-text search on rows; use ilike with *"},
    UnsupportedOperator{"phfts", "there is no full-text search on rows; use ilike with *"},
    UnsupportedOperator{"wfts", "there is no full-text search on rows; use ilike with *"},
    UnsupportedOperator{"cs", "lists are not compared"},
    UnsupportedOperator{"cd", "lists are not compared"},
    UnsupportedOperator{"ov", "lists are not compared"},
    UnsupportedOperator{"sl", "there are no range types"},
    UnsupportedOperator{"sr", "there are no range types"},
    UnsupportedOperator{"nxr", "there are no range types"},
    UnsupportedOperator{"nxl", "there are no range types"},
    UnsupportedOperator{"adj", "there are no range types"},
};

// ---- Values

bool ends_value(const TextCursor& cursor) { return cursor.at_end() || cursor.peek() == ',' || cursor.peek() == ')'; }

// A value that is quoted as a whole; else nothing is taken: `"a"b` is a bare value.
std::optional<std::string> take_quoted_value(TextCursor& cursor) {
  if (cursor.peek() != '"') return std::nullopt;
  auto ahead = cursor;
  ahead.skip(1);
  auto text = take_quoted(ahead);
  if (!text || !ends_value(ahead)) return std::nullopt;
  cursor = ahead;
  return text;
}

Result<void> check_value_size(std::string_view value) {
  if (value.size() <= kMaxValueBytes) return {};
  return fail(ErrorKind::Invalid, "data.limit_exceeded", fmt::format("A value in the query has more than {} bytes.", kMaxValueBytes));
}

enum class Place { TopLevel, InLogic };  // in and=(…) a value ends at `,` and `)`; at the top it is all that is left

Result<std::string> take_value(TextCursor& cursor, Place place) {
  std::string value;
  if (place == Place::TopLevel) {
    value = cursor.rest();
    cursor.skip(value.size());
  } else {
    if (auto quoted = take_quoted_value(cursor)) {
      value = *std::move(quoted);
    } else if (cursor.peek() == '{') {
      value = cursor.take_until("}");
      if (cursor.take("}")) value += '}';
    } else {
      value = cursor.take_until(",)");
    }
  }
  CHECK(check_value_size(value));
  return value;
}

Result<void> check_list_size(std::size_t size) {
  if (size <= kMaxListItems) return {};
  return fail(ErrorKind::Invalid, "data.limit_exceeded", fmt::format("A list in the query has more than {} items.", kMaxListItems));
}

// `(a,"b,c",d)`; `()` has no item.
Result<std::vector<std::optional<std::string>>> take_list(TextCursor& cursor) {
  std::vector<std::optional<std::string>> items;
  cursor.skip_blanks();
  if (!cursor.take("(")) return cursor.fail_here("'('", "A list is written in.(a,b,\"c,d\").");
  cursor.skip_blanks();
  while (true) {
    if (auto quoted = take_quoted_value(cursor)) {
      items.push_back(std::move(quoted));
    } else {
      items.emplace_back(cursor.take_until(",)"));
      if (items.size() == 1 && items[0]->empty() && cursor.peek() == ')') items.clear();
    }
    if (!items.empty()) CHECK(check_value_size(*items.back()));
    CHECK(check_list_size(items.size()));
    if (cursor.take(",")) continue;
    if (!cursor.take(")")) return cursor.fail_here("',' or ')'");
    cursor.skip_blanks();
    return items;
  }
}

// PostgreSQL's array literal `{a,"b,c",NULL}`, flat.
Result<std::vector<std::optional<std::string>>> parse_array(std::string_view text) {
  TextCursor cursor(text, "the list");
  std::vector<std::optional<std::string>> items;
  constexpr std::string_view kForm = "Several values are written {a,b,\"c,d\"}.";
  cursor.skip_blanks();
  if (!cursor.take("{")) return cursor.fail_here("'{'", std::string(kForm));
  cursor.skip_blanks();
  if (cursor.take("}") && cursor.at_end()) return items;
  while (true) {
    cursor.skip_blanks();
    if (cursor.take("\"")) {
      auto item = take_quoted(cursor);
      if (!item) return cursor.fail_here("a closing double quote");
      items.push_back(std::move(item));
      cursor.skip_blanks();
    } else {
      std::string item;
      while (!cursor.at_end() && cursor.peek() != ',' && cursor.peek() != '}') {
        if (cursor.peek() == '{' || cursor.peek() == '"') return cursor.fail_here("',' or '}'", std::string(kForm));
        if (cursor.take("\\") && cursor.at_end()) return cursor.fail_here("a character after \\");
        item += cursor.next();
      }
      const auto trimmed = trim(item);
      if (trimmed.empty()) return cursor.fail_here("a value", std::string(kForm));
      const bool null =
          trimmed.size() == 4 && std::ranges::equal(trimmed, std::string_view("null"), [](char a, char b) { return (a | 0x20) == b; });
      items.push_back(null ? std::nullopt : std::optional(std::string(trimmed)));
    }
    CHECK(check_list_size(items.size()));
    if (cursor.take(",")) continue;
    if (cursor.take("}") && cursor.at_end()) return items;
    return cursor.fail_here("',' or a closing '}'", std::string(kForm));
  }
}

Result<IsWord> take_is_word(TextCursor& cursor) {
  std::string word;
  while (!cursor.at_end() && (std::isalpha(static_cast<unsigned char>(cursor.peek())) != 0 || cursor.peek() == '_')) {
    word += lower_case(cursor.next());
  }
  if (word == "null") return IsWord::Null;
  if (word == "not_null") return IsWord::NotNull;
  if (word == "true") return IsWord::True;
  if (word == "false") return IsWord::False;
  if (word == "unknown") return IsWord::Unknown;
  return cursor.fail_here("null, not_null, true, false or unknown");
}

// ---- Conditions

// `not.eq.1`, behind the column's name and dot
Result<Logic> take_operation(TextCursor& cursor, std::string column, Place place) {
  Logic logic;
  logic.condition.column = std::move(column);
  if (cursor.take("not.")) logic.negation = Negation::Negated;
  auto before = cursor;
  const auto word = cursor.take_until(".(,)");
  if (const auto* refused = std::ranges::find(kUnsupported, word, &UnsupportedOperator::name); refused != kUnsupported.end()) {
    return fail(ErrorKind::Invalid, "data.not_supported", fmt::format("The operator '{}' is not supported: {}.", word, refused->why),
                fmt::format("Operators are {}.", kOperators));
  }
  const auto* named = std::ranges::find(kNamedOperators, word, &NamedOperator::name);
  if (named == kNamedOperators.end()) return before.fail_here("an operator", fmt::format("Operators are {}.", kOperators));
  auto& condition = logic.condition;
  condition.op = named->op;
  if (named->quantified == NamedOperator::Quantified::Yes) {
    if (cursor.take("(any)")) condition.quantifier = Quantifier::Any;
    if (cursor.take("(all)")) condition.quantifier = Quantifier::All;
  }
  if (!cursor.take(".")) return cursor.fail_here("'.'", "A condition is written column=operator.value, such as month=eq.1.");

  if (condition.op == Operator::In) {
    condition.values = TRY(take_list(cursor));
  } else if (condition.op == Operator::Is) {
    condition.word = TRY(take_is_word(cursor));
  } else {
    auto value = TRY(take_value(cursor, place));
    if (condition.quantifier == Quantifier::None) {
      condition.values.emplace_back(std::move(value));
    } else {
      condition.values = TRY(parse_array(value));
    }
  }
  return logic;
}

Result<Logic> take_logic_item(TextCursor& cursor, int depth);

// `(a.eq.1,b.eq.2)`
Result<Logic> take_logic_list(TextCursor& cursor, Logic::Kind kind, Negation negation, int depth) {
  if (depth > kMaxLogicDepth) {
    return fail(ErrorKind::Invalid, "data.limit_exceeded", fmt::format("and/or are nested more than {} deep.", kMaxLogicDepth));
  }
  Logic logic;
  logic.kind = kind;
  logic.negation = negation;
  cursor.skip_blanks();
  if (!cursor.take("(")) return cursor.fail_here("'('", "Conditions are grouped as or=(month.eq.1,day.eq.2).");
  do {
    logic.parts.push_back(TRY(take_logic_item(cursor, depth)));
    cursor.skip_blanks();
  } while (cursor.take(","));
  if (!cursor.take(")")) return cursor.fail_here("',' or ')'");
  cursor.skip_blanks();
  return logic;
}

Result<Logic> take_logic_item(TextCursor& cursor, int depth) {
  cursor.skip_blanks();
  auto nested = cursor;
  const auto negation = nested.take("not.") ? Negation::Negated : Negation::Plain;
  const auto kind = nested.at("and") ? Logic::Kind::And : Logic::Kind::Or;
  if (nested.take("and") || nested.take("or")) {
    nested.skip_blanks();
    if (nested.peek() == '(') {
      cursor = nested;
      return take_logic_list(cursor, kind, negation, depth + 1);
    }
  }
  auto column = TRY(take_name(cursor));
  CHECK(refuse_json_path(cursor));
  if (!cursor.take(".")) return cursor.fail_here("'.' and an operator", "Inside and/or a condition is written column.operator.value.");
  return take_operation(cursor, std::move(column), Place::InLogic);
}

}  // namespace

Result<Logic> parse_logic(Logic::Kind kind, Negation negation, std::string_view text) {
  TextCursor cursor(text, kind == Logic::Kind::And ? "and" : "or");
  auto logic = TRY(take_logic_list(cursor, kind, negation, 1));
  if (!cursor.at_end()) return cursor.fail_here("the end");
  return logic;
}

Result<Logic> parse_filter(std::string_view key, std::string_view value) {
  TextCursor name(key, "the parameter's name");
  auto column = TRY(take_name(name));
  CHECK(refuse_json_path(name));
  if (name.at(".")) {
    return fail(ErrorKind::Invalid, "data.embedded_filter",
                fmt::format("'{}' is not an embedded resource in this request", shorten(column, 80)),
                "A column whose name has a dot stands in double quotes: \"a.b\"=eq.1.");
  }
  if (!name.at_end()) return name.fail_here("the end of the name", std::string(kQuoteHint));
  TextCursor cursor(value, fmt::format("the filter on '{}'", shorten(column, 80)));
  auto logic = TRY(take_operation(cursor, std::move(column), Place::TopLevel));
  if (!cursor.at_end()) return cursor.fail_here("the end");
  return logic;
}

}  // namespace weft
