#include "mesh/delivery/read_value.h"

#include <charconv>
#include <cmath>
#include <optional>

#include "base/ascii.h"
#include "base/utf8.h"
#include "mesh/delivery/read_time.h"

namespace weft {

namespace {

using Kind = ColumnType::Kind;
using Fit = Literal::Fit;
using Unsigned128 = unsigned __int128;

std::string_view trim_space(std::string_view text) {
  constexpr std::string_view kSpace = " \t\n\v\f\r";
  const auto begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

std::string to_text(Unsigned128 number) {
  std::string digits;
  do {
    digits.insert(digits.begin(), static_cast<char>('0' + static_cast<int>(number % 10)));
    number /= 10;
  } while (number != 0);
  return digits;
}

bool all_digits(std::string_view text) { return text.find_first_not_of("0123456789") == std::string_view::npos; }

// nullopt: not a number at all, or out of the type's range.
std::optional<ReadValue> read_integer(const ColumnType& type, std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  if (text.empty() || !all_digits(text)) return std::nullopt;
  const bool is_signed = type.sign == ColumnType::Sign::Signed;
  const Unsigned128 max =
      is_signed ? (Unsigned128{1} << (type.width - 1)) - (negative ? 0 : 1) : (negative ? 0 : ~Unsigned128{0} >> (128 - type.width));
  Unsigned128 magnitude = 0;
  for (const char c : text) {
    const auto digit = static_cast<unsigned>(c - '0');
    if (magnitude > max / 10 || (magnitude *= 10) > max - std::min<Unsigned128>(digit, max)) return std::nullopt;
    magnitude += digit;
    if (magnitude > max) return std::nullopt;
  }
  if (magnitude <= static_cast<Unsigned128>(std::numeric_limits<std::int64_t>::max())) {
    const auto small = static_cast<std::int64_t>(magnitude);
    return negative ? -small : small;
  }
  return (negative ? "-" : "") + to_text(magnitude);
}

// A decimal number in text: ± 0.`digits` × 10^`point`, the first digit not zero; no digits: zero.
struct DecimalText {
  bool negative = false;
  std::string digits;
  int point = 0;
};

std::optional<DecimalText> read_decimal_text(std::string_view text) {
  constexpr int kFar = 100'000;  // beyond any column and any digits that a value may have
  DecimalText number;
  number.negative = text.starts_with('-');
  if (number.negative || text.starts_with('+')) text.remove_prefix(1);
  int exponent = 0;
  if (const auto e = text.find_first_of("eE"); e != std::string_view::npos) {
    auto power = text.substr(e + 1);
    text = text.substr(0, e);
    const bool below = power.starts_with('-');
    if (below || power.starts_with('+')) power.remove_prefix(1);
    if (power.empty() || !all_digits(power)) return std::nullopt;
    for (const char c : power) exponent = std::min(exponent * 10 + (c - '0'), kFar);
    if (below) exponent = -exponent;
  }
  const auto dot = std::min(text.find('.'), text.size());
  const auto whole = text.substr(0, dot);
  const auto fraction = text.substr(std::min(dot + 1, text.size()));
  if (whole.size() + fraction.size() == 0 || !all_digits(whole) || !all_digits(fraction)) return std::nullopt;
  number.digits = std::string(whole) + std::string(fraction);
  const auto zeros = std::min(number.digits.find_first_not_of('0'), number.digits.size());
  number.digits.erase(0, zeros);
  number.point = static_cast<int>(whole.size()) - static_cast<int>(zeros) + exponent;
  return number;
}

std::optional<Literal> read_decimal(const ColumnType& type, std::string_view text) {
  const auto number = read_decimal_text(text);
  if (!number) return std::nullopt;
  // In units of the last digit that the column keeps.
  Unsigned128 units = 0;
  bool exact = true;
  if (!number->digits.empty()) {
    if (number->point > type.width - type.scale) return Literal{number->negative ? Fit::TooSmall : Fit::TooLarge, {}};
    const auto kept = static_cast<std::size_t>(std::max(number->point + type.scale, 0));
    for (std::size_t i = 0; i < kept; ++i) {
      units = units * 10 + (i < number->digits.size() ? static_cast<unsigned>(number->digits[i] - '0') : 0);
    }
    exact = kept >= number->digits.size() || number->digits.find_first_not_of('0', kept) == std::string::npos;
  }
  if (!exact && number->negative) ++units;
  auto digits = to_text(units);
  if (digits.size() > static_cast<std::size_t>(type.width)) return Literal{Fit::TooSmall, {}};
  const auto scale = static_cast<std::size_t>(type.scale);
  if (digits.size() <= scale) digits.insert(0, scale + 1 - digits.size(), '0');
  if (scale > 0) digits.insert(digits.size() - scale, ".");
  if (number->negative && units != 0) digits.insert(0, "-");
  return Literal{exact ? Fit::Exact : Fit::JustBelow, std::move(digits)};
}

template <typename Number>
std::optional<ReadValue> read_float(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  const auto word = lower_case(text);
  // As text: NaN has no order among numbers, and canonical queries are sorted.
  if (word == "nan") return "NaN";
  if (word == "inf" || word == "infinity") return negative ? "-Infinity" : "Infinity";
  if (text.empty() || text.find_first_not_of("0123456789.eE+-") != std::string_view::npos || text.starts_with('-')) return std::nullopt;
  Number number = 0;
  const auto [rest, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (problem != std::errc() || rest != text.data() + text.size()) return std::nullopt;
  const auto wide = static_cast<double>(number);
  return negative && wide != 0 ? -wide : wide;
}

std::optional<ReadValue> read_boolean(std::string_view text) {
  const auto word = lower_case(text);
  constexpr std::array<std::string_view, 6> kTrue = {"true", "t", "yes", "y", "on", "1"};
  constexpr std::array<std::string_view, 6> kFalse = {"false", "f", "no", "n", "off", "0"};
  if (std::ranges::find(kTrue, word) != kTrue.end()) return true;
  if (std::ranges::find(kFalse, word) != kFalse.end()) return false;
  return std::nullopt;
}

// 32 hexadecimal digits, dashes after each four of them, or none, in braces or not.
std::optional<ReadValue> read_uuid(std::string_view text) {
  if (text.starts_with('{') && text.ends_with('}')) text = text.substr(1, text.size() - 2);
  std::string uuid;
  std::size_t digits = 0;
  for (const char c : text) {
    if (hex_digit(c) >= 0) {
      if (digits == 8 || digits == 12 || digits == 16 || digits == 20) uuid += '-';
      uuid += lower_case(c);
      ++digits;
    } else if (c != '-' || digits == 0 || digits % 4 != 0) {
      return std::nullopt;
    }
  }
  if (digits != 32 || text.ends_with('-') || text.find("--") != std::string_view::npos) return std::nullopt;
  return uuid;
}

// PostgreSQL's `\x0aff` → DuckDB's `\x0A\xFF`
std::optional<ReadValue> read_blob(std::string_view text) {
  if (!text.starts_with("\\x") || text.size() % 2 != 0) return std::nullopt;
  if (std::ranges::any_of(text.substr(2), [](char c) { return hex_digit(c) < 0; })) return std::nullopt;
  std::string blob;
  for (std::size_t i = 2; i < text.size(); i += 2) {
    blob += "\\x";
    for (const char c : text.substr(i, 2)) blob += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }
  return blob;
}

std::optional<ReadValue> as_value(std::optional<std::string> text) {
  if (!text) return std::nullopt;
  return *std::move(text);
}

std::optional<Literal> read_literal(const ColumnType& type, std::string_view text) {
  if (type.is_text()) return Literal{Fit::Exact, std::string(text)};
  text = trim_space(text);
  if (type.kind == Kind::Decimal) return read_decimal(type, text);
  std::optional<ReadValue> value;
  switch (type.kind) {
    case Kind::Integer: value = read_integer(type, text); break;
    case Kind::Float: value = read_float<float>(text); break;
    case Kind::Double: value = read_float<double>(text); break;
    case Kind::Boolean: value = read_boolean(text); break;
    case Kind::Date: value = as_value(read_date(text)); break;
    case Kind::Time: value = as_value(read_time(text)); break;
    case Kind::Timestamp: value = as_value(read_timestamp(text, Zone::None, Digits::Micros)); break;
    case Kind::TimestampNs: value = as_value(read_timestamp(text, Zone::None, Digits::Nanos)); break;
    case Kind::TimestampTz: value = as_value(read_timestamp(text, Zone::Utc, Digits::Micros)); break;
    case Kind::Uuid: value = read_uuid(text); break;
    case Kind::Blob: value = read_blob(text); break;
    default: break;
  }
  if (!value) return std::nullopt;
  return Literal{Fit::Exact, *std::move(value)};
}

std::string what_is_expected(const ColumnType& type) {
  switch (type.kind) {
    case Kind::Boolean: return "Write true or false.";
    case Kind::Integer: return fmt::format("Write a whole number that {} holds.", type.name);
    case Kind::Date: return "Write a date as 2013-01-31.";
    case Kind::Time: return "Write a time as 17:30:00.";
    case Kind::Timestamp:
    case Kind::TimestampNs: return "Write it as 2013-01-31T17:30:00; the column has no time zone, so only Z may follow.";
    case Kind::TimestampTz: return "Write it as 2013-01-31T17:30:00Z or with an offset such as +01:00 (+ is %2B in a URL).";
    case Kind::Uuid: return "Write a UUID as a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11.";
    case Kind::Blob: return "Write bytes as \\x and hexadecimal digits.";
    default: return "Write a number.";
  }
}

}  // namespace

Result<Literal> parse_literal(const ColumnType& type, std::string_view column, std::string_view text) {
  if (auto literal = read_literal(type, text)) return *std::move(literal);
  return fail(ErrorKind::Invalid, "data.invalid_value",
              fmt::format("invalid input syntax for type {}: \"{}\" (column \"{}\")", type.name, shorten(text, 80), shorten(column, 80)),
              what_is_expected(type));
}

std::string_view literal_type(const ColumnType& type) {
  if (type.is_text()) return "VARCHAR";
  if (type.kind == Kind::Timestamp) return "TIMESTAMP";  // also of TIMESTAMP_S and _MS, which would cut a fraction
  return type.name;
}

}  // namespace weft
