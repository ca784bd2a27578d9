#include "platform/duck/scalar_text.h"

#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>
#include <string_view>

namespace weft::duck {
namespace {

constexpr auto kPairs = [] {
  std::array<char, 200> pairs{};
  for (std::size_t i = 0; i < 100; ++i) {
    pairs[2 * i] = static_cast<char>('0' + i / 10);
    pairs[2 * i + 1] = static_cast<char>('0' + i % 10);
  }
  return pairs;
}();

char* write_pair(char* at, unsigned value) {
  std::memcpy(at, &kPairs[2 * static_cast<std::size_t>(value)], 2);
  return at + 2;
}

char* write_four(char* at, unsigned value) { return write_pair(write_pair(at, value / 100), value % 100); }

char* write_text(char* at, std::string_view text) {
  std::memcpy(at, text.data(), text.size());
  return at + text.size();
}

// Below 10,000, without a branch on the number of digits. Writes 4 bytes, of which the last may be void.
char* write_below_ten_thousand(char* at, unsigned value) {
  std::array<char, 4> digits;
  write_four(digits.data(), value);
  const unsigned zeros = (value < 1000 ? 1U : 0U) + (value < 100 ? 1U : 0U) + (value < 10 ? 1U : 0U);
  std::uint32_t word;
  std::memcpy(&word, digits.data(), 4);
  if constexpr (std::endian::native == std::endian::little) {
    word >>= 8 * zeros;
  } else {
    word <<= 8 * zeros;
  }
  std::memcpy(at, &word, 4);
  return at + 4 - zeros;
}

// Exactly `count` digits, with zeros before them.
char* write_padded(char* at, std::uint64_t value, unsigned count) {
  char* back = at + count;
  while (back - at >= 2) {
    back -= 2;
    write_pair(back, static_cast<unsigned>(value % 100));
    value /= 100;
  }
  if (back != at) *at = static_cast<char>('0' + value % 10);
  return at + count;
}

constexpr std::uint64_t kTen19 = 10'000'000'000'000'000'000ULL;

char* write_padded128(char* at, Uint128 value, unsigned count) {
  if (count <= 19) return write_padded(at, static_cast<std::uint64_t>(value), count);
  at = write_padded128(at, value / kTen19, count - 19);
  return write_padded(at, static_cast<std::uint64_t>(value % kTen19), 19);
}

std::uint64_t magnitude(std::int64_t value) {
  return value < 0 ? ~static_cast<std::uint64_t>(value) + 1 : static_cast<std::uint64_t>(value);
}
Uint128 magnitude(Int128 value) { return value < 0 ? ~static_cast<Uint128>(value) + 1 : static_cast<Uint128>(value); }

constexpr auto kPowersOfTen = [] {
  std::array<std::uint64_t, 20> powers{};
  std::uint64_t power = 1;
  for (auto& slot : powers) {
    slot = power;
    power *= 10;
  }
  return powers;
}();

Uint128 power_of_ten(unsigned exponent) {
  if (exponent < 20) return kPowersOfTen[exponent];
  return static_cast<Uint128>(kPowersOfTen[19]) * kPowersOfTen[exponent - 19];
}

// Proleptic Gregorian calendar from days since 1970-01-01, by eras of 400 years that begin on the first of March.
struct CivilDate {
  std::int64_t year;
  unsigned month;
  unsigned day;
};
CivilDate to_civil(std::int64_t days) {
  days += 719'468;
  const std::int64_t era = (days >= 0 ? days : days - 146'096) / 146'097;
  const auto day_of_era = static_cast<unsigned>(days - era * 146'097);
  const unsigned year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const unsigned day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const unsigned shifted_month = (5 * day_of_year + 2) / 153;
  const unsigned day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
  const unsigned month = shifted_month < 10 ? shifted_month + 3 : shifted_month - 9;
  return {static_cast<std::int64_t>(year_of_era) + era * 400 + (month <= 2 ? 1 : 0), month, day};
}

char* write_civil(char* at, std::int64_t days) {
  const auto date = to_civil(days);
  const auto year = static_cast<std::uint64_t>(date.year > 0 ? date.year : 1 - date.year);  // no year 0
  at = year < 10'000 ? write_four(at, static_cast<unsigned>(year)) : write_unsigned(at, year);
  *at++ = '-';
  at = write_pair(at, date.month);
  *at++ = '-';
  at = write_pair(at, date.day);
  return date.year > 0 ? at : write_text(at, " (BC)");
}

unsigned fraction_digits(Fraction fraction) {
  switch (fraction) {
    case Fraction::None: return 0;
    case Fraction::Millis: return 3;
    case Fraction::Micros: return 6;
    case Fraction::Nanos: return 9;
  }
  return 0;
}

// `.25` for 250 of Millis; nothing for 0.
char* write_fraction(char* at, std::uint64_t value, unsigned count) {
  if (value == 0) return at;
  *at++ = '.';
  at = write_padded(at, value, count);
  while (at[-1] == '0') --at;
  return at;
}

char* write_clock(char* at, std::uint64_t seconds) {
  at = write_pair(at, static_cast<unsigned>(seconds / 3600));
  *at++ = ':';
  at = write_pair(at, static_cast<unsigned>(seconds / 60 % 60));
  *at++ = ':';
  return write_pair(at, static_cast<unsigned>(seconds % 60));
}

constexpr double kWholeBelow = 1e15;

}  // namespace

char* write_unsigned(char* at, std::uint64_t value) {
  constexpr std::uint64_t kTen4 = 10'000;
  constexpr std::uint64_t kTen8 = kTen4 * kTen4;
  if (value < kTen4) return write_below_ten_thousand(at, static_cast<unsigned>(value));
  if (value < kTen8) {
    at = write_below_ten_thousand(at, static_cast<unsigned>(value / kTen4));
    return write_four(at, static_cast<unsigned>(value % kTen4));
  }
  at = write_unsigned(at, value / kTen8);
  at = write_four(at, static_cast<unsigned>(value % kTen8 / kTen4));
  return write_four(at, static_cast<unsigned>(value % kTen4));
}

char* write_integer(char* at, std::int64_t value) {
  if (value < 0) *at++ = '-';
  return write_unsigned(at, magnitude(value));
}

char* write_unsigned128(char* at, Uint128 value) {
  if (value <= std::numeric_limits<std::uint64_t>::max()) return write_unsigned(at, static_cast<std::uint64_t>(value));
  const Uint128 high = value / kTen19;
  if (high <= std::numeric_limits<std::uint64_t>::max()) {
    at = write_unsigned(at, static_cast<std::uint64_t>(high));
  } else {
    at = write_unsigned(at, static_cast<std::uint64_t>(high / kTen19));
    at = write_padded(at, static_cast<std::uint64_t>(high % kTen19), 19);
  }
  return write_padded(at, static_cast<std::uint64_t>(value % kTen19), 19);
}

char* write_integer128(char* at, Int128 value) {
  if (value < 0) *at++ = '-';
  return write_unsigned128(at, magnitude(value));
}

char* write_decimal(char* at, std::int64_t unscaled, unsigned scale) {
  if (scale == 0) return write_integer(at, unscaled);
  if (unscaled < 0) *at++ = '-';
  const auto value = magnitude(unscaled);
  at = write_unsigned(at, value / kPowersOfTen[scale]);
  *at++ = '.';
  return write_padded(at, value % kPowersOfTen[scale], scale);
}

char* write_decimal128(char* at, Int128 unscaled, unsigned scale) {
  if (scale == 0) return write_integer128(at, unscaled);
  if (unscaled < 0) *at++ = '-';
  const auto value = magnitude(unscaled);
  const auto unit = power_of_ten(scale);
  at = write_unsigned128(at, value / unit);
  *at++ = '.';
  return write_padded128(at, value % unit, scale);
}

char* write_double(char* at, double value) {
  if (std::fabs(value) < kWholeBelow && value != 0) {
    const auto whole = static_cast<std::int64_t>(value);
    if (static_cast<double>(whole) == value) return write_integer(at, whole);
  }
  return std::to_chars(at, at + kMaxScalarText, value).ptr;
}

char* write_float(char* at, float value) {
  // Only up to 2^24 is each whole number its own shortest text.
  if (std::fabs(value) <= 16'777'216.0F && value != 0) {
    const auto whole = static_cast<std::int64_t>(value);
    if (static_cast<float>(whole) == value) return write_integer(at, whole);
  }
  return std::to_chars(at, at + kMaxScalarText, value).ptr;
}

char* write_not_finite(char* at, double value) { return write_text(at, std::isnan(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity"); }

char* write_date(char* at, std::int32_t days) {
  constexpr auto kInfinity = std::numeric_limits<std::int32_t>::max();
  if (days == kInfinity) return write_text(at, "infinity");
  if (days == -kInfinity) return write_text(at, "-infinity");
  return write_civil(at, days);
}

char* write_timestamp(char* at, std::int64_t value, Fraction fraction, Zone zone) {
  constexpr auto kInfinity = std::numeric_limits<std::int64_t>::max();
  if (value == kInfinity) return write_text(at, "infinity");
  if (value == -kInfinity) return write_text(at, "-infinity");
  const auto unit = static_cast<std::int64_t>(fraction);
  std::int64_t seconds = value / unit;
  std::int64_t rest = value % unit;
  if (rest < 0) {
    rest += unit;
    --seconds;
  }
  std::int64_t days = seconds / 86'400;
  std::int64_t second_of_day = seconds % 86'400;
  if (second_of_day < 0) {
    second_of_day += 86'400;
    --days;
  }
  at = write_civil(at, days);
  *at++ = 'T';
  at = write_clock(at, static_cast<std::uint64_t>(second_of_day));
  at = write_fraction(at, static_cast<std::uint64_t>(rest), fraction_digits(fraction));
  return zone == Zone::Utc ? write_text(at, "+00:00") : at;
}

char* write_time(char* at, std::int64_t value, Fraction fraction) {
  const auto unit = static_cast<std::uint64_t>(fraction);
  const auto count = magnitude(value);  // DuckDB has none below zero
  at = write_clock(at, count / unit);
  return write_fraction(at, count % unit, fraction_digits(fraction));
}

char* write_time_tz(char* at, duckdb_time_tz value) {
  const auto parts = duckdb_from_time_tz(value);
  const auto& time = parts.time;
  at = write_clock(
      at, static_cast<std::uint64_t>(time.hour) * 3600 + static_cast<std::uint64_t>(time.min) * 60 + static_cast<std::uint64_t>(time.sec));
  at = write_fraction(at, static_cast<std::uint64_t>(time.micros), 6);
  *at++ = parts.offset < 0 ? '-' : '+';
  const auto offset = static_cast<unsigned>(magnitude(static_cast<std::int64_t>(parts.offset)));
  at = write_pair(at, offset / 3600);
  *at++ = ':';
  at = write_pair(at, offset / 60 % 60);
  if (offset % 60 == 0) return at;
  *at++ = ':';
  return write_pair(at, offset % 60);
}

char* write_interval(char* at, const duckdb_interval& value) {
  const auto part = [&at](std::int64_t count, char unit) {
    if (count == 0) return;
    at = write_integer(at, count);
    *at++ = unit;
  };
  *at++ = 'P';
  part(value.months / 12, 'Y');
  part(value.months % 12, 'M');
  part(value.days, 'D');
  if (value.micros == 0) {
    return value.months == 0 && value.days == 0 ? write_text(at, "T0S") : at;
  }
  *at++ = 'T';
  part(value.micros / 3'600'000'000, 'H');
  part(value.micros / 60'000'000 % 60, 'M');
  const std::int64_t rest = value.micros % 60'000'000;
  if (rest == 0) return at;
  if (rest < 0) *at++ = '-';
  at = write_unsigned(at, magnitude(rest) / 1'000'000);
  at = write_fraction(at, magnitude(rest) % 1'000'000, 6);
  *at++ = 'S';
  return at;
}

namespace {
constexpr std::string_view kHexDigits = "0123456789abcdef";

char* write_hex_byte(char* at, unsigned char byte) {
  *at++ = kHexDigits[byte >> 4];
  *at++ = kHexDigits[byte & 15];
  return at;
}
}  // namespace

char* write_uuid(char* at, duckdb_hugeint value) {
  // DuckDB flips the top bit, so that UUIDs sort as signed numbers.
  const std::array<std::uint64_t, 2> halves = {static_cast<std::uint64_t>(value.upper) ^ (1ULL << 63), value.lower};
  for (unsigned i = 0; i < 16; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) *at++ = '-';
    at = write_hex_byte(at, static_cast<unsigned char>(halves[i / 8] >> (56 - 8 * (i % 8))));
  }
  return at;
}

char* write_hex(char* at, const char* bytes, std::size_t size) {
  at = write_text(at, "\\x");
  for (std::size_t i = 0; i < size; ++i) at = write_hex_byte(at, static_cast<unsigned char>(bytes[i]));
  return at;
}

}  // namespace weft::duck
