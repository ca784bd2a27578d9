#include "mesh/delivery/compile_filter.h"

#include "base/utf8.h"
#include "mesh/delivery/like_pattern.h"
#include "mesh/delivery/read_value.h"

namespace weft {

namespace {

using Fragments = std::vector<SqlFragment>;

// Longer lists are looked up in a hash table, which costs the order of rows; shorter ones are compared one by one.
constexpr std::size_t kMaxUnrolledList = 64;

// ---- Combining

SqlFragment join(Fragments fragments, Logic::Kind kind) {
  std::ranges::sort(fragments, [](const SqlFragment& a, const SqlFragment& b) { return a < b; });
  fragments.erase(std::unique(fragments.begin(), fragments.end()), fragments.end());
  if (fragments.size() == 1) return std::move(fragments[0]);
  SqlFragment joined{"(", {}};
  for (std::size_t i = 0; i < fragments.size(); ++i) {
    if (i > 0) joined.append(kind == Logic::Kind::And ? " AND " : " OR ");
    joined.append(std::move(fragments[i]));
  }
  joined.append(")");
  return joined;
}

SqlFragment negate(SqlFragment inner) {
  SqlFragment negated{"NOT (", {}};
  negated.append(std::move(inner));
  negated.append(")");
  return negated;
}

Negation toggle(Negation negation) { return negation == Negation::Plain ? Negation::Negated : Negation::Plain; }

// ---- One condition

// The column as SQL, and what its values are.
struct Operand {
  std::string sql;
  std::string_view name;
  ColumnType type;
  std::string shown_type;
};

// NULL where the column is, else the truth. DuckDB has no cheaper way to say it.
SqlFragment constant(const Operand& operand, bool truth) { return {fmt::format("{0} {1} {0}", operand.sql, truth ? "=" : "<>"), {}}; }

SqlFragment bound(std::string_view before, ReadValue value, std::string_view type) {
  return {fmt::format("{}CAST(? AS {})", before, type), {std::move(value)}};
}

std::string_view symbol(Operator op) {
  switch (op) {
    case Operator::Equal: return "=";
    case Operator::NotEqual: return "<>";
    case Operator::Greater: return ">";
    case Operator::GreaterEqual: return ">=";
    case Operator::Less: return "<";
    case Operator::LessEqual: return "<=";
    case Operator::IsDistinct:
    case Operator::Like:
    case Operator::ILike:
    case Operator::In:
    case Operator::Is: break;
  }
  return "";
}

// The comparison that is true where `op` is false. In three-valued logic, too.
std::optional<Operator> opposite(Operator op) {
  switch (op) {
    case Operator::Equal: return Operator::NotEqual;
    case Operator::NotEqual: return Operator::Equal;
    case Operator::Greater: return Operator::LessEqual;
    case Operator::GreaterEqual: return Operator::Less;
    case Operator::Less: return Operator::GreaterEqual;
    case Operator::LessEqual: return Operator::Greater;
    default: return std::nullopt;
  }
}

// Zero and NaN have several bit patterns that are equal. DuckDB 1.5.5 looks for only one of them in a Parquet file's Bloom
// filter and misses the rows with another: such an equality is written in a form that does not ask the Bloom filter.
std::optional<SqlFragment> equals_by_range(const Operand& operand, const ReadValue& value) {
  if (operand.type.kind != ColumnType::Kind::Float && operand.type.kind != ColumnType::Kind::Double) return std::nullopt;
  if (value == ReadValue("NaN")) return SqlFragment{fmt::format("isnan({})", operand.sql), {}};
  if (value != ReadValue(0.0)) return std::nullopt;
  return SqlFragment{fmt::format("{} BETWEEN 0 AND 0", operand.sql), {}};
}

// In place of IS DISTINCT FROM: within an OR, DuckDB 1.5.5 takes of a row group without values that nothing in it is distinct.
SqlFragment null_or(const Operand& operand, SqlFragment differs) {
  return {fmt::format("({} IS NULL OR {})", operand.sql, differs.text), std::move(differs.params)};
}

Result<SqlFragment> compare(const Operand& operand, Operator op, std::string_view text) {
  auto literal = TRY(parse_literal(operand.type, operand.name, text));
  if (auto equals = equals_by_range(operand, literal.value)) {
    if (op == Operator::Equal) return *std::move(equals);
    if (op == Operator::NotEqual) return negate(*std::move(equals));
    if (op == Operator::IsDistinct) return null_or(operand, negate(*std::move(equals)));
  }
  const bool upward = op == Operator::Greater || op == Operator::GreaterEqual;
  const bool downward = op == Operator::Less || op == Operator::LessEqual;
  if (literal.fit == Literal::Fit::JustBelow && (upward || downward)) {
    op = upward ? Operator::Greater : Operator::LessEqual;
  } else if (literal.fit != Literal::Fit::Exact) {
    if (op == Operator::IsDistinct) return SqlFragment{"TRUE", {}};
    const bool above = literal.fit == Literal::Fit::TooLarge;
    return constant(operand, op == Operator::NotEqual || (upward && !above) || (downward && above));
  }
  const auto type = literal_type(operand.type);
  if (op == Operator::IsDistinct) return null_or(operand, bound(fmt::format("{} <> ", operand.sql), std::move(literal.value), type));
  return bound(fmt::format("{} {} ", operand.sql, symbol(op)), std::move(literal.value), type);
}

Result<SqlFragment> match(const Operand& operand, Operator op, std::string_view text) {
  auto pattern = TRY(parse_like_pattern(operand.name, text));
  const auto word = pattern.form == LikePattern::Form::Equal ? "=" : "LIKE";
  const auto escape = pattern.form == LikePattern::Form::LikeEscaped ? " ESCAPE '\\'" : "";
  const auto form = op == Operator::Like ? "{} {} CAST(? AS VARCHAR){}" : "lower({}) {} lower(CAST(? AS VARCHAR)){}";
  return SqlFragment{fmt::format(fmt::runtime(form), operand.sql, word, escape), {std::move(pattern.text)}};
}

// Where no value can match, the answer is still NULL for a NULL, as of any comparison; that of an empty list is false.
Result<SqlFragment> is_any_of(const Operand& operand, const std::vector<std::optional<std::string>>& values) {
  if (values.empty()) return SqlFragment{"FALSE", {}};
  std::set<ReadValue> literals;
  Fragments alternatives;
  for (const auto& value : values) {
    if (!value) {
      alternatives.push_back({"CAST(NULL AS BOOLEAN)", {}});
      continue;
    }
    auto literal = TRY(parse_literal(operand.type, operand.name, *value));
    if (literal.fit != Literal::Fit::Exact) continue;
    if (auto equals = equals_by_range(operand, literal.value)) {
      alternatives.push_back(*std::move(equals));
    } else {
      literals.insert(std::move(literal.value));
    }
  }
  const auto type = literal_type(operand.type);
  if (literals.size() > kMaxUnrolledList) {
    SqlFragment in{operand.sql + " IN (", {}, RowOrder::Lost};
    for (const auto& literal : literals) in.append(bound(in.params.empty() ? "" : ", ", literal, type));
    in.append(")");
    alternatives.push_back(std::move(in));
  } else {
    for (const auto& literal : literals) alternatives.push_back(bound(operand.sql + " = ", literal, type));
  }
  if (alternatives.empty()) return constant(operand, false);
  return join(std::move(alternatives), Logic::Kind::Or);
}

SqlFragment test_word(const Operand& operand, IsWord word, Negation negation) {
  const bool negated = negation == Negation::Negated;
  const bool null = word == IsWord::Null || word == IsWord::Unknown || word == IsWord::NotNull;
  if (null) return {operand.sql + ((word == IsWord::NotNull) != negated ? " IS NOT NULL" : " IS NULL"), {}};
  const auto* value = word == IsWord::True ? "TRUE" : "FALSE";
  if (negated) return null_or(operand, {fmt::format("{} <> {}", operand.sql, value), {}});
  return {fmt::format("{} IS NOT DISTINCT FROM {}", operand.sql, value), {}};
}

std::string_view written(Operator op) {
  constexpr std::array<std::string_view, 11> kNames = {"eq", "neq", "gt", "gte", "lt", "lte", "like", "ilike", "in", "is", "isdistinct"};
  return kNames[static_cast<std::size_t>(op)];
}

Result<void> check_operator(const Operand& operand, const Condition& condition) {
  const bool pattern = condition.op == Operator::Like || condition.op == Operator::ILike;
  if (condition.op == Operator::Is) {
    const bool truth = condition.word != IsWord::Null && condition.word != IsWord::NotNull;
    if (!truth || operand.type.kind == ColumnType::Kind::Boolean) return {};
    return fail(ErrorKind::Invalid, "data.type_mismatch",
                fmt::format("argument of IS must be type boolean, column \"{}\" is {}", shorten(operand.name, 80), operand.shown_type),
                "For other columns there are is.null and is.not_null.");
  }
  if (operand.type.kind != ColumnType::Kind::Other && (!pattern || operand.type.is_text())) return {};
  return fail(ErrorKind::Invalid, "data.operator_mismatch",
              fmt::format("operator {} does not exist for column \"{}\" of type {}", written(condition.op), shorten(operand.name, 80),
                          operand.shown_type),
              pattern ? "like and ilike are for text." : "Such a column can only be tested by is.null and is.not_null.");
}

Result<SqlFragment> compile_values(const Operand& operand, const Condition& condition) {
  if (condition.op == Operator::In) return is_any_of(operand, condition.values);
  const bool pattern = condition.op == Operator::Like || condition.op == Operator::ILike;
  if (condition.op == Operator::Equal && condition.quantifier == Quantifier::Any) return is_any_of(operand, condition.values);
  if (condition.values.empty()) return SqlFragment{condition.quantifier == Quantifier::All ? "TRUE" : "FALSE", {}};
  Fragments fragments;
  for (const auto& value : condition.values) {
    if (!value) {
      fragments.push_back({"CAST(NULL AS BOOLEAN)", {}});
    } else {
      fragments.push_back(TRY(pattern ? match(operand, condition.op, *value) : compare(operand, condition.op, *value)));
    }
  }
  return join(std::move(fragments), condition.quantifier == Quantifier::Any ? Logic::Kind::Or : Logic::Kind::And);
}

struct Scope {
  const ReadSchema& schema;
  std::string_view qualifier;
};

Result<SqlFragment> compile_condition(const Condition& condition, Negation negation, const Scope& scope) {
  const auto* column = TRY(find_column(scope.schema, condition.column));
  Operand operand{fmt::format("{}.{}", scope.qualifier, quoted_name(column->name)), column->name, parse_column_type(column->type),
                  shorten(column->type, 80)};
  CHECK(check_operator(operand, condition));
  if (condition.op == Operator::Is) return test_word(operand, condition.word, negation);
  if (operand.type.kind == ColumnType::Kind::Enum) operand.sql = fmt::format("CAST({} AS VARCHAR)", operand.sql);
  if (negation == Negation::Plain) return compile_values(operand, condition);
  if (const auto other = opposite(condition.op); other && condition.quantifier == Quantifier::None) {
    return compare(operand, *other, *condition.values[0]);
  }
  return negate(TRY(compile_values(operand, condition)));
}

// ---- Trees

Result<SqlFragment> compile(const Logic& logic, Negation negation, const Scope& scope);

// The parts of `logic`, those of equal kind within it taken in: a AND (b AND c) is a AND b AND c.
Result<void> collect(const Logic& logic, const Scope& scope, Fragments& fragments) {
  for (const auto& part : logic.parts) {
    if (part.kind == logic.kind && part.negation == Negation::Plain) {
      CHECK(collect(part, scope, fragments));
    } else {
      fragments.push_back(TRY(compile(part, part.negation, scope)));
    }
  }
  return {};
}

Result<SqlFragment> compile(const Logic& logic, Negation negation, const Scope& scope) {
  if (logic.kind == Logic::Kind::Condition) return compile_condition(logic.condition, negation, scope);
  if (logic.parts.size() == 1) {
    const auto& only = logic.parts[0];
    return compile(only, negation == Negation::Negated ? toggle(only.negation) : only.negation, scope);
  }
  Fragments fragments;
  CHECK(collect(logic, scope, fragments));
  auto joined = join(std::move(fragments), logic.kind);
  return negation == Negation::Negated ? negate(std::move(joined)) : std::move(joined);
}

void collect_keys(const Logic& logic, std::vector<std::string>& keys) {
  if (logic.negation == Negation::Negated) return;
  if (logic.kind == Logic::Kind::And) {
    for (const auto& part : logic.parts) collect_keys(part, keys);
  }
  const auto& condition = logic.condition;
  if (logic.kind == Logic::Kind::Condition && condition.op == Operator::Equal && condition.quantifier == Quantifier::None) {
    keys.push_back(condition.column);
  }
}

void collect_columns(const Logic& logic, std::set<std::string>& columns) {
  if (logic.kind == Logic::Kind::Condition) columns.insert(logic.condition.column);
  for (const auto& part : logic.parts) collect_columns(part, columns);
}

}  // namespace

Result<const PortSchemaColumn*> find_column(const ReadSchema& schema, std::string_view name) {
  const auto found = std::ranges::find(schema, name, &PortSchemaColumn::name);
  if (found != schema.end()) return &*found;
  return fail(ErrorKind::Invalid, "data.unknown_column", fmt::format("column \"{}\" does not exist", shorten(name, 80)));
}

Result<SqlFragment> compile_filters(std::span<const Logic> filters, const ReadSchema& schema, std::string_view qualifier) {
  if (filters.empty()) return SqlFragment{};
  Logic all;
  all.kind = Logic::Kind::And;
  all.parts.assign(filters.begin(), filters.end());
  return compile(all, Negation::Plain, {schema, qualifier});
}

std::vector<std::string> keys_of(std::span<const Logic> filters) {
  std::vector<std::string> keys;
  for (const auto& filter : filters) collect_keys(filter, keys);
  return keys;
}

std::set<std::string> columns_of(std::span<const Logic> filters) {
  std::set<std::string> columns;
  for (const auto& filter : filters) collect_columns(filter, columns);
  return columns;
}

}  // namespace weft
