// A column's type, read once from DuckDB, and a view over the vectors of a chunk that is cheap to bind again and again.
#pragma once

#include <duckdb.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace weft::duck {

struct Type {
  duckdb_type id = DUCKDB_TYPE_INVALID;
  duckdb_type storage = DUCKDB_TYPE_INVALID;  // what the vector holds: differs from `id` for DECIMAL and ENUM
  std::string name;                           // as DuckDB writes it
  bool is_json = false;                       // VARCHAR under the alias JSON
  std::uint8_t width = 0;                     // DECIMAL
  std::uint8_t scale = 0;                     // DECIMAL
  std::size_t array_size = 0;                 // ARRAY
  std::vector<std::string> labels;            // ENUM
  std::vector<std::string> member_names;      // STRUCT, UNION
  std::vector<Type> children;                 // LIST, ARRAY: the item; MAP: key, value; STRUCT, UNION: the members
};

[[nodiscard]] Type read_type(duckdb_logical_type raw);

// A vector of a chunk. Its memory belongs to the chunk it was bound to last.
class VectorView {
 public:
  explicit VectorView(const Type& type);  // REQUIRES: `type` outlives the view

  void bind(duckdb_vector raw);

  [[nodiscard]] const Type& type() const { return *type_; }
  [[nodiscard]] bool is_null(std::size_t row) const { return validity_ != nullptr && ((validity_[row / 64] >> (row % 64)) & 1) == 0; }
  [[nodiscard]] const std::uint64_t* validity() const { return validity_; }  // null: all rows are valid
  template <typename T>
  [[nodiscard]] const T* data() const {
    return static_cast<const T*>(data_);
  }
  [[nodiscard]] std::string_view text(std::size_t row) const;  // VARCHAR, BLOB, BIT
  [[nodiscard]] const std::vector<VectorView>& children() const { return children_; }

 private:
  const Type* type_;
  const void* data_ = nullptr;
  const std::uint64_t* validity_ = nullptr;
  std::vector<VectorView> children_;  // as Type::children
};

// The layout that duckdb_string_t has had since the first C API: up to 12 bytes within, longer ones behind a pointer.
inline std::string_view VectorView::text(std::size_t row) const {
  const auto& raw = static_cast<const duckdb_string_t*>(data_)[row];
  const std::size_t size = raw.value.inlined.length;
  return {size <= sizeof raw.value.inlined.inlined ? raw.value.inlined.inlined : raw.value.pointer.ptr, size};
}

}  // namespace weft::duck
