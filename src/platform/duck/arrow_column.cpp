#include "platform/duck/arrow_column.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <limits>
#include <new>
#include <string_view>

#include "platform/duck/scalar_text.h"
#include "platform/duck/value_text.h"

namespace weft::duck {

std::uint8_t* ByteBuffer::extend(std::size_t bytes) {
  if (ArrowBufferReserve(buffer_.get(), static_cast<std::int64_t>(bytes)) != NANOARROW_OK) throw std::bad_alloc();
  auto* const end = buffer_->data + buffer_->size_bytes;
  buffer_->size_bytes += static_cast<std::int64_t>(bytes);
  return end;
}

void ByteBuffer::append(const void* bytes, std::size_t size) {
  if (size > 0) std::memcpy(extend(size), bytes, size);
}

void BitBuffer::append_bits(std::uint64_t bits, std::size_t count) {
  const auto needed = (size_ + count + 7) / 8;
  if (needed > bytes_.size()) {
    const auto added = needed - bytes_.size();
    std::memset(bytes_.extend(added), 0, added);
  }
  if (count < 64) bits &= (1ULL << count) - 1;
  auto* at = bytes_.data() + size_ / 8;
  const auto shift = size_ % 8;
  size_ += count;
  // What is left of the byte that was begun, then whole ones.
  *at = static_cast<std::uint8_t>(*at | (bits << shift));
  const auto taken = 8 - shift;
  for (std::size_t done = taken; done < count; done += 8) *++at = static_cast<std::uint8_t>(bits >> done);
}

void BitBuffer::append(bool bit) { append_bits(bit ? 1 : 0, 1); }

void BitBuffer::append_ones(std::size_t count) {
  for (; count > 64; count -= 64) append_bits(~0ULL, 64);
  if (count > 0) append_bits(~0ULL, count);
}

void BitBuffer::append_zeros(std::size_t count) {
  for (; count > 64; count -= 64) append_bits(0, 64);
  if (count > 0) append_bits(0, count);
}

void BitBuffer::append(const std::uint64_t* words, std::size_t first, std::size_t count) {
  while (count > 0) {
    const auto take = std::min<std::size_t>(count, 64 - first % 64);
    append_bits(words[first / 64] >> (first % 64), take);
    first += take;
    count -= take;
  }
}

void BitBuffer::clear() {
  bytes_.clear();
  size_ = 0;
}

namespace {

std::size_t fixed_width(duckdb_type storage) {
  switch (storage) {
    case DUCKDB_TYPE_TINYINT:
    case DUCKDB_TYPE_UTINYINT: return 1;
    case DUCKDB_TYPE_SMALLINT:
    case DUCKDB_TYPE_USMALLINT: return 2;
    case DUCKDB_TYPE_INTEGER:
    case DUCKDB_TYPE_UINTEGER:
    case DUCKDB_TYPE_FLOAT:
    case DUCKDB_TYPE_DATE: return 4;
    default: return 8;
  }
}

std::size_t count_nulls(const std::uint64_t* words, std::size_t first, std::size_t count) {
  std::size_t valid = 0;
  for (auto left = count; left > 0;) {
    const auto take = std::min<std::size_t>(left, 64 - first % 64);
    auto bits = words[first / 64] >> (first % 64);
    if (take < 64) bits &= (1ULL << take) - 1;
    valid += static_cast<std::size_t>(std::popcount(bits));
    first += take;
    left -= take;
  }
  return count - valid;
}

Int128 decimal_at(const VectorView& source, std::size_t row) {
  switch (source.type().storage) {
    case DUCKDB_TYPE_SMALLINT: return source.data<std::int16_t>()[row];
    case DUCKDB_TYPE_INTEGER: return source.data<std::int32_t>()[row];
    case DUCKDB_TYPE_BIGINT: return source.data<std::int64_t>()[row];
    default: return to_int128(source.data<duckdb_hugeint>()[row]);
  }
}

// 10^38: the first number that decimal128(38,0) does not hold.
constexpr Int128 kDecimalLimit = static_cast<Int128>(10'000'000'000'000'000'000ULL) * 10'000'000'000'000'000'000ULL;

constexpr std::size_t kMaxOffset = std::numeric_limits<std::int32_t>::max();

Error too_large() {
  return make_error(ErrorKind::Unprocessable, "query.too_large", "A value is too large for an Arrow record batch.")
      .with_hint("Read fewer columns, or cut the values.");
}

template <typename T>
void put(std::uint8_t* at, std::size_t index, T value) {
  std::memcpy(at + index * sizeof value, &value, sizeof value);
}

}  // namespace

ArrowColumn::Layout ArrowColumn::layout_of(const Type& type) {
  switch (type.id) {
    case DUCKDB_TYPE_SQLNULL: return Layout::Null;
    case DUCKDB_TYPE_BOOLEAN: return Layout::Bits;
    case DUCKDB_TYPE_HUGEINT:
    case DUCKDB_TYPE_DECIMAL: return Layout::Decimal;
    case DUCKDB_TYPE_VARCHAR:
    case DUCKDB_TYPE_BLOB:
    case DUCKDB_TYPE_ENUM:
    case DUCKDB_TYPE_UUID:
    case DUCKDB_TYPE_INTERVAL: return Layout::Variable;
    case DUCKDB_TYPE_LIST: return Layout::List;
    case DUCKDB_TYPE_MAP: return Layout::Map;
    case DUCKDB_TYPE_ARRAY: return Layout::FixedList;
    case DUCKDB_TYPE_STRUCT: return Layout::Struct;
    default: return Layout::Fixed;
  }
}

ArrowColumn::ArrowColumn(const Type& type)
    : layout_(layout_of(type)), width_(layout_ == Layout::FixedList ? type.array_size : fixed_width(type.storage)) {
  for (const auto& child : type.children) children_.emplace_back(child);
  switch (layout_) {
    case Layout::Null: counts_.n_buffers = 0; break;
    case Layout::FixedList:
    case Layout::Struct: counts_.n_buffers = 1; break;
    case Layout::Variable: counts_.n_buffers = 3; break;
    default: counts_.n_buffers = 2; break;
  }
  entries_counts_.n_buffers = 1;
  clear();
}

void ArrowColumn::clear() {
  length_ = nulls_ = items_ = 0;
  validity_.clear();
  values_.clear();
  bits_.clear();
  offsets_.clear();
  if (layout_ == Layout::Variable || layout_ == Layout::List || layout_ == Layout::Map) put(offsets_.extend(4), 0, 0);
  for (auto& child : children_) child.clear();
}

std::size_t ArrowColumn::bytes() const {
  auto sum = length_ / 8 + offsets_.size() + values_.size();
  for (const auto& child : children_) sum += child.bytes();
  return sum;
}

Result<void> ArrowColumn::append(const VectorView& source, std::size_t first, std::size_t count) {
  append_validity(source, first, count);
  switch (layout_) {
    case Layout::Null: nulls_ = length_; break;
    case Layout::Bits:
      for (auto row = first; row < first + count; ++row) bits_.append(!source.is_null(row) && source.data<bool>()[row]);
      break;
    case Layout::Fixed: append_fixed(source, first, count); break;
    case Layout::Decimal: return append_decimals(source, first, count);
    case Layout::Variable: return append_texts(source, first, count);
    case Layout::List:
    case Layout::Map: return append_lists(source, first, count);
    case Layout::FixedList: return append_members(source, first, count, width_);
    case Layout::Struct: return append_members(source, first, count, 1);
  }
  return {};
}

void ArrowColumn::append_validity(const VectorView& source, std::size_t first, std::size_t count) {
  const auto nulls = source.validity() == nullptr ? 0 : count_nulls(source.validity(), first, count);
  if (nulls > 0 && nulls_ == 0) validity_.append_ones(length_);
  nulls_ += nulls;
  length_ += count;
  if (nulls_ == 0) return;
  if (nulls > 0) return validity_.append(source.validity(), first, count);
  validity_.append_ones(count);
}

void ArrowColumn::append_nulls(std::size_t count) {
  if (nulls_ == 0) validity_.append_ones(length_);
  validity_.append_zeros(count);
  nulls_ += count;
  length_ += count;
  switch (layout_) {
    case Layout::Null: break;
    case Layout::Bits: bits_.append_zeros(count); break;
    case Layout::Fixed: std::memset(values_.extend(count * width_), 0, count * width_); break;
    case Layout::Decimal: std::memset(values_.extend(count * sizeof(Int128)), 0, count * sizeof(Int128)); break;
    case Layout::Variable:
    case Layout::List:
    case Layout::Map: {
      const auto end = static_cast<std::int32_t>(layout_ == Layout::Variable ? values_.size() : items_);
      auto* const offsets = offsets_.extend(count * 4);
      for (std::size_t i = 0; i < count; ++i) put(offsets, i, end);
      break;
    }
    case Layout::FixedList: children_[0].append_nulls(count * width_); break;
    case Layout::Struct:
      for (auto& child : children_) child.append_nulls(count);
      break;
  }
}

// What lies beneath a null of the parent is not read: the children may well be valid there.
Result<void> ArrowColumn::append_members(const VectorView& source, std::size_t first, std::size_t count, std::size_t per_row) {
  const auto last = first + count;
  for (auto run = first; run < last;) {
    const bool is_null = source.is_null(run);
    auto run_end = run + 1;
    while (run_end < last && source.is_null(run_end) == is_null) ++run_end;
    const auto rows = (run_end - run) * per_row;
    for (std::size_t i = 0; i < children_.size(); ++i) {
      if (is_null) {
        children_[i].append_nulls(rows);
      } else {
        CHECK(children_[i].append(source.children()[i], run * per_row, rows));
      }
    }
    run = run_end;
  }
  return {};
}

void ArrowColumn::append_fixed(const VectorView& source, std::size_t first, std::size_t count) {
  auto* const at = values_.extend(count * width_);
  std::memcpy(at, source.data<std::uint8_t>() + first * width_, count * width_);
  if (source.validity() == nullptr) return;
  for (std::size_t i = 0; i < count; ++i) {
    if (source.is_null(first + i)) std::memset(at + i * width_, 0, width_);
  }
}

Result<void> ArrowColumn::append_decimals(const VectorView& source, std::size_t first, std::size_t count) {
  auto* const at = values_.extend(count * sizeof(Int128));
  const bool is_huge = source.type().id == DUCKDB_TYPE_HUGEINT;
  for (std::size_t i = 0; i < count; ++i) {
    const auto value = source.is_null(first + i) ? 0 : decimal_at(source, first + i);
    if (is_huge && (value >= kDecimalLimit || value <= -kDecimalLimit)) {
      return fail(ErrorKind::Unprocessable, "query.out_of_range", "An integer has more than 38 digits, too many for Arrow.",
                  "Cast the column to VARCHAR, or read JSON or CSV.");
    }
    put(at, i, value);
  }
  return {};
}

Result<void> ArrowColumn::append_texts(const VectorView& source, std::size_t first, std::size_t count) {
  std::array<char, kMaxScalarText> scratch;
  const auto id = source.type().id;
  auto* const offsets = offsets_.extend(count * 4);
  for (std::size_t i = 0; i < count; ++i) {
    const auto row = first + i;
    if (!source.is_null(row)) {
      std::string_view text;
      switch (id) {
        case DUCKDB_TYPE_ENUM: text = enum_label(source, row); break;
        case DUCKDB_TYPE_UUID: text = {scratch.data(), write_uuid(scratch.data(), source.data<duckdb_hugeint>()[row])}; break;
        case DUCKDB_TYPE_INTERVAL: text = {scratch.data(), write_interval(scratch.data(), source.data<duckdb_interval>()[row])}; break;
        default: text = source.text(row); break;
      }
      if (text.size() > kMaxOffset - values_.size()) return fail(too_large());
      values_.append(text.data(), text.size());
    }
    put(offsets, i, static_cast<std::int32_t>(values_.size()));
  }
  return {};
}

Result<void> ArrowColumn::append_items(const VectorView& source, std::size_t first, std::size_t count) {
  if (count == 0) return {};
  for (std::size_t i = 0; i < children_.size(); ++i) CHECK(children_[i].append(source.children()[i], first, count));
  return {};
}

Result<void> ArrowColumn::append_lists(const VectorView& source, std::size_t first, std::size_t count) {
  auto* const offsets = offsets_.extend(count * 4);
  // Entries that follow each other, as they mostly do, are taken over in one go.
  std::size_t run_first = 0;
  std::size_t run_count = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (!source.is_null(first + i)) {
      const auto entry = source.data<duckdb_list_entry>()[first + i];
      if (entry.length > kMaxOffset - items_) return fail(too_large());
      items_ += entry.length;
      if (entry.offset != run_first + run_count) {
        CHECK(append_items(source, run_first, run_count));
        run_first = entry.offset;
        run_count = 0;
      }
      run_count += entry.length;
    }
    put(offsets, i, static_cast<std::int32_t>(items_));
  }
  return append_items(source, run_first, run_count);
}

void ArrowColumn::set_buffer(ArrowArrayView* view, int index, ByteBuffer& bytes) {
  view->buffer_views[index].data.as_uint8 = bytes.data();
  view->buffer_views[index].size_bytes = static_cast<std::int64_t>(bytes.size());
}

void ArrowColumn::expose(ArrowArrayView* view) {
  view->array = &counts_;
  view->offset = 0;
  view->length = static_cast<std::int64_t>(length_);
  view->null_count = static_cast<std::int64_t>(nulls_);
  if (layout_ == Layout::Null) return;
  set_buffer(view, 0, validity_.bytes());
  switch (layout_) {
    case Layout::Bits: set_buffer(view, 1, bits_.bytes()); break;
    case Layout::Fixed:
    case Layout::Decimal: set_buffer(view, 1, values_); break;
    case Layout::Variable:
      set_buffer(view, 1, offsets_);
      set_buffer(view, 2, values_);
      break;
    case Layout::List:
    case Layout::Map: set_buffer(view, 1, offsets_); break;
    default: break;
  }
  ArrowArrayView* parent = view;
  if (layout_ == Layout::Map) {
    // The struct of key and value, which is never null itself.
    parent = view->children[0];
    parent->array = &entries_counts_;
    parent->offset = 0;
    parent->length = static_cast<std::int64_t>(items_);
    parent->null_count = 0;
  }
  for (std::size_t i = 0; i < children_.size(); ++i) children_[i].expose(parent->children[i]);
}

}  // namespace weft::duck
