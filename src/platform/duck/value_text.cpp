#include "platform/duck/value_text.h"

#include <cmath>
#include <cstdint>

#include "platform/duck/scalar_text.h"

namespace weft::duck {
namespace {

template <typename Write>
void write_bare(Output& out, Write write) {
  out.commit(write(out.reserve(kMaxScalarText)));
}

template <Dress kDress, typename Write>
void write_dressed(Output& out, Write write) {
  char* at = out.reserve(kMaxScalarText + 2);
  if constexpr (kDress == Dress::Json) *at++ = '"';
  at = write(at);
  if constexpr (kDress == Dress::Json) *at++ = '"';
  out.commit(at);
}

void write_integer_value(Output& out, std::int64_t value) {
  write_bare(out, [value](char* at) { return write_integer(at, value); });
}
void write_unsigned_value(Output& out, std::uint64_t value) {
  write_bare(out, [value](char* at) { return write_unsigned(at, value); });
}

template <Dress kDress, typename Float, typename Write>
void write_floating_value(Output& out, Float value, Write write) {
  if (std::isfinite(value)) return write_bare(out, [&](char* at) { return write(at, value); });
  write_dressed<kDress>(out, [&](char* at) { return write_not_finite(at, value); });
}

void write_decimal_value(Output& out, const VectorView& column, std::size_t row) {
  const unsigned scale = column.type().scale;
  write_bare(out, [&](char* at) {
    switch (column.type().storage) {
      case DUCKDB_TYPE_SMALLINT: return write_decimal(at, column.data<std::int16_t>()[row], scale);
      case DUCKDB_TYPE_INTEGER: return write_decimal(at, column.data<std::int32_t>()[row], scale);
      case DUCKDB_TYPE_BIGINT: return write_decimal(at, column.data<std::int64_t>()[row], scale);
      default: return write_decimal128(at, to_int128(column.data<duckdb_hugeint>()[row]), scale);
    }
  });
}

template <Dress kDress>
void write_blob(Output& out, std::string_view bytes) {
  char* at = out.reserve(5 + 2 * bytes.size());
  if constexpr (kDress == Dress::Json) {
    *at++ = '"';
    *at++ = '\\';  // the backslash of `\x`, escaped
  }
  at = write_hex(at, bytes.data(), bytes.size());
  if constexpr (kDress == Dress::Json) *at++ = '"';
  out.commit(at);
}

// The first byte tells how many of the bits that follow are padding.
template <Dress kDress>
void write_bits(Output& out, std::string_view bytes) {
  char* at = out.reserve(2 + 8 * bytes.size());
  if constexpr (kDress == Dress::Json) *at++ = '"';
  const std::size_t padding = bytes.empty() ? 0 : static_cast<unsigned char>(bytes[0]);
  for (std::size_t bit = 8 + padding; bit < 8 * bytes.size(); ++bit) {
    *at++ = static_cast<char>('0' + ((static_cast<unsigned char>(bytes[bit / 8]) >> (7 - bit % 8)) & 1));
  }
  if constexpr (kDress == Dress::Json) *at++ = '"';
  out.commit(at);
}

template <Dress kDress>
void write_timestamp_value(Output& out, std::int64_t value, Fraction fraction, Zone zone = Zone::None) {
  write_dressed<kDress>(out, [&](char* at) { return write_timestamp(at, value, fraction, zone); });
}

}  // namespace

template <Dress kDress>
void write_scalar_value(Output& out, const VectorView& column, std::size_t row) {
  switch (column.type().id) {
    case DUCKDB_TYPE_BOOLEAN: return out.append(std::string_view(column.data<bool>()[row] ? "true" : "false"));
    case DUCKDB_TYPE_TINYINT: return write_integer_value(out, column.data<std::int8_t>()[row]);
    case DUCKDB_TYPE_SMALLINT: return write_integer_value(out, column.data<std::int16_t>()[row]);
    case DUCKDB_TYPE_INTEGER: return write_integer_value(out, column.data<std::int32_t>()[row]);
    case DUCKDB_TYPE_BIGINT: return write_integer_value(out, column.data<std::int64_t>()[row]);
    case DUCKDB_TYPE_UTINYINT: return write_unsigned_value(out, column.data<std::uint8_t>()[row]);
    case DUCKDB_TYPE_USMALLINT: return write_unsigned_value(out, column.data<std::uint16_t>()[row]);
    case DUCKDB_TYPE_UINTEGER: return write_unsigned_value(out, column.data<std::uint32_t>()[row]);
    case DUCKDB_TYPE_UBIGINT: return write_unsigned_value(out, column.data<std::uint64_t>()[row]);
    case DUCKDB_TYPE_HUGEINT:
      return write_bare(out, [&](char* at) { return write_integer128(at, to_int128(column.data<duckdb_hugeint>()[row])); });
    case DUCKDB_TYPE_UHUGEINT:
      return write_bare(out, [&](char* at) { return write_unsigned128(at, to_uint128(column.data<duckdb_uhugeint>()[row])); });
    case DUCKDB_TYPE_DECIMAL: return write_decimal_value(out, column, row);
    case DUCKDB_TYPE_DOUBLE: return write_floating_value<kDress>(out, column.data<double>()[row], write_double);
    case DUCKDB_TYPE_FLOAT: return write_floating_value<kDress>(out, column.data<float>()[row], write_float);
    case DUCKDB_TYPE_BLOB: return write_blob<kDress>(out, column.text(row));
    case DUCKDB_TYPE_BIT: return write_bits<kDress>(out, column.text(row));
    case DUCKDB_TYPE_DATE: return write_dressed<kDress>(out, [&](char* at) { return write_date(at, column.data<std::int32_t>()[row]); });
    case DUCKDB_TYPE_TIME:
      return write_dressed<kDress>(out, [&](char* at) { return write_time(at, column.data<std::int64_t>()[row], Fraction::Micros); });
    case DUCKDB_TYPE_TIME_NS:
      return write_dressed<kDress>(out, [&](char* at) { return write_time(at, column.data<std::int64_t>()[row], Fraction::Nanos); });
    case DUCKDB_TYPE_TIME_TZ:
      return write_dressed<kDress>(out, [&](char* at) { return write_time_tz(at, column.data<duckdb_time_tz>()[row]); });
    case DUCKDB_TYPE_TIMESTAMP: return write_timestamp_value<kDress>(out, column.data<std::int64_t>()[row], Fraction::Micros);
    case DUCKDB_TYPE_TIMESTAMP_S: return write_timestamp_value<kDress>(out, column.data<std::int64_t>()[row], Fraction::None);
    case DUCKDB_TYPE_TIMESTAMP_MS: return write_timestamp_value<kDress>(out, column.data<std::int64_t>()[row], Fraction::Millis);
    case DUCKDB_TYPE_TIMESTAMP_NS: return write_timestamp_value<kDress>(out, column.data<std::int64_t>()[row], Fraction::Nanos);
    case DUCKDB_TYPE_TIMESTAMP_TZ: return write_timestamp_value<kDress>(out, column.data<std::int64_t>()[row], Fraction::Micros, Zone::Utc);
    case DUCKDB_TYPE_INTERVAL:
      return write_dressed<kDress>(out, [&](char* at) { return write_interval(at, column.data<duckdb_interval>()[row]); });
    case DUCKDB_TYPE_UUID: return write_dressed<kDress>(out, [&](char* at) { return write_uuid(at, column.data<duckdb_hugeint>()[row]); });
    default: return;  // check_text_types refuses all others
  }
}

template void write_scalar_value<Dress::Json>(Output&, const VectorView&, std::size_t);
template void write_scalar_value<Dress::Plain>(Output&, const VectorView&, std::size_t);

std::string_view enum_label(const VectorView& column, std::size_t row) {
  const auto& labels = column.type().labels;
  switch (column.type().storage) {
    case DUCKDB_TYPE_UTINYINT: return labels[column.data<std::uint8_t>()[row]];
    case DUCKDB_TYPE_USMALLINT: return labels[column.data<std::uint16_t>()[row]];
    default: return labels[column.data<std::uint32_t>()[row]];
  }
}

}  // namespace weft::duck
