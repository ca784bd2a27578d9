// Scalar values as text, the same in JSON (there within quotes unless it is a number or a boolean) and CSV. Each writer
// puts at most kMaxScalarText bytes at `at` and returns the end. Exact, without locale, without allocation.
//
//   integers, DECIMAL    all digits: `-12`, `10.50`, `170141183460469231731687303715884105727`
//   DOUBLE, FLOAT        the shortest text that reads back as the same value; whole numbers below 1e15 without exponent
//   DATE                 `2013-01-01`, `0044-03-15 (BC)`, `infinity`
//   TIMESTAMP            `2013-01-01T05:00:00`, a fraction only where there is one: `…:00.25`; TIMESTAMPTZ ends in `+00:00`
//   TIME, TIMETZ         `05:00:00.5`, `05:00:00+02:00`
//   INTERVAL             ISO 8601: `P1Y2M3DT4H5M6.5S`, each part with its own sign; `PT0S`
//   UUID                 `a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11`
#pragma once

#include <duckdb.h>

#include <cstddef>
#include <cstdint>

namespace weft::duck {

inline constexpr std::size_t kMaxScalarText = 96;

using Int128 = __int128;
using Uint128 = unsigned __int128;

[[nodiscard]] inline Int128 to_int128(duckdb_hugeint raw) {
  return static_cast<Int128>((static_cast<Uint128>(static_cast<std::uint64_t>(raw.upper)) << 64) | raw.lower);
}
[[nodiscard]] inline Uint128 to_uint128(duckdb_uhugeint raw) { return (static_cast<Uint128>(raw.upper) << 64) | raw.lower; }

char* write_unsigned(char* at, std::uint64_t value);
char* write_integer(char* at, std::int64_t value);
char* write_unsigned128(char* at, Uint128 value);
char* write_integer128(char* at, Int128 value);
char* write_decimal(char* at, std::int64_t unscaled, unsigned scale);
char* write_decimal128(char* at, Int128 unscaled, unsigned scale);

// REQUIRES: finite.
char* write_double(char* at, double value);
char* write_float(char* at, float value);
// `NaN`, `Infinity`, `-Infinity`.
char* write_not_finite(char* at, double value);

char* write_date(char* at, std::int32_t days);
enum class Fraction : std::uint32_t { None = 1, Millis = 1'000, Micros = 1'000'000, Nanos = 1'000'000'000 };
enum class Zone { None, Utc };
// `value` counts units of `fraction` since the epoch.
char* write_timestamp(char* at, std::int64_t value, Fraction fraction, Zone zone);
// `value` counts units of `fraction` since midnight; 24:00:00 is one of them.
char* write_time(char* at, std::int64_t value, Fraction fraction);
char* write_time_tz(char* at, duckdb_time_tz value);
char* write_interval(char* at, const duckdb_interval& value);
char* write_uuid(char* at, duckdb_hugeint value);

// `\x` and two hexadecimal digits a byte: 2 + 2 × `size` bytes.
char* write_hex(char* at, const char* bytes, std::size_t size);

}  // namespace weft::duck
