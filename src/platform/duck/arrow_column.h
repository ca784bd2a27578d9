// A column of an Arrow record batch that grows from DuckDB's vectors.
#pragma once

#include <nanoarrow/nanoarrow.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/result.h"
#include "platform/duck/type.h"

namespace weft::duck {

// Bytes that grow without being filled first.
class ByteBuffer {
 public:
  // Room for `bytes` more at the end, which count as written.
  std::uint8_t* extend(std::size_t bytes);
  void append(const void* bytes, std::size_t size);
  void clear() { buffer_->size_bytes = 0; }  // keeps the memory
  [[nodiscard]] std::uint8_t* data() { return buffer_->data; }
  [[nodiscard]] std::size_t size() const { return static_cast<std::size_t>(buffer_->size_bytes); }

 private:
  nanoarrow::UniqueBuffer buffer_;
};

// One bit a row, the lowest first.
class BitBuffer {
 public:
  void append(bool bit);
  void append_ones(std::size_t count);
  void append_zeros(std::size_t count);
  // `count` bits of `words` from bit `first` on.
  void append(const std::uint64_t* words, std::size_t first, std::size_t count);
  void clear();
  [[nodiscard]] ByteBuffer& bytes() { return bytes_; }

 private:
  void append_bits(std::uint64_t bits, std::size_t count);  // REQUIRES: count <= 64

  ByteBuffer bytes_;
  std::size_t size_ = 0;  // in bits
};

class ArrowColumn {
 public:
  explicit ArrowColumn(const Type& type);

  // Rows [first, first + count) of a vector of this column's type. Bytes under nulls are zero, whatever DuckDB left
  // there. Errors: `query.out_of_range` for a HUGEINT of 39 digits, `query.too_large` for 2 GiB of text in a batch.
  [[nodiscard]] Result<void> append(const VectorView& source, std::size_t first, std::size_t count);

  // Points `view`, made from this column's schema, at what was appended; valid until the next call here.
  void expose(ArrowArrayView* view);

  void clear();
  [[nodiscard]] std::size_t bytes() const;

 private:
  enum class Layout { Null, Bits, Fixed, Decimal, Variable, List, Map, FixedList, Struct };
  static Layout layout_of(const Type& type);

  void append_nulls(std::size_t count);
  void append_validity(const VectorView& source, std::size_t first, std::size_t count);
  void append_fixed(const VectorView& source, std::size_t first, std::size_t count);
  [[nodiscard]] Result<void> append_decimals(const VectorView& source, std::size_t first, std::size_t count);
  [[nodiscard]] Result<void> append_texts(const VectorView& source, std::size_t first, std::size_t count);
  [[nodiscard]] Result<void> append_lists(const VectorView& source, std::size_t first, std::size_t count);
  // Of a Struct or FixedList, `per_row` rows of the children for each row here.
  [[nodiscard]] Result<void> append_members(const VectorView& source, std::size_t first, std::size_t count, std::size_t per_row);
  [[nodiscard]] Result<void> append_items(const VectorView& source, std::size_t first, std::size_t count);
  void set_buffer(ArrowArrayView* view, int index, ByteBuffer& bytes);

  Layout layout_;
  std::size_t width_ = 0;  // of a Fixed value, in bytes
  std::size_t length_ = 0;
  std::size_t nulls_ = 0;
  std::size_t items_ = 0;  // List, Map: how many the children hold
  BitBuffer validity_;     // empty as long as there are no nulls
  ByteBuffer offsets_;
  ByteBuffer values_;
  BitBuffer bits_;
  std::vector<ArrowColumn> children_;
  ArrowArray counts_{};  // nanoarrow's encoder takes the number of buffers from here
  ArrowArray entries_counts_{};
};

}  // namespace weft::duck
