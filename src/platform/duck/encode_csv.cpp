// CSV (RFC 4180, lines end in LF): a header line, quotes only where they are needed. A null is empty, an empty text is
// `""`. Values are written as in JSON without its quotes; nested values are JSON within a quoted field.
#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <utility>

#include "platform/duck/encode_json.h"
#include "platform/duck/encoder.h"
#include "platform/duck/value_text.h"

namespace weft::duck {
namespace {

void write_csv_quoted(Output& out, std::string_view text) {
  char* at = out.reserve(2 + 2 * text.size());
  *at++ = '"';
  for (const char byte : text) {
    if (byte == '"') *at++ = '"';
    *at++ = byte;
  }
  *at++ = '"';
  out.commit(at);
}

constexpr auto kSpecial = [] {
  std::array<bool, 256> special{};
  for (const unsigned char byte : {',', '"', '\r', '\n'}) special[byte] = true;
  return special;
}();

// Outer spaces, too: many readers trim bare fields.
bool needs_quotes(std::string_view text) {
  if (text.empty() || text.front() == ' ' || text.back() == ' ') return true;
  return std::ranges::any_of(text, [](char byte) { return kSpecial[static_cast<unsigned char>(byte)]; });
}

void write_csv_text(Output& out, std::string_view text) {
  if (needs_quotes(text)) return write_csv_quoted(out, text);
  out.append(text);
}

class CsvEncoder final : public Encoder {
 public:
  explicit CsvEncoder(const std::vector<Column>& columns) {
    for (const auto& column : columns) names_.push_back(column.name);
  }

  Result<void> begin(Output& out) override {
    for (std::size_t i = 0; i < names_.size(); ++i) {
      if (i > 0) out.append(',');
      write_csv_text(out, names_[i]);
    }
    out.append('\n');
    return {};
  }

  Result<std::size_t> append(const Row& columns, std::size_t first, std::size_t last, std::size_t target_bytes, Output& out) override {
    auto row = first;
    do {
      for (std::size_t i = 0; i < columns.size(); ++i) {
        if (i > 0) out.append(',');
        write_value(out, columns[i], row);
      }
      out.append('\n');
    } while (++row < last && out.size() < target_bytes);
    return row;
  }

  Result<void> flush(Output& /*out*/) override { return {}; }
  Result<void> end(Output& /*out*/) override { return {}; }

 private:
  void write_value(Output& out, const VectorView& column, std::size_t row) {
    if (column.is_null(row)) return;
    switch (column.type().id) {
      case DUCKDB_TYPE_VARCHAR: return write_csv_text(out, column.text(row));
      case DUCKDB_TYPE_ENUM: return write_csv_text(out, enum_label(column, row));
      case DUCKDB_TYPE_UNION:
      case DUCKDB_TYPE_LIST:
      case DUCKDB_TYPE_ARRAY:
      case DUCKDB_TYPE_STRUCT:
      case DUCKDB_TYPE_MAP: return write_nested(out, column, row);
      default: return write_scalar_value<Dress::Plain>(out, column, row);
    }
  }

  void write_nested(Output& out, const VectorView& column, std::size_t row) {
    Output scratch(scratch_);
    write_json_value(scratch, column, row);
    write_csv_text(out, scratch.view());
  }

  std::vector<std::string> names_;
  std::string scratch_;
};

}  // namespace

std::unique_ptr<Encoder> make_csv_encoder(const std::vector<Column>& columns) { return std::make_unique<CsvEncoder>(columns); }

}  // namespace weft::duck
