#include "platform/duck/encode_json.h"

#include <bit>
#include <cstdint>
#include <memory>
#include <utility>

#include "platform/duck/encoder.h"
#include "platform/duck/json_text.h"
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

class JsonEncoder final : public Encoder {
 public:
  JsonEncoder(const Frame& frame, const std::vector<Column>& columns) : frame_(frame) {
    for (const auto& column : columns) {
      std::string key;
      {
        Output out(key);
        out.append(keys_.empty() ? '{' : ',');
        write_json_string(out, column.name);
        out.append(':');
      }
      keys_.push_back(std::move(key));
    }
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
        out.append(keys_[i]);
        write_json_value(out, columns[i], row);
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
  std::vector<std::string> keys_;  // `{"first":` and `,"next":`
  bool any_ = false;
};

}  // namespace

std::unique_ptr<Encoder> make_json_encoder(const std::vector<Column>& columns) {
  return std::make_unique<JsonEncoder>(kArrayFrame, columns);
}
std::unique_ptr<Encoder> make_ndjson_encoder(const std::vector<Column>& columns) {
  return std::make_unique<JsonEncoder>(kLinesFrame, columns);
}

}  // namespace weft::duck
