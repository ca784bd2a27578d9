#include "platform/duck/encode_json.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <memory>
#include <type_traits>
#include <utility>

#include "platform/duck/encoder.h"
#include "platform/duck/json_text.h"
#include "platform/duck/scalar_text.h"
#include "platform/duck/value_text.h"

namespace weft::duck {
namespace {

constexpr std::uint64_t kOnes = 0x0101010101010101ULL;
constexpr std::uint64_t kHighs = 0x8080808080808080ULL;

// The high bit of each byte that must be escaped. Bytes above the lowest hit may be marked in error.
std::uint64_t escape_marks(std::uint64_t word) {
  const auto zero_bytes = [](std::uint64_t x) { return (x - kOnes) & ~x & kHighs; };
  const std::uint64_t control = (word - kOnes * 0x20) & ~word & kHighs;
  return control | zero_bytes(word ^ (kOnes * '"')) | zero_bytes(word ^ (kOnes * '\\'));
}

bool needs_escape(char byte) { return static_cast<unsigned char>(byte) < 0x20 || byte == '"' || byte == '\\'; }

// The length of the start of `text` that needs no escape, copied to `to`. REQUIRES: text.size() + 8 bytes of room.
std::size_t copy_plain(char* to, std::string_view text) {
  std::size_t done = 0;
  for (; done + 8 <= text.size(); done += 8) {
    std::uint64_t word;
    std::memcpy(&word, text.data() + done, 8);
    std::memcpy(to + done, &word, 8);
    const auto marks = escape_marks(word);
    if (marks != 0) {
      if constexpr (std::endian::native == std::endian::little) {
        return done + static_cast<std::size_t>(std::countr_zero(marks)) / 8;
      }
      break;
    }
  }
  for (; done < text.size() && !needs_escape(text[done]); ++done) to[done] = text[done];
  return done;
}

char* write_escape(char* at, char byte) {
  constexpr std::string_view kHexDigits = "0123456789abcdef";
  *at++ = '\\';
  switch (byte) {
    case '"':
    case '\\': *at++ = byte; return at;
    case '\b': *at++ = 'b'; return at;
    case '\f': *at++ = 'f'; return at;
    case '\n': *at++ = 'n'; return at;
    case '\r': *at++ = 'r'; return at;
    case '\t': *at++ = 't'; return at;
    default:
      std::memcpy(at, "u00", 3);
      at[3] = kHexDigits[static_cast<unsigned char>(byte) >> 4];
      at[4] = kHexDigits[static_cast<unsigned char>(byte) & 15];
      return at + 5;
  }
}

void write_items(Output& out, const VectorView& items, std::size_t offset, std::size_t length) {
  out.append('[');
  for (std::size_t i = 0; i < length; ++i) {
    if (i > 0) out.append(',');
    write_json_value(out, items, offset + i);
  }
  out.append(']');
}

void write_struct(Output& out, const VectorView& column, std::size_t row) {
  out.append('{');
  for (std::size_t i = 0; i < column.children().size(); ++i) {
    if (i > 0) out.append(',');
    write_json_string(out, column.type().member_names[i]);
    out.append(':');
    write_json_value(out, column.children()[i], row);
  }
  out.append('}');
}

void write_map(Output& out, const VectorView& column, std::size_t row) {
  const auto entry = column.data<duckdb_list_entry>()[row];
  const auto& keys = column.children()[0];
  const auto& values = column.children()[1];
  const bool as_object = keys.type().id == DUCKDB_TYPE_VARCHAR && !keys.type().is_json;
  out.append(as_object ? '{' : '[');
  for (std::size_t i = 0; i < entry.length; ++i) {
    if (i > 0) out.append(',');
    if (!as_object) out.append("{\"key\":");
    write_json_value(out, keys, entry.offset + i);
    out.append(as_object ? ":" : ",\"value\":");
    write_json_value(out, values, entry.offset + i);
    if (!as_object) out.append('}');
  }
  out.append(as_object ? '}' : ']');
}

}  // namespace

void write_json_string(Output& out, std::string_view text) {
  char* at = out.reserve(text.size() + 16);
  *at++ = '"';
  for (;;) {
    const auto plain = copy_plain(at, text);
    at += plain;
    if (plain == text.size()) break;
    at = write_escape(at, text[plain]);
    text.remove_prefix(plain + 1);
    out.commit(at);
    at = out.reserve(text.size() + 16);
  }
  *at++ = '"';
  out.commit(at);
}

void write_json_value(Output& out, const VectorView& column, std::size_t row) {
  if (column.is_null(row)) return out.append("null");
  switch (column.type().id) {
    case DUCKDB_TYPE_VARCHAR:
      if (column.type().is_json) return static_cast<void>(append_json_text(out, column.text(row)));
      return write_json_string(out, column.text(row));
    case DUCKDB_TYPE_ENUM: return write_json_string(out, enum_label(column, row));
    case DUCKDB_TYPE_LIST: {
      const auto entry = column.data<duckdb_list_entry>()[row];
      return write_items(out, column.children()[0], entry.offset, entry.length);
    }
    case DUCKDB_TYPE_ARRAY: return write_items(out, column.children()[0], row * column.type().array_size, column.type().array_size);
    case DUCKDB_TYPE_STRUCT: return write_struct(out, column, row);
    case DUCKDB_TYPE_MAP: return write_map(out, column, row);
    case DUCKDB_TYPE_UNION: return write_json_value(out, column.children()[column.data<std::uint8_t>()[row]], row);
    default: return write_scalar_value<Dress::Json>(out, column, row);
  }
}

namespace {

struct Frame {
  std::string_view opening;
  std::string_view between;
  std::string_view after_row;
  std::string_view closing;
};
constexpr Frame kArrayFrame{"[", ",\n ", "", "]"};
constexpr Frame kLinesFrame{"", "", "\n", ""};

// `{"first":` or `,"next":`, padded so that most keys are copied as one block of fixed size.
class Key {
 public:
  Key(char before, std::string_view name) {
    {
      Output out(bytes_);
      out.append(before);
      write_json_string(out, name);
      out.append(':');
    }
    size_ = bytes_.size();
    bytes_.resize(std::max(size_, kBlock));
  }
  [[nodiscard]] std::size_t room() const { return bytes_.size(); }
  // REQUIRES: room() bytes at `at`.
  char* write(char* at) const {
    std::memcpy(at, bytes_.data(), kBlock);
    if (size_ > kBlock) std::memcpy(at + kBlock, bytes_.data() + kBlock, size_ - kBlock);
    return at + size_;
  }

 private:
  static constexpr std::size_t kBlock = 32;
  std::string bytes_;
  std::size_t size_ = 0;
};

// A writer for one type, so that the hot loop does not ask each value for its type and keeps its place in a register.
// `at` is the end of `out`, with room for a scalar; returns the new end.
using ColumnWriter = char* (*)(Output& out, char* at, const VectorView& column, std::size_t row);

char* write_null(char* at) {
  std::memcpy(at, "null", 4);
  return at + 4;
}

template <typename Integer>
char* write_integers(Output& /*out*/, char* at, const VectorView& column, std::size_t row) {
  if (column.is_null(row)) return write_null(at);
  if constexpr (std::is_signed_v<Integer>) return write_integer(at, column.data<Integer>()[row]);
  return write_unsigned(at, static_cast<std::uint64_t>(column.data<Integer>()[row]));
}

template <Zone kZone>
char* write_timestamps(Output& /*out*/, char* at, const VectorView& column, std::size_t row) {
  if (column.is_null(row)) return write_null(at);
  *at++ = '"';
  at = write_timestamp(at, column.data<std::int64_t>()[row], Fraction::Micros, kZone);
  *at++ = '"';
  return at;
}

char* write_any(Output& out, char* at, const VectorView& column, std::size_t row) {
  out.commit(at);
  write_json_value(out, column, row);
  return out.position();
}

ColumnWriter column_writer(const Type& type) {
  switch (type.id) {
    case DUCKDB_TYPE_TINYINT: return write_integers<std::int8_t>;
    case DUCKDB_TYPE_SMALLINT: return write_integers<std::int16_t>;
    case DUCKDB_TYPE_INTEGER: return write_integers<std::int32_t>;
    case DUCKDB_TYPE_BIGINT: return write_integers<std::int64_t>;
    case DUCKDB_TYPE_UTINYINT: return write_integers<std::uint8_t>;
    case DUCKDB_TYPE_USMALLINT: return write_integers<std::uint16_t>;
    case DUCKDB_TYPE_UINTEGER: return write_integers<std::uint32_t>;
    case DUCKDB_TYPE_UBIGINT: return write_integers<std::uint64_t>;
    case DUCKDB_TYPE_TIMESTAMP: return write_timestamps<Zone::None>;
    case DUCKDB_TYPE_TIMESTAMP_TZ: return write_timestamps<Zone::Utc>;
    default: return write_any;
  }
}

class JsonEncoder final : public Encoder {
 public:
  JsonEncoder(const Frame& frame, const std::vector<Column>& columns, const std::vector<Type>& types) : frame_(frame) {
    for (const auto& column : columns) keys_.emplace_back(keys_.empty() ? '{' : ',', column.name);
    for (const auto& type : types) writers_.push_back(column_writer(type));
  }

  Result<void> begin(Output& out) override {
    out.append(frame_.opening);
    return {};
  }

  Result<std::size_t> append(const Row& columns, std::size_t first, std::size_t last, std::size_t target_bytes, Output& out) override {
    auto row = first;
    do {
      if (any_) out.append(frame_.between);
      any_ = true;
      for (std::size_t i = 0; i < columns.size(); ++i) {
        char* const at = out.reserve(keys_[i].room() + kMaxScalarText + 2);
        out.commit(writers_[i](out, keys_[i].write(at), columns[i], row));
      }
      out.append('}');
      out.append(frame_.after_row);
    } while (++row < last && out.size() < target_bytes);
    return row;
  }

  Result<void> flush(Output& /*out*/) override { return {}; }

  Result<void> end(Output& out) override {
    out.append(frame_.closing);
    return {};
  }

 private:
  const Frame& frame_;
  std::vector<Key> keys_;
  std::vector<ColumnWriter> writers_;
  bool any_ = false;
};

}  // namespace

std::unique_ptr<Encoder> make_json_encoder(const std::vector<Column>& columns, const std::vector<Type>& types) {
  return std::make_unique<JsonEncoder>(kArrayFrame, columns, types);
}
std::unique_ptr<Encoder> make_ndjson_encoder(const std::vector<Column>& columns, const std::vector<Type>& types) {
  return std::make_unique<JsonEncoder>(kLinesFrame, columns, types);
}

}  // namespace weft::duck
